"""What each access to the tables takes."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from talkroom.chat.model.message import Message
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Kind, Subscription
from talkroom.cost import storage_units
from talkroom.cost.storage_units import ENTRY_BYTES, KEY_BYTES, SUBSCRIPTION_BYTES
from talkroom.cost.usage import Usage
from talkroom.storage.dynamodb.connection_rows import subscription_row
from talkroom.storage.dynamodb.entries import Entry, encode
from talkroom.storage.dynamodb.schema import MESSAGE_KEY, POSITION, ROOM_ID

NOW_MS = 1_766_666_666_666
MESSAGE = Message(
    room=RoomId("lobby-12345"),
    epoch="0123456789012345678901",
    sequence=12345,
    id="0123456789012345678901",
    sender="auth0|0123456789",
    name="Alice Adams",
    sent_at_ms=NOW_MS,
    text="",
)
ENTRY = encode(
    Entry(
        generation=0,
        message=MESSAGE,
        stored_at_ms=NOW_MS,
        oldest=12_000,
        expiring=12_345,
        expires_at_s=NOW_MS // 1000,
        writer="0123456789abcdef",
    )
)
SUBSCRIPTION = Subscription(
    connection_id="0123456789abcde=",
    room=MESSAGE.room,
    kind=Kind.V1,
    principal_id=MESSAGE.sender,
    name=MESSAGE.name,
    lease_until_ms=NOW_MS,
    since_ms=NOW_MS,
)


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """As DynamoDB counts: names and values; a number has a byte for two digits, and one more."""
    sizes = {
        "S": lambda value: len(value.encode()),
        "N": lambda value: (len(value) + 1) // 2 + 1,
        "B": lambda value: len(base64.b64decode(value)),
    }
    return sum(len(name) + sizes[kind](value) for name, typed in item.items() for kind, value in typed.items())


@pytest.mark.parametrize(
    ("assumed", "item"),
    [
        (ENTRY_BYTES, ENTRY),
        (KEY_BYTES, {name: ENTRY[name] for name in (ROOM_ID, POSITION, MESSAGE_KEY)}),
        (SUBSCRIPTION_BYTES, subscription_row(SUBSCRIPTION, NOW_MS)),
    ],
    ids=["entry", "key", "subscription"],
)
def test_the_sizes_are_those_of_the_rows(assumed: int, item: Mapping[str, Mapping[str, Any]]) -> None:
    """With a name, a principal and an id of usual length, to 6 %."""
    assert pytest.approx(item_bytes(item), rel=0.06) == assumed


def test_an_append_writes_the_entry_and_its_key_and_looks_for_an_earlier_attempt() -> None:
    """Two writes and one read for a short message."""
    assert Usage(dynamodb_writes=2, dynamodb_reads=1) == storage_units.append(200)


@pytest.mark.parametrize(("text_bytes", "writes"), [(1024 - ENTRY_BYTES, 2), (1025 - ENTRY_BYTES, 3), (4000, 6)])
def test_a_long_message_takes_a_write_for_each_kilobyte(text_bytes: int, writes: int) -> None:
    """The key stays small."""
    assert writes == storage_units.append(text_bytes).dynamodb_writes


@pytest.mark.parametrize(
    ("members", "reads"), [(0, 0.5), (2, 0.5), (27, 0.5), (28, 1), (50, 1), (500, 9.5), (5000, 92.5), (10_000, 184.5)]
)
def test_recipients_are_read_at_half_price(members: int, reads: float) -> None:
    """27 fit into four kilobytes; 10,000 need two queries."""
    assert reads == storage_units.recipients(members).dynamodb_reads


def test_the_end_of_a_connection_deletes_its_rooms_and_its_grant() -> None:
    """One look, two writes for each room, one more."""
    assert Usage(dynamodb_reads=1, dynamodb_writes=7) == storage_units.end(3)


def test_a_page_of_history_reads_what_it_shows() -> None:
    """50 messages of 200 bytes are 22 KB with what else is in an entry."""
    assert Usage(dynamodb_reads=6) == storage_units.history(50, 200)


def test_who_subscribes_looks_at_the_index_once() -> None:
    """Two writes, and half a read."""
    assert Usage(dynamodb_writes=2, dynamodb_reads=0.5) == storage_units.subscribe()
