"""docs/talk-room.md and the pages that embed the element: their tables are what its files say."""

import re
from pathlib import Path

import pytest

from tests.docs.embedding import JAPANESE_PAGE, PAGE
from tests.docs.javascript import WEB, evaluate, names, rows
from tests.docs.support import DOCS, fences

REFERENCE = DOCS / "talk-room.md"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in (WEB / "element").rglob("*.js")}
OF_BROWSERS = {"attributeChangedCallback", "connectedCallback", "disconnectedCallback"}
KINDS = {"day", "notice", "unread", "retry", "discard", "loading", "empty", "error", "message", "own", "group"}
"""Parts whose names are made of values in the code."""


def attributes() -> list[str]:
    """What the element observes."""
    found = re.search(r"observedAttributes = \[([^\]]*)\]", SOURCES["talk-room.js"])
    assert found is not None
    return re.findall(r'"([^"]+)"', found[1])


def members() -> set[str]:
    """Public methods and accessors of the element's class."""
    found = re.findall(r"^  (?:get |set )?(\w+)\(.*\) \{$", SOURCES["talk-room.js"], re.MULTILINE)
    return set(found) - OF_BROWSERS - {"constructor", "if", "for", "switch", "while"}


@pytest.mark.parametrize(("page", "heading"), [(PAGE, "Attributes"), (JAPANESE_PAGE, "属性")], ids=str)
def test_the_attributes_are_those_that_are_observed(page: Path, heading: str) -> None:
    """On the embedding page in both languages."""
    shown = [re.findall("`([^`]+)`", row[0])[0] for row in rows(page, heading)]

    assert sorted(attributes()) == sorted(shown)


def test_the_reference_has_every_attribute_with_its_property() -> None:
    """Named alike, in camel case."""
    shown = {
        row[0].strip("`"): row[1].strip("`") for row in rows(REFERENCE, "Attributes and properties") if len(row) == 3
    }

    assert {name: re.sub(r"-(.)", lambda it: it[1].upper(), name) for name in attributes()} == shown


def test_the_reference_has_every_member() -> None:
    """Properties and methods; `lang` is every element's."""
    table = rows(REFERENCE, "Attributes and properties")
    shown = {row[len(row) - 2].strip("`") for row in table} | set(names(REFERENCE, "Methods"))

    assert members() | {"lang"} == shown


def test_the_reference_has_every_event() -> None:
    """That the element dispatches."""
    text = "".join(SOURCES.values())
    dispatched = set(re.findall(r'(?:#emit|[^#]emit|\.tell|CustomEvent)\(\s*"(\w+)"', text))

    assert dispatched == set(names(REFERENCE, "Events"))


def test_the_reference_has_every_part() -> None:
    """Those that the code names in one piece, and those that it makes of values."""
    text = "".join(SOURCES.values())
    named = set(re.findall(r'\bpart: "([\w-]+)"', text)) | set(re.findall(r'\[part~?="([\w-]+)"\]', text))

    assert sorted(named | KINDS) == sorted(names(REFERENCE, "Parts"))
    assert [] == [kind for kind in KINDS if not re.search(rf"\b{kind}\b", text)]


def test_the_reference_has_every_variable() -> None:
    """That the styles read, and no other."""
    used = set(re.findall(r"--talkroom-[a-z-]+", "".join(SOURCES.values())))

    assert used == set(names(REFERENCE, "CSS variables"))


@pytest.mark.parametrize("page", [PAGE, JAPANESE_PAGE], ids=str)
def test_a_style_of_the_page_uses_what_there_is(page: Path) -> None:
    """Variables and parts of its CSS."""
    text = "".join(fence.text for fence in fences(page) if fence.language == "css")

    assert set(re.findall(r"--talkroom-[a-z-]+", text)) <= set(names(REFERENCE, "CSS variables"))
    assert set(re.findall(r"::part\((\w+)\)", text)) <= set(names(REFERENCE, "Parts"))


def test_the_reference_has_every_string() -> None:
    """With what it is in English; functions with an example."""
    strings = evaluate("element/strings/en.js", "it.en")
    shown = {re.findall(r"`(\w+)", row[0])[0]: row[1] for row in rows(REFERENCE, "Strings")}

    assert set(evaluate("element/strings/en.js", "Object.keys(it.en)")) == set(shown)
    assert {name: text for name, text in strings.items() if isinstance(text, str)}.items() <= shown.items()


@pytest.mark.parametrize(
    ("page", "heading", "quoted", "language"),
    [
        (PAGE, "When it does not work", '"([^"]+)"', "en"),
        (JAPANESE_PAGE, "動かないとき", "「([^」]+)」", "ja"),
    ],
    ids=str,
)
def test_what_the_element_is_said_to_say_it_says(page: Path, heading: str, quoted: str, language: str) -> None:
    """From the beginning, up to an ellipsis."""
    sentences = evaluate(
        f"element/strings/{language}.js", f"[...Object.values(it.{language}.refused), it.{language}.waiting(5)]"
    )
    said = [found for row in rows(page, heading) for found in re.findall(quoted, row[0])]

    assert said
    for one in said:
        assert any(sentence.startswith(one.removesuffix("…").rstrip()) for sentence in sentences), one
