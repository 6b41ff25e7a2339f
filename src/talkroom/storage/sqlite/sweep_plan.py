"""Decides what one step of a sweep removes. Pure: what the logs hold comes in, what to do goes out."""

from collections.abc import Sequence
from typing import Final

import msgspec

from talkroom.chat.model.room import RoomId
from talkroom.storage.retention import Retention

LOGS_PER_STEP: Final = 200
"""Logs that one step looks at: about a millisecond."""

ROWS_PER_STEP: Final = 500
"""Messages that one step removes at most: a few milliseconds, for which an append may have to wait."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What one log holds."""

    log: int
    room: RoomId | None
    """None when the log has been detached."""
    first: int | None
    last: int | None
    """None, both, when nothing is left of a detached log."""
    fresh: int | None
    """The oldest message within its age, as far as `ROWS_PER_STEP` messages show it; None when they do not."""
    newest_at_ms: int | None


class Plan(msgspec.Struct, frozen=True):
    """What one step does."""

    detach: list[int]
    """Logs that lose their rooms."""
    remove: list[tuple[int, int]]
    """Logs, each with the sequence before which all is removed."""
    dead: list[int]
    """Logs without a room, which go when this leaves them without messages."""
    cursor: int
    """The last log that needs no further step."""
    finished: bool
    """Whether that was the last of all."""


def plan(spans: Sequence[Span], retention: Retention, now_ms: int, cursor: int) -> Plan:
    """Decide a step over the next logs after `cursor`, at most `LOGS_PER_STEP` of them."""
    cutoff_ms = retention.cutoff_ms(now_ms)
    detached: list[int] = []
    remove: list[tuple[int, int]] = []
    dead: list[int] = []
    rows_left = ROWS_PER_STEP
    for span in spans:
        expired = span.newest_at_ms is not None and span.newest_at_ms <= cutoff_ms
        if expired and span.room is not None:
            detached.append(span.log)
        if expired or span.room is None:
            dead.append(span.log)
        if span.first is not None and span.last is not None:
            below = span.last + 1 if span.log in dead[-1:] else _oldest_kept(span, span.first, span.last, retention)
            affordable = min(below, span.first + rows_left)
            if affordable > span.first:
                remove.append((span.log, affordable))
                rows_left -= affordable - span.first
            if affordable < below or not rows_left:
                return Plan(detached, remove, dead, cursor, finished=False)
        cursor = span.log
    return Plan(detached, remove, dead, cursor, finished=len(spans) < LOGS_PER_STEP)


def _oldest_kept(span: Span, first: int, last: int, retention: Retention) -> int:
    """The oldest message that both limits keep, or a bound below it when the age of the first messages does not show it."""
    fresh = first + ROWS_PER_STEP if span.fresh is None else span.fresh
    return max(fresh, retention.floor(last))
