"""Generated documents are what the code says now."""

from pathlib import Path

import pytest

from talkroom.gateway.connection import TABLE
from tests.docs.support import DOCS
from tools.generate_docs import SAMPLES, main, make_all


@pytest.mark.parametrize("path", make_all(), ids=lambda path: path.name)
def test_a_generated_document_is_up_to_date(path: Path) -> None:
    """`make docs` would write what is there."""
    assert path.read_text(encoding="utf-8") == make_all()[path], f"{path.name} differs from the code: run `make docs`"


def test_check_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """`tools/generate_docs.py --check` agrees, and writes nothing."""
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_no_schema_is_left_over() -> None:
    """A schema that is no longer generated is removed."""
    assert {path for path in make_all() if path.parent.name == "schemas"} == set((DOCS / "schemas").iterdir())


def test_every_input_of_the_table_is_drawn() -> None:
    """The generator has a sample of each input type."""
    assert {kind for _, kind in TABLE} == set(SAMPLES)
