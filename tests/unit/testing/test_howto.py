"""docs/howto/test-your-integration.md is true: what it shows runs, and what there is stands in its table."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import talkroom.testing

PAGE = (Path(__file__).parents[3] / "docs" / "howto" / "test-your-integration.md").read_text(encoding="utf-8")


def run_page() -> dict[str, Any]:
    """What the page's blocks of Python define, one after the other in one module."""
    namespace: dict[str, Any] = {"__name__": "test_chat"}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(block, namespace)  # noqa: S102  # our own page
    return namespace


EXAMPLES: dict[str, Callable[[], Awaitable[None]]] = {
    name: value for name, value in run_page().items() if name.startswith("test_")
}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_passes(name: str):
    """Each of the page's tests is a test of ours."""
    await EXAMPLES[name]()


def test_the_page_has_examples():
    """A change of its formatting does not make them vanish unnoticed."""
    assert 8 == len(EXAMPLES)


def test_the_table_names_everything_that_the_kit_exports():
    """And nothing else."""
    table = PAGE[PAGE.index("## What there is") :]
    first_cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = {name for cell in first_cells for name in re.findall(r"`(\w+)", cell)}

    assert set(talkroom.testing.__all__) == named
