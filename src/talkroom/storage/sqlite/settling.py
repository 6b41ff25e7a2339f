"""Decides what becomes of a group of drafts. Pure: what the database holds comes in, what to store and to answer goes
out."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.message import BEGINNING, Appended, Draft, Message, Position
from talkroom.chat.model.room import RoomId
from talkroom.storage import rules

Outcome = Appended | ClientError
"""What one draft's `append` returns or raises."""

MessageKey = tuple[RoomId, str, str]
"""Room, sender and id: the name under which a message is stored once."""

NO_LOG: Final = 0
"""The number of a log that has not begun; SQLite counts from 1."""


class LogEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A room's log as far as the next message depends on it."""

    log: int
    """Its number in the database, or `NO_LOG`."""
    room: RoomId
    epoch: str
    last: int
    oldest: int | None
    """The oldest message that retention keeps; None when it keeps none of a log that is still there."""
    stored_at_ms: int
    """When the last message was stored."""

    @property
    def position(self) -> Position:
        """Raises ValueError for a log of which nothing is kept: it must be detached first."""
        if self.oldest is None:
            raise ValueError(f"log {self.log} has expired")
        return Position(self.epoch, self.last, self.oldest)


class Settled(msgspec.Struct, frozen=True):
    """What a group comes to, once `stored` is committed."""

    outcomes: list[Outcome]
    """One for each draft, in the drafts' order."""
    stored: list[Message]
    """In ascending sequence within each room."""
    ends: dict[RoomId, LogEnd]
    """The logs of the group's rooms afterwards."""


def begin_log(room: RoomId, epoch: str) -> LogEnd:
    """The end of a log that has no message yet."""
    return LogEnd(log=NO_LOG, room=room, epoch=epoch, last=BEGINNING, oldest=BEGINNING + 1, stored_at_ms=0)


def key_of(named: Draft | Message) -> MessageKey:
    """The name under which a draft is, or will be, stored once."""
    return named.room, named.sender, named.id


def settle(
    drafts: Sequence[Draft], ends: Mapping[RoomId, LogEnd], kept: Mapping[MessageKey, Message], now_ms: int
) -> Settled:
    """Give each draft its message: the one kept under its name, or the next of its room; or a refusal.

    `ends` has the log of every draft's room; `kept` has every message under a draft's name that retention keeps. Drafts
    that repeat each other within the group count as attempts one after another.
    """
    outcomes: list[Outcome] = []
    stored: list[Message] = []
    known = dict(kept)
    lasts = {room: end.last for room, end in ends.items()}
    for draft in drafts:
        key = key_of(draft)
        found = known.get(key)
        if found is not None:
            outcomes.append(Appended(found, duplicate=True))
            continue
        end = ends[draft.room]
        if draft.retry_after is not None:
            position = msgspec.structs.replace(end.position, last=lasts[draft.room])
            refusal = rules.find_refusal(draft, position)
            if refusal is not None:
                outcomes.append(refusal)
                continue
        lasts[draft.room] += 1
        message = known[key] = rules.accept(draft, end.epoch, lasts[draft.room])
        stored.append(message)
        outcomes.append(Appended(message, duplicate=False))
    return Settled(outcomes, stored, {room: _advance(end, lasts[room], now_ms) for room, end in ends.items()})


def _advance(end: LogEnd, last: int, now_ms: int) -> LogEnd:
    if last == end.last:
        return end
    # A clock that steps back must not make a message older than the one before it: expiry would tear a hole.
    return msgspec.structs.replace(end, last=last, stored_at_ms=max(now_ms, end.stored_at_ms))
