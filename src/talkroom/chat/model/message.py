"""Messages, before and after the log has accepted them, and positions in a log."""

from typing import Final

import msgspec

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.room import RoomId

BEGINNING: Final = 0
"""The sequence before the first message of a log."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the log has not accepted yet. All but `id`, `text` and `retry_after` come from the server."""

    room: RoomId
    sender: str
    """Principal id of the sender."""
    name: str
    """The sender's name as of now."""
    id: str
    """Chosen by the client for this intent: the same sender and id is stored once."""
    text: str
    sent_at_ms: int
    retry_after: int | None = None
    """For a retry: the last sequence that the client had seen when it first sent this message."""
    retry_epoch: str | None = None
    """For a retry: the epoch in which `retry_after` means something."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a room's log."""

    room: RoomId
    epoch: str
    sequence: int
    id: str
    sender: str
    name: str
    sent_at_ms: int
    text: str


class Appended(msgspec.Struct, frozen=True):
    """What an append gave: the stored message, and whether an earlier attempt had stored it already."""

    message: Message
    duplicate: bool


class Position(msgspec.Struct, frozen=True):
    """Where a room's log stands."""

    epoch: str
    last: int
    """The newest sequence; `BEGINNING` in a log without messages."""
    oldest: int
    """The oldest sequence that is kept; `last + 1` when none is."""


class Page(msgspec.Struct, frozen=True):
    """A stretch of a room's log in ascending order, with the log's position as of the same moment."""

    position: Position
    messages: tuple[Message, ...]
    more: bool
    """Whether the log goes on in the direction that was read."""


def check_text(text: str, characters_max: int) -> str:
    """The text unchanged. Raises ClientError (`textEmpty`, `textTooLong`)."""
    if not text or text.isspace():
        raise ClientError(ErrorCode.TEXT_EMPTY)
    if len(text) > characters_max:
        raise ClientError(
            ErrorCode.TEXT_TOO_LONG, f"The message has {len(text)} characters; at most {characters_max} are allowed."
        )
    return text
