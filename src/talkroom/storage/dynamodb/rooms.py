"""What a room's log stands at, found with as few requests as possible. What it comes to is decided in tail.py."""

from collections.abc import Callable
from typing import Final

from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.entries import Header, Row, position_of
from talkroom.storage.dynamodb.message_rows import MessageRows
from talkroom.storage.dynamodb.recent import Recent
from talkroom.storage.dynamodb.tail import (
    Tail,
    begin,
    find_live,
    first_kept,
    is_kept,
    lower_bound,
    must_search,
    tail_at,
)
from talkroom.storage.retention import Retention

BOUNDS_MAX: Final = 10_000
"""Rooms of which it is remembered where their kept messages begin, about 500 bytes each; others are searched again."""


class Rooms:
    """Belongs to one process; what it remembers are facts that cannot become untrue."""

    def __init__(self, rows: MessageRows, retention: Retention, new_epoch: Callable[[], str]) -> None:
        self._rows = rows
        self._retention = retention
        self._new_epoch = new_epoch
        self._seed: str | None = None
        # The oldest message found to be kept, as the tail that it once was: nothing below it is.
        self._bounds: Recent[RoomId, Tail] = Recent(BOUNDS_MAX)

    async def look(self, room: RoomId, now_ms: int) -> Tail:
        """The tail of the room's log. Raises Unavailable."""
        newest = await self._rows.newest(room, 1)
        return await self.tail_of(room, newest[0] if newest else None, now_ms)

    async def tail_of(self, room: RoomId, newest: Row | None, now_ms: int) -> Tail:
        """The tail of a room whose newest row has been read. Raises Unavailable."""
        live = find_live(newest, self._retention, now_ms)
        if live is not None:
            return live
        header = newest if newest is None or isinstance(newest, Header) else await self._rows.find_header(room)
        return begin(room, newest, header, await self._get_seed(), self._retention, now_ms)

    async def find_oldest(self, tail: Tail, now_ms: int) -> int:
        """The oldest sequence of the log that is kept; one above the last when none is. Raises Unavailable."""
        bound = self._bounds.find(tail.room)
        lowest = lower_bound(tail, self._retention)
        if bound is not None and bound.generation == tail.generation:
            lowest = max(lowest, bound.last)
            if lowest == bound.last and is_kept(bound, self._retention, now_ms):
                return lowest
        if not must_search(tail, lowest, self._retention):
            return lowest
        oldest = await self._search(tail, lowest, now_ms)
        self._bounds.keep(tail.room, oldest)
        return oldest.last

    async def _search(self, tail: Tail, lowest: int, now_ms: int) -> Tail:
        """The log as it stood when it ended with what now is the oldest."""
        oldest = tail
        search = first_kept(lowest, tail.last)
        try:
            sequence = next(search)
            while True:
                entry = await self._rows.find_entry(tail.room, position_of(tail.generation, sequence))
                kept = entry is not None and is_kept(entry, self._retention, now_ms)
                if entry is not None and kept:
                    oldest = tail_at(entry)
                sequence = search.send(kept)
        except StopIteration:
            return oldest

    async def _get_seed(self) -> str:
        if self._seed is None:
            self._seed = await self._rows.get_seed(self._new_epoch)
        return self._seed
