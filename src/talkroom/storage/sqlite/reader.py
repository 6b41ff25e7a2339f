"""Reads pages on threads of its own, so that history never waits for a commit, nor a commit for history."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Message, Position
from talkroom.chat.model.room import RoomId
from talkroom.storage.retention import Retention
from talkroom.storage.sqlite.connections import open_reader
from talkroom.storage.sqlite.queries import statement, statement_for_rows
from talkroom.storage.sqlite.settling import LogEnd, begin_log

READER_THREADS: Final = 2
"""A page that has to come from the disk does not hold up one that is in memory."""

READS_QUEUED_MAX: Final = 1_000
"""Reads under way at once; one more is refused with Unavailable, which the client may retry."""

_decode_ends: Final = msgspec.json.Decoder(tuple[LogEnd, ...]).decode
_decode_messages: Final = msgspec.json.Decoder(tuple[Message, ...]).decode


class Reading(NamedTuple):
    """A stretch of a log and the log's position, as of one moment."""

    position: Position
    span: range
    messages: tuple[Message, ...]


class Reader:
    """Owns its threads, each with a connection that cannot write."""

    def __init__(self, path: Path, retention: Retention, lock_timeout_s: float) -> None:
        self._path = path
        self._retention = retention
        self._lock_timeout_s = lock_timeout_s
        self._threads = ThreadPoolExecutor(READER_THREADS, "talkroom-log-reader")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._under_way = 0
        self._closed = False

    async def read(self, room: RoomId, span_of: Callable[[Position], range], now_ms: int) -> Reading | None:
        """What `span_of` chooses of a room's log; None when all of that log has passed its age and it must be detached.

        Raises Unavailable.
        """
        if self._closed:
            raise Unavailable("The message log is closed.")
        if self._under_way >= READS_QUEUED_MAX:
            raise Unavailable(f"The message log has {READS_QUEUED_MAX} reads to do already; try again later.")
        self._under_way += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._read, room, span_of, now_ms)
        except sqlite3.Error as error:
            raise Unavailable(f"The message log could not be read: {error}") from error
        finally:
            self._under_way -= 1

    async def close(self) -> None:
        """Finish the reads under way, then end the threads and close their connections."""
        self._closed = True
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    # From here on, one of the threads.

    def _read(self, room: RoomId, span_of: Callable[[Position], range], now_ms: int) -> Reading | None:
        connection = self._connection()
        # Both statements see the database as of the first, whatever is appended or removed meanwhile.
        connection.execute("BEGIN")
        try:
            end = self._find_end(connection, room, now_ms)
            if end.oldest is None:
                return None
            span = span_of(end.position)
            return Reading(end.position, span, _read_span(connection, end.log, span) if span else ())
        finally:
            connection.rollback()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_reader(self._path, self._lock_timeout_s)
            self._connections.append(connection)
        return connection

    def _find_end(self, connection: sqlite3.Connection, room: RoomId, now_ms: int) -> LogEnd:
        limits = (self._retention.count_max, self._retention.cutoff_ms(now_ms))
        query = statement_for_rows("find_logs", [(room,)], *limits)
        next_epoch, encoded = connection.execute(*query).fetchone()
        ends = _decode_ends(encoded)
        return ends[0] if ends else begin_log(room, next_epoch)


def _read_span(connection: sqlite3.Connection, log: int, span: range) -> tuple[Message, ...]:
    (encoded,) = connection.execute(statement("read_span"), (log, span.start, span.stop)).fetchone()
    # SQLite promises no order inside an aggregate.
    return tuple(sorted(_decode_messages(encoded), key=lambda message: message.sequence))
