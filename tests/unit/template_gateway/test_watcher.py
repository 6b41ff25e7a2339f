"""What counts as a change of code, and that it is noticed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from watchfiles import Change

from talkroom.template_gateway.watcher import CodeFilter, changes

PATIENCE_S = 30.0


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        (True, "src/app.py"),
        (True, "src/deep/er/handler.mjs"),
        (True, "src/package.json"),
        (True, "template.yaml"),
        (True, "src/bootstrap"),
        (False, "src/out.log"),
        (False, "src/out.txt"),
        (False, "src/talkroom.db-wal"),
        (False, "src/__pycache__/app.cpython-311.pyc"),
        (False, "src/node_modules/left-pad/index.js"),
        (False, ".git/config.json"),
        (False, "src/.app.py.swp"),
        (False, "src/app.py~"),
    ],
)
def test_code_is_told_and_what_programs_write_is_not(expected: bool, path: str, tmp_path: Path) -> None:
    """A log in the folder of the code must not make functions begin anew, which would be logged."""
    assert expected is CodeFilter()(Change.modified, str(tmp_path / path))


async def first(told: AsyncIterator[set[Path]]) -> set[Path]:
    """The next set."""
    async with asyncio.timeout(PATIENCE_S):
        return await anext(told)


async def test_a_written_file_is_told(tmp_path: Path) -> None:
    """By its path. It is written until it is noticed, because watching begins at some moment after the call."""
    stop = asyncio.Event()
    told = asyncio.create_task(first(changes([tmp_path], stop)))
    for number in range(1000):
        (tmp_path / "app.py").write_text(f"number = {number}")
        done, _ = await asyncio.wait([told], timeout=0.2)
        if done:
            break
    stop.set()

    assert {tmp_path / "app.py"} == await told


async def test_a_stop_ends_it(tmp_path: Path) -> None:
    """With folders to watch, and with none."""
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        assert [] == [one async for one in changes([tmp_path], stop)]
        assert [] == [one async for one in changes([tmp_path / "nowhere"], stop)]
