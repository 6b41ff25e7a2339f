"""Where a room's log ends, and what becomes of the next draft. Pure.

Theory. A room has one log after another, its *generations*: when retention has removed all of one, the next message begins
another, under another epoch. The newest row of a room says where its log ends, if that row is a message that is kept. If it is
not, the header says which generation comes next. docs/topics/dynamodb.md has the proof that no two processes can disagree about
it in a way that loses a message.
"""

from collections.abc import Generator, Sequence
from typing import Final

import msgspec

from talkroom.chat.model.message import BEGINNING, Appended, Draft
from talkroom.chat.model.room import RoomId
from talkroom.storage import rules
from talkroom.storage.dynamodb.entries import Closing, Entry, Header, Row, position_of
from talkroom.storage.retention import Retention

EXPIRY_MARGIN_S: Final = 86_400
"""TTL removes a row so long after retention has: by then it is past its age by every clock that differs less than a day."""

MILLISECONDS: Final = 1000


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a room's log as far as the next entry depends on it."""

    room: RoomId
    generation: int
    epoch: str
    last: int = BEGINNING
    stored_at_ms: int = 0
    oldest: int = BEGINNING + 1
    """A sequence below which nothing is kept."""
    expiring: int = 0
    """The newest sequence that has an end; 0 when none has."""
    expires_at_s: int | None = None
    """Of the last entry, or what the first one must at least have; None when it has none."""
    headed: bool = False
    """Whether the room's header names this generation."""
    closing: Closing | None = None
    """What must be stored before this generation begins."""

    @property
    def position(self) -> int:
        """The sort key of the last entry; one below the first when there is none."""
        return position_of(self.generation, self.last)


def is_kept(entry: Entry | Tail, retention: Retention, now_ms: int) -> bool:
    """Whether an entry, or the last one of a log, is within its age: by today's limit, and by the one under which it was stored.

    The second keeps a longer or removed limit from bringing back what TTL may already have removed in part.
    """
    end_s = entry.expires_at_s
    ended = end_s is not None and now_ms >= (end_s - EXPIRY_MARGIN_S) * MILLISECONDS
    return entry.stored_at_ms > retention.cutoff_ms(now_ms) and not ended


def find_live(newest: Row | None, retention: Retention, now_ms: int) -> Tail | None:
    """The tail of a room whose newest row is a message that is kept."""
    if isinstance(newest, Entry) and is_kept(newest, retention, now_ms):
        return tail_at(newest)
    return None


def tail_at(entry: Entry) -> Tail:
    """The tail of a log that ends with this entry."""
    return Tail(
        room=entry.message.room,
        generation=entry.generation,
        epoch=entry.message.epoch,
        last=entry.sequence,
        stored_at_ms=entry.stored_at_ms,
        oldest=entry.oldest,
        expiring=entry.expiring,
        expires_at_s=entry.expires_at_s,
        # Whoever stored it made sure of that.
        headed=entry.generation > 0 or entry.expires_at_s is not None,
    )


def begin(
    room: RoomId, newest: Row | None, header: Header | None, seed: str, retention: Retention, now_ms: int
) -> Tail:
    """The tail of a room without a live log: that of its next generation, or of one that has just begun and is empty.

    `newest` is the room's newest row, if any; all processes that see the same rows come to the same epoch.
    """
    last = newest if isinstance(newest, Entry | Closing) else None
    began = max(-1 if header is None else header.generation, -1 if last is None else last.generation)
    if began < 0:
        return Tail(room=room, generation=0, epoch=seed)
    has_rows = last is not None and last.generation == began
    if header is not None and not has_rows and now_ms < header.empty_until_ms:
        expires_at_s = _seconds(header.empty_until_ms) + EXPIRY_MARGIN_S
        return Tail(room=room, generation=began, epoch=_epoch(seed, began), expires_at_s=expires_at_s, headed=True)
    closing = None
    if not (has_rows and isinstance(last, Closing)):
        sequence = last.sequence + 1 if last is not None and has_rows else BEGINNING + 1
        expires_at_s = _seconds(now_ms) + (retention.max_age_s or 0) + EXPIRY_MARGIN_S
        closing = Closing(room=room, generation=began, sequence=sequence, expires_at_s=expires_at_s)
    return Tail(room=room, generation=began + 1, epoch=_epoch(seed, began + 1), closing=closing)


def next_entry(tail: Tail, draft: Draft, retention: Retention, now_ms: int, writer: str) -> Entry:
    """What the draft becomes when it follows the tail."""
    sequence = tail.last + 1
    # Neither counts as earlier than the entry before it: expiry would tear a hole.
    stored_at_ms = max(now_ms, tail.stored_at_ms)
    expires_at_s = None
    if retention.max_age_s is not None:
        end_s = _seconds(stored_at_ms) + retention.max_age_s + EXPIRY_MARGIN_S
        expires_at_s = max(end_s, tail.expires_at_s or 0)
    return Entry(
        generation=tail.generation,
        message=rules.accept(draft, tail.epoch, sequence),
        stored_at_ms=stored_at_ms,
        oldest=max(tail.oldest, retention.floor(sequence)),
        expiring=tail.expiring if expires_at_s is None else sequence,
        expires_at_s=expires_at_s,
        writer=writer,
    )


def find_header(tail: Tail, retention: Retention, now_ms: int) -> Header | None:
    """The header that must be stored before the next entry is, or None when none must.

    Entries that TTL can remove need one to be remembered by, and so do generations after the first.
    """
    if tail.headed or (retention.max_age_s is None and tail.generation == 0):
        return None
    empty_for_s = EXPIRY_MARGIN_S if retention.max_age_s is None else retention.max_age_s
    return Header(room=tail.room, generation=tail.generation, empty_until_ms=now_ms + empty_for_s * MILLISECONDS)


def with_header(tail: Tail, header: Header) -> Tail:
    """The tail once the header is stored: no entry may be removable before the header says that it may be."""
    expires_at_s = _seconds(header.empty_until_ms) + EXPIRY_MARGIN_S
    return msgspec.structs.replace(
        tail, headed=True, expires_at_s=max(expires_at_s, tail.expires_at_s or 0), closing=None
    )


def pass_by(tail: Tail, rows: Sequence[Row], draft: Draft, writer: str) -> Appended | Tail | None:
    """What a writer who found its place taken learns from all rows after its tail, in order.

    The message, when one of them is what this draft became; otherwise the new tail; None when the log is over or the rows do not
    follow one another, so that the room must be looked at anew.
    """
    for row in rows:
        if not isinstance(row, Entry) or (row.generation, row.sequence) != (tail.generation, tail.last + 1):
            return None
        if row.is_of(draft):
            return Appended(row.message, duplicate=row.writer != writer)
        tail = tail_at(row)
    return tail if rows else None


def lower_bound(tail: Tail, retention: Retention) -> int:
    """A sequence below which nothing is kept, known without looking."""
    return max(tail.oldest, retention.floor(tail.last))


def must_search(tail: Tail, lowest: int, retention: Retention) -> bool:
    """Whether an entry from `lowest` on may be past its age."""
    return lowest <= tail.last and (retention.max_age_s is not None or tail.expiring >= lowest)


def first_kept(lowest: int, last: int) -> Generator[int, bool, int]:
    """Finds the first kept sequence from `lowest` to `last`, which is kept: yields what to look at, is sent whether it is kept.

    Steps double from the lower bound, because few have expired since it was found; then the last step is halved.
    """
    step = 1
    candidate = lowest
    while candidate < last and not (yield candidate):
        lowest = candidate + 1
        candidate += step
        step *= 2
    high = min(candidate, last)
    while lowest < high:
        middle = (lowest + high) // 2
        if (yield middle):
            high = middle
        else:
            lowest = middle + 1
    return high


def _epoch(seed: str, generation: int) -> str:
    return seed if generation == 0 else f"{seed}.{generation}"


def _seconds(ms: int) -> int:
    """Rounded up: no row may be removable a moment too early."""
    return -(-ms // MILLISECONDS)
