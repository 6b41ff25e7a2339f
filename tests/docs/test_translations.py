"""Pages in Japanese are their English originals, heading by heading and block by block."""

import re
from pathlib import Path

import pytest

from tests.docs.support import DOCS

JAPANESE = sorted((DOCS / "ja").rglob("*.md"))


def code(page: Path) -> list[str]:
    """The fenced blocks, those inside of lists too."""
    return re.findall(r"^ *```.*?^ *```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def shape(page: Path) -> list[str]:
    """The marks of headings, of rows of tables and of pictures, in order."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^(#+ |\||!\[)", text, re.MULTILINE)


@pytest.mark.parametrize("page", JAPANESE, ids=lambda page: page.name)
def test_a_translation_follows_its_original(page: Path) -> None:
    """The same code, and as many headings of each level, rows and pictures."""
    original = DOCS / page.relative_to(DOCS / "ja")

    assert original.exists()
    assert shape(original) == shape(page)
    assert code(original) == code(page)
