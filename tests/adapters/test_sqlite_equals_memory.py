"""The message log in SQLite answers as the one in memory does, whatever happens to both."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.storage.memory import MemoryMessageLog
from talkroom.storage.retention import Retention
from tests.adapters.sqlite_files import opened
from tests.contracts.given import Clock, Epochs, a_draft
from tests.contracts.message_log_fixtures import PurgeableLog

ROOMS = st.sampled_from([RoomId("lobby"), RoomId("attic")])
SEQUENCES = st.integers(min_value=-1, max_value=12)
APPENDS = st.tuples(
    st.just("append"),
    ROOMS,
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.none() | SEQUENCES, st.sampled_from(["none", "seen", "other"])),
        min_size=1,
        max_size=5,
    ),
)
STEPS = st.one_of(
    APPENDS,
    APPENDS,
    st.tuples(st.just("advance"), st.sampled_from([-3, 1, 4, 10])),
    st.tuples(st.just("purge")),
    st.tuples(st.just("after"), ROOMS, SEQUENCES, st.integers(min_value=0, max_value=4)),
    st.tuples(st.just("before"), ROOMS, st.none() | SEQUENCES, st.integers(min_value=0, max_value=4)),
)
RETENTIONS = st.builds(
    Retention, max_age_s=st.none() | st.sampled_from([5, 9]), max_messages=st.none() | st.integers(1, 4)
)


class Player:
    """Plays steps to one log and writes down what it answers.

    Epochs are written as the number of different ones that the room's messages have had, because adapters are free to take a new
    one when they please while a room is empty.
    """

    def __init__(self, log: PurgeableLog, *, at_once: bool) -> None:
        self._log = log
        self._at_once = at_once
        self._epochs: dict[RoomId, list[str]] = {}

    async def play(self, step: tuple[Any, ...]) -> object:
        """What the log answers."""
        match step:
            case ("append", room, drafts):
                made = [self._draft(room, *each) for each in drafts]
                groups = [made] if self._at_once else [[draft] for draft in made]
                return [await self._append(room, group) for group in groups]
            case ("after", room, sequence, limit):
                return self._page(room, await self._log.read_after(room, sequence, limit))
            case ("before", room, sequence, limit):
                return self._page(room, await self._log.read_before(room, sequence, limit))
            case ("purge",):
                await self._log.purge()
        return None

    async def _append(self, room: RoomId, drafts: list[Draft]) -> list[object]:
        results = await asyncio.gather(*[self._log.append(draft) for draft in drafts], return_exceptions=True)
        return [self._outcome(room, result) for result in results]

    def _draft(self, room: RoomId, name: str, retry_after: int | None, epoch: str) -> Draft:
        seen = self._epochs.get(room, ["of another log"])[-1]
        retry_epoch = {"none": None, "seen": seen, "other": "of another log"}[epoch]
        return a_draft(name, room=room, retry_after=retry_after, retry_epoch=retry_epoch)

    def _outcome(self, room: RoomId, result: Any) -> object:
        if isinstance(result, ClientError):
            return result.code
        message = result.message
        return message.id, message.sequence, self._epoch(room, message.epoch), result.duplicate

    def _page(self, room: RoomId, page: Any) -> object:
        messages = [(message.id, message.sequence, self._epoch(room, message.epoch)) for message in page.messages]
        return page.position.last, page.position.oldest, page.more, messages

    def _epoch(self, room: RoomId, epoch: str) -> int:
        epochs = self._epochs.setdefault(room, [])
        if epoch not in epochs:
            epochs.append(epoch)
        return epochs.index(epoch)


@settings(max_examples=150, deadline=None)
@given(retention=RETENTIONS, steps=st.lists(STEPS, max_size=30))
def test_both_answer_the_same(retention: Retention, steps: list[tuple[Any, ...]]) -> None:
    """Appends, also at once, retries, reads, purges and a clock that goes both ways, under any limits."""

    # Of appends under way at once, which one comes first is the adapter's choice, and with a count the choice can be seen.
    at_once = retention.max_messages is None

    async def play() -> tuple[list[object], list[object]]:
        clock = Clock()
        expected, actual = [], []
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder) / "log.db", retention=retention, clock=clock) as log:
                memory = Player(MemoryMessageLog(clock, Epochs(), retention), at_once=at_once)
                sqlite = Player(log, at_once=at_once)
                for step in steps:
                    if step[0] == "advance":
                        # What has expired but takes space still would be seen again by a clock that steps back.
                        await asyncio.gather(memory.play(("purge",)), sqlite.play(("purge",)))
                        clock.advance(seconds=step[1])
                    expected.append(await memory.play(step))
                    actual.append(await sqlite.play(step))
        return expected, actual

    expected, actual = asyncio.run(play())

    assert expected == actual
