"""Stores groups of drafts: usually with one statement, otherwise with care.

Theory. An append needs to know where its room's log ends. The appender remembers that of the rooms it wrote to, and
*assumes* it for the next group: it settles the drafts, then runs one INSERT that commits by itself. The database has the
last word. Its trigger refuses an entry that does not follow the last one or whose log has lost its room; its unique index
refuses a name that is taken. Either undoes the whole statement. So an assumption that another process, retention or a
repeated draft has made wrong stores nothing, and the group is settled again *with care*: what the assumption replaced is
read inside the transaction that writes.

Why not always with care: Python's global lock. Every statement gives it up, and with a busy event loop each return waits
for the loop to let go. One statement waits once, the careful way five times. docs/topics/log.md has the measurements.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from talkroom.chat.model.message import Draft, Message
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import Clock
from talkroom.storage.retention import Retention
from talkroom.storage.sqlite.connections import transaction
from talkroom.storage.sqlite.queries import statement, statement_for_rows
from talkroom.storage.sqlite.settling import (
    NO_LOG,
    LogEnd,
    MessageKey,
    Outcome,
    Settled,
    begin_log,
    key_of,
    settle,
)

ENDS_MAX: Final = 10_000
"""Rooms whose log's end is remembered, about 300 bytes each; beyond it all are forgotten and learnt again, one careful
group each."""

_decode_ends: Final = msgspec.json.Decoder(tuple[LogEnd, ...]).decode
_decode_messages: Final = msgspec.json.Decoder(tuple[Message, ...]).decode
_decode_numbers: Final = msgspec.json.Decoder(dict[RoomId, int]).decode


class Appender:
    """Belongs to the writer thread, as the connection does while it is in use."""

    def __init__(
        self, connection: sqlite3.Connection, retention: Retention, clock: Clock, new_epoch: Callable[[], str]
    ) -> None:
        self._connection = connection
        self._retention = retention
        self._clock = clock
        self._new_epoch = new_epoch
        self._ends: dict[RoomId, LogEnd] = {}

    def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Settle a group and commit it; one outcome for each draft, in order.

        Raises sqlite3.Error: then nothing is stored, unless the disk failed in the middle of the commit.
        """
        now_ms = self._clock()
        settled = self._append_assuming(drafts, now_ms) or self._append_with_care(drafts, now_ms)
        self._remember(settled.ends)
        return settled.outcomes

    def detach_expired(self, rooms: Sequence[RoomId]) -> None:
        """Take those rooms' logs from them whose messages have all passed their age. Raises sqlite3.Error."""
        with transaction(self._connection):
            self._find_ends(rooms, self._clock())

    def _append_assuming(self, drafts: Sequence[Draft], now_ms: int) -> Settled | None:
        """None when nothing may be assumed, or when the database said otherwise."""
        cutoff_ms = self._retention.cutoff_ms(now_ms)
        ends: dict[RoomId, LogEnd] = {}
        for draft in drafts:
            end = self._ends.get(draft.room)
            # Whether a retry comes too late depends on what retention has removed, which is not remembered.
            if end is None or end.stored_at_ms <= cutoff_ms or draft.retry_after is not None:
                return None
            ends[draft.room] = end
        settled = settle(drafts, ends, {}, now_ms)
        try:
            self._store(settled)
        except sqlite3.IntegrityError:
            return None
        return settled

    def _append_with_care(self, drafts: Sequence[Draft], now_ms: int) -> Settled:
        with transaction(self._connection):
            ends = self._find_ends(list(dict.fromkeys(draft.room for draft in drafts)), now_ms)
            kept, removed = self._find_messages(drafts, ends)
            settled = settle(drafts, ends, kept, now_ms)
            # A name that only a removed message still holds is free again, and the unique index must agree.
            for log, sequence in removed:
                self._connection.execute(statement("forget_message"), (log, sequence))
            settled = self._begin_logs(settled)
            self._store(settled)
        return settled

    def _find_ends(self, rooms: Sequence[RoomId], now_ms: int) -> dict[RoomId, LogEnd]:
        """Where each room's log ends; a room without one, or whose log has expired, is about to begin one."""
        limits = (self._retention.count_max, self._retention.cutoff_ms(now_ms))
        query = statement_for_rows("find_logs", [(room,) for room in rooms], *limits)
        next_epoch, encoded = self._connection.execute(*query).fetchone()
        ends = {end.room: end for end in _decode_ends(encoded)}
        expired = [end.log for end in ends.values() if end.oldest is None]
        if expired:
            next_epoch = detach(self._connection, expired, self._new_epoch())
        kept = {room: end for room, end in ends.items() if end.oldest is not None}
        return {room: kept[room] if room in kept else begin_log(room, next_epoch) for room in rooms}

    def _find_messages(
        self, drafts: Iterable[Draft], ends: Mapping[RoomId, LogEnd]
    ) -> tuple[dict[MessageKey, Message], list[tuple[int, int]]]:
        """The messages under the drafts' names: those that retention keeps, and log and sequence of those that it does
        not."""
        query = statement_for_rows("find_messages", [key_of(draft) for draft in drafts])
        (encoded,) = self._connection.execute(*query).fetchone()
        kept: dict[MessageKey, Message] = {}
        removed: list[tuple[int, int]] = []
        for message in _decode_messages(encoded):
            end = ends[message.room]
            if message.sequence >= end.position.oldest:
                kept[key_of(message)] = message
            else:
                removed.append((end.log, message.sequence))
        return kept, removed

    def _begin_logs(self, settled: Settled) -> Settled:
        """Make the logs of the rooms whose first message this is."""
        new = [(message.room, message.epoch) for message in settled.stored if settled.ends[message.room].log == NO_LOG]
        if not new:
            return settled
        logs = list(dict(new).items())
        self._connection.execute(*statement_for_rows("begin_logs", logs))
        (encoded,) = self._connection.execute(
            *statement_for_rows("number_logs", [(room,) for room, _ in logs])
        ).fetchone()
        numbers = _decode_numbers(encoded)
        ends = {
            room: msgspec.structs.replace(end, log=numbers[room]) if room in numbers else end
            for room, end in settled.ends.items()
        }
        return Settled(settled.outcomes, settled.stored, ends)

    def _store(self, settled: Settled) -> None:
        entries = []
        for each in settled.stored:
            end = settled.ends[each.room]
            entries.append(
                (end.log, each.sequence, each.sender, each.id, each.name, each.text, each.sent_at_ms, end.stored_at_ms)
            )
        if entries:
            self._connection.execute(*statement_for_rows("append", entries))

    def _remember(self, ends: Mapping[RoomId, LogEnd]) -> None:
        if len(self._ends) + len(ends) > ENDS_MAX:
            self._ends.clear()
        self._ends.update((room, end) for room, end in ends.items() if end.log != NO_LOG)


def detach(connection: sqlite3.Connection, logs: Sequence[int], epoch: str) -> str:
    """Take logs from their rooms, whose next logs begin under the epoch given, which is returned."""
    connection.execute(*statement_for_rows("detach", [(log,) for log in logs]))
    connection.execute(statement("replace_next_epoch"), (epoch,))
    return epoch
