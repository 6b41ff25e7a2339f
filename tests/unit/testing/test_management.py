"""The recording management API answers as API Gateway does."""

import pytest

from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.contract.ids import encode_id
from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries, ManagementApi
from talkroom.testing import FakeClock, RecordingManagement

A = encode_id(0, b"aaaaaaa")
B = encode_id(0, b"bbbbbbb")
C = encode_id(0, b"ccccccc")
D = encode_id(0, b"ddddddd")
UNKNOWN = encode_id(0, b"unknown")


@pytest.fixture
def management() -> RecordingManagement:
    """With one open connection, A."""
    management = RecordingManagement(FakeClock())
    management.open(A)
    return management


def test_it_is_a_management_api(management: RecordingManagement):
    """The type checker compares it with the port here."""
    api: ManagementApi = management

    assert api is management


async def test_what_is_posted_is_remembered_in_order(management: RecordingManagement):
    """As text, for each connection."""
    await management.post_to_connection(A, b"one")
    await management.post_many([A], "二".encode())

    assert ["one", "二"] == management.sent_to(A)


async def test_bytes_that_are_not_utf_8_are_replaced(management: RecordingManagement):
    """A post is always a text frame."""
    await management.post_to_connection(A, b"a\xffb")

    assert ["a\ufffdb"] == management.sent_to(A)


class TestMissing:
    """Connections that are not open."""

    @pytest.mark.parametrize("verb", ["post_to_connection", "get_connection", "delete_connection"])
    async def test_an_unknown_id_is_gone(self, management: RecordingManagement, verb: str):
        """410, when it could be an id."""
        with pytest.raises(Gone):
            await self.call(management, verb, UNKNOWN)

    @pytest.mark.parametrize("verb", ["post_to_connection", "get_connection", "delete_connection"])
    async def test_a_closed_connection_is_gone(self, management: RecordingManagement, verb: str):
        """410, for ever."""
        management.close(A)

        with pytest.raises(Gone):
            await self.call(management, verb, A)

    @pytest.mark.parametrize("verb", ["post_to_connection", "get_connection", "delete_connection"])
    async def test_garbage_is_no_id(self, management: RecordingManagement, verb: str):
        """400."""
        with pytest.raises(InvalidConnectionId, match="Invalid connectionId: garbage"):
            await self.call(management, verb, "garbage")

    async def call(self, management: RecordingManagement, verb: str, connection_id: str) -> None:
        """One of the verbs that take an id."""
        match verb:
            case "post_to_connection":
                await management.post_to_connection(connection_id, b"hi")
            case "get_connection":
                await management.get_connection(connection_id)
            case _:
                await management.delete_connection(connection_id)

    async def test_what_a_closed_connection_was_sent_stays_readable(self, management: RecordingManagement):
        """A test looks at it afterwards."""
        await management.post_to_connection(A, b"hi")
        management.close(A)

        assert ["hi"] == management.sent_to(A)


class TestSize:
    """A message has 128 KiB at most."""

    async def test_a_payload_of_the_limit_is_sent(self, management: RecordingManagement):
        """131,072 bytes."""
        await management.post_to_connection(A, b"x" * 131_072)

        assert [131_072] == [len(text) for text in management.sent_to(A)]

    async def test_a_larger_payload_is_refused(self, management: RecordingManagement):
        """413, and nobody gets anything."""
        with pytest.raises(PayloadTooLarge):
            await management.post_to_connection(A, b"x" * 131_073)

        assert [] == management.sent_to(A)

    async def test_a_larger_payload_to_many_is_refused(self, management: RecordingManagement):
        """The one thing that `post_many` raises."""
        with pytest.raises(PayloadTooLarge):
            await management.post_many([A], b"x" * 131_073)


class TestSlow:
    """A client that does not read."""

    async def test_a_post_exceeds_the_limit(self, management: RecordingManagement):
        """429, and nothing is queued."""
        management.make_slow(A)

        with pytest.raises(LimitExceeded):
            await management.post_to_connection(A, b"hi")

        assert [] == management.sent_to(A)

    async def test_it_is_still_open(self, management: RecordingManagement):
        """It can be looked at and deleted."""
        management.make_slow(A)
        await management.delete_connection(A)

        assert [A] == management.deleted


async def test_many_are_posted_to_and_each_outcome_is_told(management: RecordingManagement):
    """No receiver's state affects another's."""
    for connection_id in (B, C, D):
        management.open(connection_id)
    management.make_slow(B)
    management.make_unreachable(C)

    deliveries = await management.post_many([B, "garbage", C, UNKNOWN, A, D], b"hi")

    assert (Deliveries(2, ["garbage", UNKNOWN], [B], [C]), ["hi"], ["hi"]) == (
        deliveries,
        management.sent_to(A),
        management.sent_to(D),
    )


async def test_every_call_to_many_is_remembered(management: RecordingManagement):
    """So that a test can count them."""
    await management.post_many([A, UNKNOWN], b"one")
    await management.post_many([A], b"two")

    assert [(A, UNKNOWN), (A,)] == management.batches


async def test_a_connection_can_be_looked_at():
    """As `GET @connections` does; a post makes it active."""
    clock = FakeClock(1_643_136_604_673)
    management = RecordingManagement(clock)
    management.open(A)
    clock.advance(2969)
    await management.post_to_connection(A, b"hi")

    assert ConnectionInfo(
        "2022-01-25T18:50:04.673Z", ConnectionIdentity("192.0.2.1", None), "2022-01-25T18:50:07.642Z"
    ) == await management.get_connection(A)


async def test_a_deleted_connection_is_closed(management: RecordingManagement):
    """And the deletion is remembered."""
    await management.delete_connection(A)

    assert (False, [A]) == (management.is_open(A), management.deleted)


def test_a_response_to_a_closed_connection_is_lost(management: RecordingManagement):
    """As a route response is."""
    management.close(A)
    management.respond(A, "hi")

    assert [] == management.sent_to(A)


def test_only_ids_that_could_be_real_can_be_opened(management: RecordingManagement):
    """Otherwise a test would pass with what no gateway accepts."""
    with pytest.raises(AssertionError, match="no connection id"):
        management.open("alice")
