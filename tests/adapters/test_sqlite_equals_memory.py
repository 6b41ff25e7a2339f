"""The message log in SQLite answers as the one in memory does, whatever happens to both."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from talkroom.storage.retention import Retention
from tests.adapters.log_player import RETENTIONS, STEPS, Step, play_both
from tests.adapters.sqlite_files import opened
from tests.contracts.given import Clock


@settings(max_examples=150, deadline=None)
@given(retention=RETENTIONS, steps=st.lists(STEPS, max_size=30))
def test_both_answer_the_same(retention: Retention, steps: list[Step]) -> None:
    """Appends, also at once, retries, reads, purges and a clock that goes both ways, under any limits."""

    async def play() -> tuple[list[object], list[object]]:
        clock = Clock()
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder) / "log.db", retention=retention, clock=clock) as log:
                return await play_both(retention, clock, [log], [(0, step) for step in steps])

    expected, actual = asyncio.run(play())

    assert expected == actual
