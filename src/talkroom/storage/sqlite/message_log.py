"""The message log in one SQLite file: what the rest of Talkroom sees of it."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Appended, Draft, Page, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import Clock
from talkroom.storage import rules
from talkroom.storage.retention import Retention
from talkroom.storage.sqlite.appender import Appender
from talkroom.storage.sqlite.connections import Durability, open_writer
from talkroom.storage.sqlite.reader import Reader, Reading
from talkroom.storage.sqlite.sessions import read_boot_id
from talkroom.storage.sqlite.sweeper import Sweeper
from talkroom.storage.sqlite.writer import LogCounters, Writer

LOCK_TIMEOUT_S: Final = 5.0
"""How long to wait for another process that is writing to the same file; beyond it the group fails with Unavailable."""


class SqliteMessageLog:
    """See the port `MessageLog`. Durability: as `open` is told.

    All calls come from the event loop that opened it. `clock` and `new_epoch` are called from other threads too.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        reader: Reader,
        retention: Retention,
        clock: Clock,
        new_epoch: Callable[[], str],
    ) -> None:
        """Takes over the connection and the reader. Use `open`."""
        self._connection = connection
        self._reader = reader
        self._retention = retention
        self._clock = clock
        self._new_epoch = new_epoch
        self._appender = Appender(connection, retention, clock, new_epoch)
        self._writer = Writer(connection, self._appender, self._new_sweeper())

    @classmethod
    async def open(
        cls,
        path: Path | str,
        *,
        durability: Durability,
        retention: Retention,
        clock: Clock,
        new_epoch: Callable[[], str],
        lock_timeout_s: float = LOCK_TIMEOUT_S,
        boot_id: str | None = None,
    ) -> "SqliteMessageLog":
        """Open the file, make it when there is none, and bring its schema up to date.

        `boot_id` names the time since the machine was started; by default the system is asked. Several processes may have the same
        file open. Raises DatabaseUnusable with a sentence for whoever runs the server.
        """

        def prepare() -> sqlite3.Connection:
            return open_writer(
                file,
                durability=durability,
                lock_timeout_s=lock_timeout_s,
                clock=clock,
                new_epoch=new_epoch,
                boot_id=boot_id or read_boot_id(),
            )

        file = Path(path)
        connection = await asyncio.to_thread(prepare)
        return cls(connection, Reader(file, retention, lock_timeout_s), retention, clock, new_epoch)

    @property
    def counters(self) -> LogCounters:
        """For metrics; read only."""
        return self._writer.counters

    async def append(self, draft: Draft) -> Appended:
        """See `MessageLog.append`."""
        rules.check_draft(draft)
        return await self._writer.append(draft)

    async def read_after(self, room: RoomId, sequence: int, limit: int) -> Page:
        """See `MessageLog.read_after`."""
        position, span, messages = await self._read(room, lambda at: rules.span_after(at, sequence, limit))
        return Page(position, messages, more=span.stop <= position.last)

    async def read_before(self, room: RoomId, sequence: int | None, limit: int) -> Page:
        """See `MessageLog.read_before`."""
        position, span, messages = await self._read(room, lambda at: rules.span_before(at, sequence, limit))
        return Page(position, messages, more=span.start > position.oldest)

    async def position(self, room: RoomId) -> Position:
        """See `MessageLog.position`."""
        return (await self._read(room, lambda _: range(0))).position

    async def purge(self) -> None:
        """Free the space of all that retention has removed by now, in steps between the groups, without waiting for the
        next sweep.

        Raises Unavailable.
        """
        sweeper = self._new_sweeper()
        try:
            while not await self._writer.order(sweeper.step):
                pass
        except sqlite3.Error as error:
            raise Unavailable(f"The message log could not remove what has expired: {error}") from error

    async def close(self) -> None:
        """See `MessageLog.close`."""
        # In this order, because the last connection to close tidies up the files, and must be one that may write.
        await self._reader.close()
        await self._writer.close()

    def _new_sweeper(self) -> Sweeper:
        return Sweeper(self._connection, self._retention, self._clock, self._new_epoch)

    async def _read(self, room: RoomId, span_of: Callable[[Position], range]) -> Reading:
        rules.check_room(room)
        while (reading := await self._reader.read(room, span_of, self._clock())) is None:
            # Only the writer can give the room's next log its epoch, so a read that meets an expired log asks for it first.
            try:
                await self._writer.order(lambda: self._appender.detach_expired([room]))
            except sqlite3.Error as error:
                raise Unavailable(f"The message log could not begin again: {error}") from error
        return reading
