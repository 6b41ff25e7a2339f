"""Pages that fit into one message, and the cursors between them.

A reply travels as one message of at most 128 KiB, so a page ends at a number of messages or of bytes, whichever comes first.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.message import Page
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Member
from talkroom.chat.protocol.commands import SequenceField
from talkroom.chat.protocol.frames import MemberBody, MessageBody, message_body


class Direction(StrEnum):
    """Which way a page goes on."""

    AFTER = "a"
    BEFORE = "b"


class Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where the next page starts; to clients an opaque text. It is not a secret: policy is checked on every page."""

    room: str
    epoch: str
    direction: Direction
    sequence: SequenceField


class MemberCursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where the next page of members starts."""

    room: str
    after: str


def encode_cursor(cursor: Cursor | MemberCursor) -> str:
    """The opaque text."""
    return urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def parse_cursor(text: str, room: RoomId) -> Cursor:
    """Raises ClientError (`invalidCursor`) unless the server gave it for this room."""
    return _parse(text, Cursor, room)


def parse_member_cursor(text: str, room: RoomId) -> MemberCursor:
    """Raises ClientError (`invalidCursor`) unless the server gave it for this room."""
    return _parse(text, MemberCursor, room)


B = TypeVar("B", MessageBody, MemberBody)
C = TypeVar("C", Cursor, MemberCursor)


def _parse(text: str, kind: type[C], room: RoomId) -> C:
    try:
        cursor = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (ValueError, RecursionError):  # bad base64 and bad JSON are both ValueErrors
        raise ClientError(ErrorCode.INVALID_CURSOR) from None
    if cursor.room != room:
        raise ClientError(ErrorCode.INVALID_CURSOR, "The cursor belongs to another room.")
    return cursor


def fit_page(page: Page, direction: Direction, bytes_max: int) -> tuple[list[MessageBody], bool]:
    """The messages of a page that fit, ascending, and whether there are more in the direction that was read.

    At least one message is kept, or paging would never end; the limit on text keeps a single one far below `bytes_max`.
    """
    ordered = page.messages if direction is Direction.AFTER else page.messages[::-1]
    bodies = _take_fitting(map(message_body, ordered), bytes_max)
    more = page.more or len(bodies) < len(page.messages)
    return (bodies if direction is Direction.AFTER else bodies[::-1]), more


def fit_members(members: Sequence[Member], bytes_max: int) -> list[MemberBody]:
    """The first members that fit, at least one."""
    return _take_fitting((MemberBody(member.id, member.name) for member in members), bytes_max)


def _take_fitting(bodies: Iterable[B], bytes_max: int) -> list[B]:
    taken: list[B] = []
    size = 0
    for body in bodies:
        size += len(msgspec.json.encode(body)) + 1
        if taken and size > bytes_max:
            break
        taken.append(body)
    return taken


def find_next_cursor(
    page: Page, room: RoomId, direction: Direction, bodies: list[MessageBody], more: bool
) -> str | None:
    """The cursor that goes on from a fitted page, or None when it was the last."""
    if not more or not bodies:
        return None
    edge = bodies[-1] if direction is Direction.AFTER else bodies[0]
    return encode_cursor(Cursor(room, page.position.epoch, direction, edge.sequence))
