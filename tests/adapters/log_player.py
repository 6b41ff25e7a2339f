"""Any steps, played to a message log and to the one in memory, so that their answers can be compared."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any, Protocol, runtime_checkable

from hypothesis import strategies as st

from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.storage.memory import MemoryMessageLog
from talkroom.storage.retention import Retention
from tests.contracts.given import Clock, Epochs, a_draft
from tests.contracts.message_log_fixtures import PurgeableLog

Step = tuple[Any, ...]


@runtime_checkable
class PartlyPurgeable(Protocol):
    """A log whose store removes what has expired bit by bit."""

    async def purge_some(self, chance: Random) -> None:
        """Delete any of what retention has removed, in any order."""


ROOMS = st.sampled_from([RoomId("lobby"), RoomId("attic")])
SEQUENCES = st.integers(min_value=-1, max_value=12)
LIMITS = st.integers(min_value=0, max_value=4)
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
    st.tuples(st.just("after"), ROOMS, SEQUENCES, LIMITS),
    st.tuples(st.just("before"), ROOMS, st.none() | SEQUENCES, LIMITS),
)
RETENTIONS = st.builds(
    Retention, max_age_s=st.none() | st.sampled_from([5, 9]), max_messages=st.none() | st.integers(1, 4)
)


class Player:
    """Plays steps to one log, which several processes may have open, and writes down what it answers.

    Epochs are written as the number of different ones that the room's messages have had, because adapters are free to take a new
    one when they please while a room is empty.
    """

    def __init__(self, *logs: PurgeableLog, at_once: bool) -> None:
        self._logs = logs
        self._at_once = at_once
        self._epochs: dict[RoomId, list[str]] = {}

    async def play(self, process: int, step: Step) -> object:
        """What the log answers to that process."""
        log = self._logs[process % len(self._logs)]
        match step:
            case ("append", room, drafts):
                made = [self._draft(room, *each) for each in drafts]
                groups = [made] if self._at_once else [[draft] for draft in made]
                return [await self._append(log, room, group) for group in groups]
            case ("after", room, sequence, limit):
                return self._page(room, await log.read_after(room, sequence, limit))
            case ("before", room, sequence, limit):
                return self._page(room, await log.read_before(room, sequence, limit))
            case ("purge",):
                await log.purge()
            case ("purge some", seed) if isinstance(log, PartlyPurgeable):
                await log.purge_some(Random(seed))
        return None

    async def _append(self, log: PurgeableLog, room: RoomId, drafts: list[Draft]) -> list[object]:
        results = await asyncio.gather(*[log.append(draft) for draft in drafts], return_exceptions=True)
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


async def play_both(
    retention: Retention, clock: Clock, logs: Sequence[PurgeableLog], steps: Sequence[tuple[int, Step]]
) -> tuple[list[object], list[object]]:
    """What the log in memory answers to the steps, and what the one that these processes have open; a step names its process."""
    # Of appends under way at once, which one comes first is the adapter's choice, and with a count the choice can be seen.
    at_once = retention.max_messages is None
    memory = Player(MemoryMessageLog(clock, Epochs(), retention), at_once=at_once)
    other = Player(*logs, at_once=at_once)
    expected, actual = [], []
    for process, step in steps:
        if step[0] == "advance":
            # What has expired but takes space still would be seen again by a clock that steps back.
            await asyncio.gather(memory.play(0, ("purge",)), other.play(0, ("purge",)))
            clock.advance(seconds=step[1])
        expected.append(await memory.play(process, step))
        actual.append(await other.play(process, step))
    return expected, actual
