"""The message log in DynamoDB: what the rest of Talkroom sees of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Appended, Draft, Page, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import Clock
from talkroom.storage import rules
from talkroom.storage.dynamodb.appender import AppendCounters, Appender
from talkroom.storage.dynamodb.client import DynamoDbClient, within
from talkroom.storage.dynamodb.incarnation import Incarnation
from talkroom.storage.dynamodb.message_rows import MessageRows
from talkroom.storage.dynamodb.reader import Reader, Reading
from talkroom.storage.dynamodb.rooms import Rooms
from talkroom.storage.dynamodb.turns import Turns
from talkroom.storage.retention import Retention

DEADLINE_S: Final = 5.0
"""One append from its turn on, or one page, with all requests and repetitions."""
CALLS_MAX: Final = 10_000
"""Calls under way at once in one process; one more is refused with Unavailable, which the client may retry."""


class DynamoDbMessageLog:
    """See the port `MessageLog`. Durability: DynamoDB's, three copies in different places before a put is acknowledged.

    The client and its session belong to the caller, who closes them after the log. All processes of one table need the same
    `retention` and `incarnation`; while they are changed, nothing is lost and nothing doubled.
    """

    def __init__(
        self,
        client: DynamoDbClient,
        table: str,
        *,
        clock: Clock,
        new_epoch: Callable[[], str],
        retention: Retention,
        incarnation: str = "",
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """`incarnation` is changed after the table was restored from a backup: every client then starts afresh."""
        rows = MessageRows(client, table)
        rooms = Rooms(rows, retention, new_epoch)
        self._appender = Appender(rows, rooms, retention, clock, deadline_s)
        self._reader = Reader(rows, rooms, clock)
        self._turns = Turns()
        self._incarnation = Incarnation(incarnation)
        self._deadline_s = deadline_s
        self._closed = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def counters(self) -> AppendCounters:
        """For metrics; read only."""
        return self._appender.counters

    async def append(self, draft: Draft) -> Appended:
        """See `MessageLog.append`."""
        rules.check_draft(draft)
        inner = self._incarnation.inner(draft)
        async with self._call(), self._turns.turn(draft.room):
            return self._incarnation.appended(await self._appender.append(inner))

    async def read_after(self, room: RoomId, sequence: int, limit: int) -> Page:
        """See `MessageLog.read_after`."""
        reading = await self._read(room, lambda at: rules.span_after(at, sequence, limit))
        return Page(reading.position, reading.messages, more=reading.span.stop <= reading.position.last)

    async def read_before(self, room: RoomId, sequence: int | None, limit: int) -> Page:
        """See `MessageLog.read_before`."""
        newest = 1 if sequence is not None else limit
        reading = await self._read(room, lambda at: rules.span_before(at, sequence, limit), newest)
        return Page(reading.position, reading.messages, more=reading.span.start > reading.position.oldest)

    async def position(self, room: RoomId) -> Position:
        """See `MessageLog.position`."""
        return (await self._read(room, lambda _: range(0))).position

    async def close(self) -> None:
        """See `MessageLog.close`."""
        self._closed = True
        await self._idle.wait()

    async def _read(self, room: RoomId, span_of: Callable[[Position], range], newest: int = 1) -> Reading:
        rules.check_room(room)
        async with self._call(), within(self._deadline_s, "a page"):
            return self._incarnation.reading(await self._reader.read(room, span_of, newest))

    @asynccontextmanager
    async def _call(self) -> AsyncIterator[None]:
        if self._closed:
            raise Unavailable("The message log is closed.")
        if self._under_way >= CALLS_MAX:
            raise Unavailable(f"The message log has {CALLS_MAX} calls under way already; try again later.")
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()
