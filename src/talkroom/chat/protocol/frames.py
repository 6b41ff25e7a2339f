"""What the server sends: replies and errors, which answer a `ref`, and pushes, which answer nothing.

A text message from the server holds one of these objects, or an array of them.
"""

from typing import Literal

import msgspec

from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.message import Message
from talkroom.chat.protocol.commands import Ref


class MessageBody(msgspec.Struct, frozen=True, rename="camel"):
    """A message in a page, whose room and epoch stand beside the page."""

    sequence: int
    id: str
    sender: str
    name: str
    sent_at_ms: int = msgspec.field(name="sentAt")
    message: str


class MessagePush(msgspec.Struct, frozen=True, rename="camel", tag="message", tag_field="type"):
    """A message was stored in a room that the connection has joined; its own messages come too."""

    room_id: str
    epoch: str
    sequence: int
    id: str
    sender: str
    name: str
    sent_at_ms: int = msgspec.field(name="sentAt")
    message: str


class UnsubscribedPush(msgspec.Struct, frozen=True, rename="camel", tag="unsubscribed", tag_field="type"):
    """The connection no longer receives this room's pushes: refresh the token, then join again from the last sequence."""

    room_id: str
    reason: Literal["tokenExpired"]


Push = MessagePush | UnsubscribedPush


class Accepted(msgspec.Struct, frozen=True, rename="camel"):
    """Reply to `sendmessage`: the message is stored. `duplicate` when an earlier attempt had stored it."""

    room_id: str
    epoch: str
    sequence: int
    id: str
    sent_at_ms: int = msgspec.field(name="sentAt")
    duplicate: bool


class Joined(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Reply to `join`: where the room's log stands and, when asked to resume, what was missed or why it cannot be told."""

    room_id: str
    epoch: str
    last_sequence: int
    oldest_sequence: int
    resumed: bool | None = None
    """Absent without `after`. True: `messages`, and the pages that `cursor` leads to, are all that was missed."""
    reason: Literal["epochChanged", "expired", "ahead"] | None = None
    """Why not: the log started again; retention has removed part of it; the client is ahead of the log."""
    messages: list[MessageBody] | None = None
    cursor: str | None = None


class HistoryPage(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Reply to `history`: messages in ascending order; `cursor` when there are more in the same direction."""

    room_id: str
    epoch: str
    last_sequence: int
    oldest_sequence: int
    messages: list[MessageBody]
    cursor: str | None = None


class MemberBody(msgspec.Struct, frozen=True, rename="camel"):
    """One principal in a room."""

    id: str
    name: str


class MembersPage(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Reply to `members`."""

    room_id: str
    members: list[MemberBody]
    cursor: str | None = None


class Left(msgspec.Struct, frozen=True, rename="camel"):
    """Reply to `leave`."""

    room_id: str


class Pong(msgspec.Struct, frozen=True, rename="camel"):
    """Reply to `ping`."""

    now_ms: int = msgspec.field(name="now")


class Refreshed(msgspec.Struct, frozen=True, rename="camel"):
    """Reply to `refresh`."""

    expires_at_ms: int = msgspec.field(name="expiresAt")


ReplyData = Accepted | Joined | HistoryPage | MembersPage | Left | Pong | Refreshed


class Reply(msgspec.Struct, frozen=True, tag="reply", tag_field="type", omit_defaults=True):
    """The command was done; `ref` is the command's, absent when it had none."""

    ref: Ref | None = None
    data: ReplyData | None = None


class Error(msgspec.Struct, frozen=True, tag="error", tag_field="type", omit_defaults=True):
    """The command was not done. `retry` says whether the same command may succeed later."""

    ref: Ref | None = None
    name: str = ""
    detail: str = ""
    retry: bool | None = None


_encode = msgspec.json.Encoder().encode


def encode_reply(ref: Ref | None, data: ReplyData) -> str:
    """The reply as the text of one message."""
    return _encode(Reply(ref, data)).decode()


def encode_error(ref: Ref | None, error: ClientError) -> str:
    """The error as the text of one message."""
    return _encode(Error(ref, error.code.wire_name, error.detail, error.code.retry)).decode()


def encode_push(push: Push) -> bytes:
    """The push as the payload of one message."""
    return _encode(push)


def message_push(message: Message) -> MessagePush:
    """The push that tells a room of a new message."""
    return MessagePush(
        message.room,
        message.epoch,
        message.sequence,
        message.id,
        message.sender,
        message.name,
        message.sent_at_ms,
        message.text,
    )


def message_body(message: Message) -> MessageBody:
    """The message as an entry of a page."""
    return MessageBody(message.sequence, message.id, message.sender, message.name, message.sent_at_ms, message.text)
