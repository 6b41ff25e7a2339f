"""What the tests of the pages about AWS share: the pages, their translations, and the template that they speak of."""

import re
from functools import cache
from typing import Any, Final

import yaml

from tests.docs.support import DOCS, ROOT

TEMPLATE = ROOT / "infra" / "aws" / "template.yaml"

ENGLISH: Final = tuple(
    DOCS / path
    for path in re.findall(
        r"\((howto/[^)]+)\)",
        next(line for line in (DOCS / "README.md").read_text().splitlines() if "How to, on AWS" in line),
    )
)
"""The how-tos of that row of the index."""

JAPANESE: Final = tuple(DOCS / "ja" / "howto" / page.name for page in ENGLISH)


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as maps, such as `{"Ref": "StageName"}`."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {tag: loader.construct_mapping(node, deep=True)}
    return {tag: loader.construct_scalar(node)}


_Loader.add_multi_constructor("!", _short_form)


@cache
def template() -> dict[str, Any]:
    """The template, as it is written."""
    read: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a SafeLoader
    return read


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the template's resources of one type, by logical id."""
    return {name: one["Properties"] for name, one in template()["Resources"].items() if one["Type"] == kind}
