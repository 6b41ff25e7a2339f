"""Stores drafts, each as one conditional put behind the last message of its room.

Theory. A draft is looked up by name *after* the end of the log was learnt, and then stored right behind that end, on condition
that nothing is there. When the put succeeds, nothing came between, so the look-up has seen everything. When it fails, whatever
is there is read, and the draft goes behind that. docs/topics/dynamodb.md has the proof, also for processes that are killed.

The end of a log is remembered from one append to the next, while nobody else writes to the room: a memory that is out of date
costs a failed put, as much as five reads, and no more. It must not be older than `CLEANUP_AGE_S`, though, because removed rows
look like places that were never taken.
"""

import asyncio
import logging
import random
import secrets
from typing import Final

import msgspec
from aiodynamo.errors import ItemCollectionSizeLimitExceeded

from talkroom.chat.model.errors import ClientError, Unavailable
from talkroom.chat.model.message import Appended, Draft, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import Clock
from talkroom.storage import rules
from talkroom.storage.dynamodb.client import within
from talkroom.storage.dynamodb.entries import Closing, Entry, message_key, position_of
from talkroom.storage.dynamodb.message_rows import MessageRows
from talkroom.storage.dynamodb.recent import Recent
from talkroom.storage.dynamodb.rooms import Rooms
from talkroom.storage.dynamodb.tail import (
    MILLISECONDS,
    Tail,
    find_header,
    is_kept,
    lower_bound,
    must_search,
    next_entry,
    pass_by,
    tail_at,
    with_header,
)
from talkroom.storage.retention import Retention

TAILS_MAX: Final = 10_000
"""Rooms whose log's end is remembered, about 500 bytes each; the ends of others are read."""
TAIL_AGE_MAX_S: Final = 60
"""An end that was learnt longer ago is read again."""

TIDY_INTERVAL: Final = 25
"""Every so many sequences of a room, the one who stores the message tidies up."""
CLEANUP_AGE_S: Final = 3600
"""A message over the count is deleted so long after it was stored: longer than `TAIL_AGE_MAX_S`, an append and the difference
between clocks together, so that no process takes its place for free."""
CLEANUP_ROWS_MAX: Final = 50
"""Deleted at once: twice what one interval brings, so that what was left undone is caught up with."""
CLEANUP_DEADLINE_S: Final = 2.0

WAIT_FIRST_S: Final = 0.004
WAIT_MAX_S: Final = 0.1
"""Between two conflicts of an append it waits anything between nothing and a limit, which doubles from the first to this."""

log = logging.getLogger("talkroom.storage.dynamodb")


class AppendCounters(msgspec.Struct):
    """What was done since the log was opened, for metrics. Do not write."""

    messages_appended: int = 0
    duplicates: int = 0
    """Appends that were answered with a message stored earlier."""
    conflicts: int = 0
    """Puts that found another message in their place, and were repeated behind it."""
    drafts_refused: int = 0
    drafts_failed: int = 0
    """Appends that ended with Unavailable."""


class _Known(msgspec.Struct, frozen=True):
    """What this process stored last in a room."""

    tail: Tail
    at_ms: int
    alone: bool
    """Whether nobody else had stored anything since its message before that; then probably nobody does before its next one."""


class Appender:
    """Belongs to one process. Appends to one room must come one after another."""

    def __init__(self, rows: MessageRows, rooms: Rooms, retention: Retention, clock: Clock, deadline_s: float) -> None:
        self._rows = rows
        self._rooms = rooms
        self._retention = retention
        self._clock = clock
        self._deadline_s = deadline_s
        self._tails: Recent[RoomId, _Known] = Recent(TAILS_MAX)
        self.counters = AppendCounters()

    async def append(self, draft: Draft) -> Appended:
        """See `MessageLog.append`."""
        counters = self.counters
        try:
            async with within(self._deadline_s, "an append"):
                appended = await self._append(draft, writer=secrets.token_hex(8))
        except ClientError:
            counters.drafts_refused += 1
            raise
        except Unavailable as error:
            counters.drafts_failed += 1
            self._tails.forget(draft.room)
            if isinstance(error.__context__, ItemCollectionSizeLimitExceeded):
                log.error(
                    "a room's messages fill the 10 GB that DynamoDB gives it: set a limit to how long they are kept"
                )
            raise
        counters.duplicates += appended.duplicate
        counters.messages_appended += not appended.duplicate
        await self._clean_up(appended)
        return appended

    async def _append(self, draft: Draft, writer: str) -> Appended:
        name = message_key(draft.sender, draft.id)
        # To refuse a retry by an old end would be wrong: the client may have seen what came after it.
        tail = self._find_tail(draft.room) if draft.retry_after is None else None
        while True:
            now_ms = self._clock()
            fresh = tail is None
            if tail is None:
                tail = await self._rooms.look(draft.room, now_ms)
            # After the end is known, never before: see the proof.
            positions = await self._rows.positions_of(draft.room, name)
            if positions and not fresh:
                # What is still kept depends on where the log ends now.
                tail = None
                continue
            stored = await self._find_stored(draft, tail, positions, now_ms)
            if stored is not None:
                return Appended(stored.message, duplicate=stored.writer != writer)
            await self._refuse(draft, tail, now_ms)
            appended = await self._store(draft, tail, writer)
            if appended is not None:
                return appended
            tail = None

    def _find_tail(self, room: RoomId) -> Tail | None:
        known = self._tails.find(room)
        if known is None:
            return None
        now_ms = self._clock()
        young = 0 <= now_ms - known.at_ms < TAIL_AGE_MAX_S * MILLISECONDS
        return known.tail if known.alone and young and is_kept(known.tail, self._retention, now_ms) else None

    def _remember(self, entry: Entry, now_ms: int) -> None:
        room, tail = entry.message.room, tail_at(entry)
        before = self._tails.find(room)
        self._tails.keep(room, _Known(tail, now_ms, alone=before is None or before.tail.position + 1 == tail.position))

    async def _find_stored(self, draft: Draft, tail: Tail, positions: list[int], now_ms: int) -> Entry | None:
        """The kept one of the messages at these positions, which all have the draft's name."""
        first = position_of(tail.generation, lower_bound(tail, self._retention))
        for position in sorted(positions, reverse=True):
            entry = await self._rows.find_entry(draft.room, position) if position >= first else None
            if entry is not None and entry.is_of(draft) and is_kept(entry, self._retention, now_ms):
                return entry
        return None

    async def _refuse(self, draft: Draft, tail: Tail, now_ms: int) -> None:
        """Raises ClientError (`retryTooLate`) for a retry that may have been stored and removed."""
        if draft.retry_after is None:
            return
        position = Position(tail.epoch, tail.last, await self._rooms.find_oldest(tail, now_ms))
        refusal = rules.find_refusal(draft, position)
        if refusal is not None:
            raise refusal

    async def _store(self, draft: Draft, tail: Tail, writer: str) -> Appended | None:
        """Put it behind the tail, or behind what came there first; None when the room must be looked at anew."""
        conflicts = 0
        while True:
            prepared = await self._prepare(tail)
            if prepared is None:
                return None
            tail = prepared
            now_ms = self._clock()
            entry = next_entry(tail, draft, self._retention, now_ms, writer)
            taken = await self._rows.put(entry)
            if taken is None:
                self._remember(entry, now_ms)
                return Appended(entry.message, duplicate=False)
            # Usually one other came first. When a second one did too, more may have.
            rows = [taken.row] if taken.row and not conflicts else await self._rows.after(draft.room, tail.position)
            passed = pass_by(tail, rows, draft, writer)
            if not isinstance(passed, Tail):
                return passed
            self.counters.conflicts += 1
            await _wait(conflicts)
            tail = passed
            conflicts += 1

    async def _prepare(self, tail: Tail) -> Tail | None:
        """Store what must be there before the next entry is; None when the room must be looked at anew."""
        if tail.closing is not None:
            taken = await self._rows.put(tail.closing)
            if taken is not None and not isinstance(taken.row, Closing):
                return None
        now_ms = self._clock()
        header = find_header(tail, self._retention, now_ms)
        if header is not None:
            taken = await self._rows.put_header(header)
            # Another process may have stored it a moment ago, or one that has other limits long ago.
            there = header if taken is None else await self._rows.find_header(tail.room)
            if there is None or there.generation != tail.generation:
                return None
            tail = with_header(tail, there)
        if (tail.last + 1) % TIDY_INTERVAL == 0 and must_search(tail, tail.oldest, self._retention):
            # What comes after starts its search from here.
            tail = msgspec.structs.replace(tail, oldest=await self._rooms.find_oldest(tail, now_ms))
        return tail

    async def _clean_up(self, appended: Appended) -> None:
        """Delete some of what is over the count: no TTL does. A failure is made good by the next one who does."""
        due = self._retention.max_messages is not None and appended.message.sequence % TIDY_INTERVAL == 0
        known = self._tails.find(appended.message.room)
        if not due or appended.duplicate or known is None:
            return
        tail, stored_until_ms = known.tail, self._clock() - CLEANUP_AGE_S * MILLISECONDS
        try:
            async with within(CLEANUP_DEADLINE_S, "clean-up"):
                rows = await self._rows.below(tail.room, position_of(tail.generation, tail.oldest), CLEANUP_ROWS_MAX)
                old = [row for row in rows if isinstance(row, Entry) and row.stored_at_ms <= stored_until_ms]
                await self._rows.remove(old)
        except Unavailable as error:
            log.warning("messages over the count could not be deleted, and will be later: %s", error)


async def _wait(conflicts: int) -> None:
    """Those who met must not meet again."""
    if conflicts:
        limit_s = min(WAIT_MAX_S, WAIT_FIRST_S * 2 ** min(conflicts, 10))
        await asyncio.sleep(random.uniform(0, limit_s))  # noqa: S311 - it protects nothing
