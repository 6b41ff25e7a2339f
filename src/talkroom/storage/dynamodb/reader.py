"""Reads pages of a room's log."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from talkroom.chat.model.message import Message, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import Clock
from talkroom.storage.dynamodb.entries import Entry, position_of
from talkroom.storage.dynamodb.message_rows import MessageRows
from talkroom.storage.dynamodb.rooms import Rooms
from talkroom.storage.dynamodb.tail import Tail

NEWEST_MAX: Final = 1000
"""Rows asked for together with the newest one; a page that is longer takes another request."""


class Reading(msgspec.Struct, frozen=True):
    """What was read, and where the log stood at that moment."""

    position: Position
    span: range
    messages: tuple[Message, ...]


class Reader:
    """Two requests for a page, one for a page that ends with the newest message or is empty."""

    def __init__(self, rows: MessageRows, rooms: Rooms, clock: Clock) -> None:
        self._rows = rows
        self._rooms = rooms
        self._clock = clock

    async def read(self, room: RoomId, span_of: Callable[[Position], range], newest: int = 1) -> Reading:
        """The messages of the span that follows from the log's position; `newest` of them may be read with the position.

        Raises Unavailable.
        """
        now_ms = self._clock()
        rows = await self._rows.newest(room, max(1, min(newest, NEWEST_MAX)))
        tail = await self._rooms.tail_of(room, rows[0] if rows else None, now_ms)
        position = Position(tail.epoch, tail.last, await self._rooms.find_oldest(tail, now_ms))
        entries = {row.sequence: row for row in rows if isinstance(row, Entry) and row.generation == tail.generation}
        while True:
            span = span_of(position)
            entries |= await self._read_entries(tail, _missing(span, entries))
            missing = _missing(span, entries)
            if not missing:
                return Reading(position, span, tuple(entries[sequence].message for sequence in span))
            # TTL was faster than the clocks agree, or a limit was changed twice: what comes before a hole is gone too.
            position = msgspec.structs.replace(position, oldest=missing[-1] + 1)

    async def _read_entries(self, tail: Tail, sequences: list[int]) -> dict[int, Entry]:
        if not sequences:
            return {}
        first, last = (position_of(tail.generation, sequence) for sequence in (sequences[0], sequences[-1]))
        rows = await self._rows.between(tail.room, first, last)
        return {row.sequence: row for row in rows if isinstance(row, Entry)}


def _missing(span: range, entries: Mapping[int, Entry]) -> list[int]:
    return [sequence for sequence in span if sequence not in entries]
