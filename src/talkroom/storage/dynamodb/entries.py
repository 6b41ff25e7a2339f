"""The rows of the messages table as values. Pure: what DynamoDB says comes in, what to write goes out.

Numbers of attributes are strings on the wire and bytes are Base64, as DynamoDB's low-level API has them.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from talkroom.chat.model.message import Draft, Message
from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.schema import (
    EXPIRES_AT,
    GENERATION_SPAN,
    GENESIS_ROOM,
    HEADER,
    MESSAGE_KEY,
    POSITION,
    ROOM_ID,
)

Item = Mapping[str, Mapping[str, Any]]
"""A row as DynamoDB writes it: `{"roomId": {"S": "lobby"}, "position": {"N": "1"}}`."""

GENERATION: Final = "generation"
_CLOSED: Final = "closed"
_SEED: Final = "seed"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the log of a room, with what its neighbours need to know."""

    generation: int
    message: Message
    stored_at_ms: int
    oldest: int
    """A sequence below which nothing of this log was kept when this was written; never decreases."""
    expiring: int
    """The newest sequence of this log that has an end; 0 when none has."""
    expires_at_s: int | None
    """When TTL may remove the row."""
    writer: str

    @property
    def sequence(self) -> int:
        """Of the message."""
        return self.message.sequence

    def is_of(self, draft: Draft) -> bool:
        """Whether it is what the draft became, by sender and id."""
        return (self.message.sender, self.message.id) == (draft.sender, draft.id)


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """Takes the place of the next entry, so that nobody can add to a generation that is over."""

    room: RoomId
    generation: int
    sequence: int
    expires_at_s: int


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """Which generation of a room's log began last. Outlives every entry."""

    room: RoomId
    generation: int
    empty_until_ms: int
    """Until then, finding nothing of that generation means that nothing was stored yet."""


Row = Entry | Closing | Header


def position_of(generation: int, sequence: int) -> int:
    """The sort key of an entry."""
    return generation * GENERATION_SPAN + sequence


def message_key(sender: str, id: str) -> bytes:  # noqa: A002 - the field's name
    """The name under which a message is stored once in its room. The length keeps ("ab", "c") apart from ("a", "bc")."""
    encoded = sender.encode()
    return hashlib.sha256(b"%d:%b%b" % (len(encoded), encoded, id.encode())).digest()


def key(room: str, position: int) -> dict[str, dict[str, str]]:
    """The primary key of a row."""
    return {ROOM_ID: string(room), POSITION: number(position)}


def string(value: str) -> dict[str, str]:
    """As an attribute."""
    return {"S": value}


def number(value: int) -> dict[str, str]:
    """As an attribute."""
    return {"N": str(value)}


def binary(value: bytes) -> dict[str, str]:
    """As an attribute."""
    return {"B": base64.b64encode(value).decode("ascii")}


def encode(row: Row) -> dict[str, Any]:
    """The row as an item."""
    match row:
        case Entry():
            return _encode_entry(row)
        case Closing():
            position = position_of(row.generation, row.sequence)
            return key(row.room, position) | {_CLOSED: {"BOOL": True}, EXPIRES_AT: number(row.expires_at_s)}
        case Header():
            content = {GENERATION: number(row.generation), "emptyUntil": number(row.empty_until_ms)}
            return key(row.room, HEADER) | content


def decode(item: Item) -> Row:
    """The item as a row. Raises KeyError, ValueError for an item that none of ours wrote."""
    generation, sequence = divmod(int(item[POSITION]["N"]), GENERATION_SPAN)
    if GENERATION in item:
        return Header(
            room=RoomId(item[ROOM_ID]["S"]),
            generation=int(item[GENERATION]["N"]),
            empty_until_ms=int(item["emptyUntil"]["N"]),
        )
    if _CLOSED in item:
        return Closing(
            room=RoomId(item[ROOM_ID]["S"]),
            generation=generation,
            sequence=sequence,
            expires_at_s=int(item[EXPIRES_AT]["N"]),
        )
    return _decode_entry(item, generation, sequence)


def encode_seed(seed: str) -> dict[str, Any]:
    """The genesis row."""
    return key(GENESIS_ROOM, HEADER) | {_SEED: string(seed)}


def decode_seed(item: Item) -> str:
    """The seed in a genesis row."""
    seed: str = item[_SEED]["S"]
    return seed


def _encode_entry(entry: Entry) -> dict[str, Any]:
    message = entry.message
    item = key(message.room, position_of(entry.generation, message.sequence)) | {
        MESSAGE_KEY: binary(message_key(message.sender, message.id)),
        "epoch": string(message.epoch),
        "id": string(message.id),
        "sender": string(message.sender),
        "name": string(message.name),
        "text": string(message.text),
        "sentAt": number(message.sent_at_ms),
        "storedAt": number(entry.stored_at_ms),
        "oldest": number(entry.oldest),
        "expiring": number(entry.expiring),
        "writer": string(entry.writer),
    }
    if entry.expires_at_s is not None:
        item[EXPIRES_AT] = number(entry.expires_at_s)
    return item


def _decode_entry(item: Item, generation: int, sequence: int) -> Entry:
    return Entry(
        generation=generation,
        message=Message(
            room=RoomId(item[ROOM_ID]["S"]),
            epoch=item["epoch"]["S"],
            sequence=sequence,
            id=item["id"]["S"],
            sender=item["sender"]["S"],
            name=item["name"]["S"],
            sent_at_ms=int(item["sentAt"]["N"]),
            text=item["text"]["S"],
        ),
        stored_at_ms=int(item["storedAt"]["N"]),
        oldest=int(item["oldest"]["N"]),
        expiring=int(item["expiring"]["N"]),
        expires_at_s=int(item[EXPIRES_AT]["N"]) if EXPIRES_AT in item else None,
        writer=item["writer"]["S"],
    )
