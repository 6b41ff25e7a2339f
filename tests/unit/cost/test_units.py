"""What each use case takes."""

import msgspec
import pytest

from talkroom.chat.model.message import Message
from talkroom.chat.model.room import RoomId
from talkroom.chat.protocol.frames import Accepted, encode_push, encode_reply, message_body, message_push
from talkroom.cost import units
from talkroom.cost.lambda_time import Functions
from talkroom.cost.units import Impossible, Room
from talkroom.cost.usage import GB

FUNCTIONS = Functions()

EMPTY = Message(
    room=RoomId("lobby-12345"),
    epoch="0123456789012345678901",
    sequence=12345,
    id="0123456789012345678901",
    sender="auth0|0123456789",
    name="Alice Adams",
    sent_at_ms=1_766_666_666_666,
    text="",
)
ACCEPTED = Accepted(EMPTY.room, EMPTY.epoch, EMPTY.sequence, EMPTY.id, EMPTY.sent_at_ms, False)
COMMAND = {"action": "sendmessage", "ref": 12345, "data": {"roomId": EMPTY.room, "message": "", "id": EMPTY.id}}


@pytest.mark.parametrize(
    ("assumed", "encoded"),
    [
        (units.COMMAND_BYTES, msgspec.json.encode(COMMAND)),
        (units.REPLY_BYTES, encode_reply(12345, ACCEPTED).encode()),
        (units.PUSH_BYTES, encode_push(message_push(EMPTY))),
        (units.BODY_BYTES, msgspec.json.encode(message_body(EMPTY)) + b","),
    ],
    ids=["command", "reply", "push", "body"],
)
def test_the_sizes_are_those_of_the_protocol(assumed: int, encoded: bytes) -> None:
    """With a name, a principal and an id of usual length, to 5 %."""
    assert pytest.approx(len(encoded), rel=0.05) == assumed


@pytest.mark.parametrize(("protocol", "metered"), [("talkroom.v1", 1 + 10 + 1), ("plain", 1 + 9)])
def test_a_message_is_metered_for_the_sender_and_every_recipient(protocol: units.Protocol, metered: int) -> None:
    """`talkroom.v1` senders get the push and a reply; plain ones get neither."""
    assert metered == units.message(Room(members=10, protocol=protocol), FUNCTIONS).websocket_messages


def test_a_message_above_32_kilobytes_is_metered_twice_everywhere_but_in_its_reply() -> None:
    """The command and each push are larger than the text."""
    assert 2 + 2 * 10 + 1 == units.message(Room(members=10, text_bytes=33_000), FUNCTIONS).websocket_messages


def test_pushes_are_transferred_out() -> None:
    """With their envelope, and the reply."""
    usage = units.message(Room(members=10, text_bytes=100), FUNCTIONS)

    assert 10 * (100 + units.PUSH_BYTES) + units.REPLY_BYTES == pytest.approx(usage.data_out_gb * GB)


@pytest.mark.parametrize(("members", "requests"), [(500, 1), (501, 3), (1000, 3), (1001, 4), (5000, 11)])
def test_a_large_room_takes_one_invocation_for_each_page(members: int, requests: int) -> None:
    """And the one that hands them over."""
    assert requests == units.message(Room(members=members), FUNCTIONS).lambda_requests


def test_a_last_page_that_is_short_takes_less_time() -> None:
    """501 recipients are a page of 500 and one of 1."""
    short, full = (units.message(Room(members=size), FUNCTIONS).lambda_gb_seconds_arm64 for size in (501, 1000))

    assert short < 0.7 * full


def test_the_pages_are_as_configured() -> None:
    """Ten recipients, pages of three."""
    assert 5 == units.message(Room(members=10), Functions(inline_max=1, page_max=3)).lambda_requests


def test_more_recipients_than_an_integration_has_time_for_are_impossible() -> None:
    """What to change is said."""
    functions = Functions(memory_mb=128, inline_max=100_000)

    with pytest.raises(Impossible, match=r"\d+ s for 20,000 recipients, and has 29 s: lower --fan-out-inline"):
        units.message(Room(members=20_000), functions)


def test_a_page_that_lambda_has_no_time_for_is_impossible() -> None:
    """15 minutes are the most."""
    functions = Functions(memory_mb=128, inline_max=1, page_max=1_000_000)

    with pytest.raises(Impossible, match=r"900 s: change --fan-out-page"):
        units.message(Room(members=300_000), functions)


def test_a_handshake_runs_the_authorizer_and_connect() -> None:
    """AWS meters no message for it, as far as it says."""
    usage = units.connect(Room(members=2), FUNCTIONS)

    assert (2, 0) == (usage.lambda_requests, usage.websocket_messages)


def test_a_plain_connection_is_in_its_room_when_it_opens() -> None:
    """The other one writes nothing before it joins."""
    written = [
        units.connect(Room(members=2, protocol=protocol), FUNCTIONS).dynamodb_writes
        for protocol in ("plain", "talkroom.v1")
    ]

    assert [2, 0] == written


def test_a_ping_touches_no_table() -> None:
    """It is two messages and one invocation."""
    usage = units.ping(Room(members=2), FUNCTIONS)

    assert (2, 1, 0, 0) == (
        usage.websocket_messages,
        usage.lambda_requests,
        usage.dynamodb_reads,
        usage.dynamodb_writes,
    )


def test_a_page_of_history_is_metered_by_its_size() -> None:
    """100 messages of 1,000 bytes are four times 32 KB, asked for with one message."""
    assert 1 + 4 == units.history(Room(members=2, text_bytes=1000), FUNCTIONS, 100).websocket_messages
