"""The probe's template as plain values, with CloudFormation's short forms as the long ones."""

from typing import Any

import yaml

from talkroom.conformance.probe import template


class _Loader(yaml.SafeLoader):
    """Knows the tags of CloudFormation."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


def load() -> dict[str, Any]:
    """The whole template."""
    loaded: dict[str, Any] = yaml.load(template().read_text(), Loader=_Loader)  # noqa: S506  # a SafeLoader's child
    return loaded


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the resources of a type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }
