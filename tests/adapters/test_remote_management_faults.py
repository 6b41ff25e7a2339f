"""What the management API's faults come to: every one of them happens on a real socket."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from talkroom.aws.signed_http import IDLE_S
from talkroom.contract.errors import Forbidden, Gone, LimitExceeded, PayloadTooLarge
from talkroom.contract.ids import encode_id
from talkroom.contract.management import Deliveries
from talkroom.delivery.errors import ManagementUnreachable
from talkroom.delivery.remote_management import RemoteManagement
from tests.adapters.scripted_http import (
    OK,
    PATIENCE_S,
    Deed,
    ScriptedServer,
    after,
    hang,
    raw,
    reset,
    scripted,
    signed,
    status,
    together,
)

ONE, TWO, THREE = (encode_id(0, bytes([number]) * 7) for number in range(3))
PAYLOAD = b"a word that no log may hold"
HEAD_OF_200 = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


@asynccontextmanager
async def faulty(**options: Any) -> AsyncIterator[tuple[ScriptedServer, RemoteManagement]]:
    """A server that does what it is told, and the adapter, which waits for nothing before it tries again."""
    async with scripted() as server, signed() as http:
        yield server, RemoteManagement(http, f"{server.origin}/prod", **{"jitter": lambda: 0.0, **options})


def split(deliveries: Deliveries) -> tuple[int, list[str], list[str], list[str]]:
    """Its four parts."""
    return deliveries.delivered, list(deliveries.gone), list(deliveries.limited), list(deliveries.failed)


# repeated


@pytest.mark.parametrize(
    "fault", [status(429, "LimitExceededException"), status(500), status(502), status(503), status(504), status(408)]
)
async def test_a_throttled_or_failed_post_is_repeated(fault: Deed) -> None:
    """Until it is accepted."""
    async with faulty() as (server, management):
        server.tell(TWO, fault, fault)
        deliveries = await management.post_many([ONE, TWO, THREE], PAYLOAD)

    assert (3, [], [], []) == split(deliveries)
    assert 3 == server.names().count(TWO)
    assert (5, 2) == (management.counters.attempts, management.counters.retried)


async def test_a_throttle_that_does_not_end_is_a_failure() -> None:
    """And no slow consumer: API Gateway says 429 of both, and a slow consumer would be disconnected."""
    async with faulty(attempts_max=4) as (server, management):
        server.tell(TWO, *[status(429)] * 10)
        deliveries = await management.post_many([ONE, TWO], PAYLOAD)

    assert (1, [], [], [TWO]) == split(deliveries)
    assert (4, 4) == (server.names().count(TWO), management.counters.throttled)


async def test_one_post_that_stays_throttled_exceeds_the_limit() -> None:
    """As the port says."""
    async with faulty(attempts_max=2) as (server, management):
        server.otherwise = status(429)
        with pytest.raises(LimitExceeded):
            await management.post_to_connection(ONE, PAYLOAD)


async def test_a_kept_connection_that_died_while_it_was_idle_is_replaced() -> None:
    """As after a freeze: the server has closed it before it read the request, so the post is made again, and made once."""
    now_s = 0.0
    async with scripted() as server, signed(clock_s=lambda: now_s) as http:
        management = RemoteManagement(http, f"{server.origin}/prod", jitter=lambda: 0.0)
        await management.post_many([ONE], PAYLOAD)
        now_s = IDLE_S
        server.tell(TWO, reset)
        deliveries = await management.post_many([TWO], PAYLOAD)

    assert (1, [], [], []) == split(deliveries)
    assert ([ONE, TWO, TWO], 2) == (server.names(), server.connections)
    assert 1 == management.counters.not_sent


async def test_a_kept_connection_that_dies_in_use_is_not_tried_again() -> None:
    """It was good a moment ago, so the post may have been read before it died."""
    async with faulty() as (server, management):
        await management.post_many([ONE], PAYLOAD)
        server.tell(TWO, reset)
        deliveries = await management.post_many([TWO], PAYLOAD)

    assert (0, [], [], [TWO]) == split(deliveries)
    assert [ONE, TWO] == server.names()


async def test_nobody_listening_is_tried_again_and_then_failed() -> None:
    """Nothing was sent, so trying is safe."""
    async with scripted() as server:
        origin = server.origin
    async with signed() as http:
        management = RemoteManagement(http, f"{origin}/prod", jitter=lambda: 0.0, attempts_max=3)
        deliveries = await management.post_many([ONE], PAYLOAD)

    assert (0, [], [], [ONE]) == split(deliveries)
    assert 3 == management.counters.not_sent


# not repeated


@pytest.mark.parametrize(
    "fault", [hang, reset, raw(b""), raw(b"HTTP/1.1 2"), raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n")]
)
async def test_a_post_without_an_answer_is_failed_and_not_repeated(fault: Deed) -> None:
    """It may have been made: posts are at most once."""
    async with faulty(attempt_timeout_s=0.5) as (server, management):
        server.tell(TWO, fault)
        deliveries = await management.post_many([TWO], PAYLOAD)

    assert (0, [], [], [TWO]) == split(deliveries)
    assert [TWO] == server.names()
    assert 1 == management.counters.unknown


async def test_an_answer_that_breaks_off_after_its_status_is_an_answer() -> None:
    """200 says that it was posted."""
    async with faulty() as (server, management):
        server.tell(ONE, raw(HEAD_OF_200))
        deliveries = await management.post_many([ONE], PAYLOAD)

    assert (1, [], [], []) == split(deliveries)


async def test_gone_is_told_at_once() -> None:
    """One request."""
    async with faulty() as (server, management):
        server.tell(TWO, status(410, "GoneException"), status(410))
        deliveries = await management.post_many([ONE, TWO], PAYLOAD)
        with pytest.raises(Gone):
            await management.post_to_connection(TWO, PAYLOAD)

    assert (1, [TWO], [], []) == split(deliveries)
    assert (3, 2) == (len(server.received), management.counters.gone)


async def test_a_payload_that_the_server_finds_too_large_is_refused() -> None:
    """Its limit may be lower than API Gateway's."""
    async with faulty() as (server, management):
        server.otherwise = status(413, "PayloadTooLargeException")
        with pytest.raises(PayloadTooLarge):
            await management.post_many([ONE, TWO], PAYLOAD)


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (status(403, "ForbiddenException"), "execute-api:ManageConnections"),
        (status(404, "NotFoundException"), "check that the management endpoint"),
        (status(400, "IncompleteSignatureException"), "check that the management endpoint"),
        (status(302), "check that the management endpoint"),
    ],
)
async def test_a_wrong_configuration_is_told_once(fault: Deed, advice: str, caplog: pytest.LogCaptureFixture) -> None:
    """With what to do, and without what was to be posted."""
    caplog.set_level(logging.DEBUG)
    async with faulty() as (server, management):
        server.otherwise = fault
        deliveries = await management.post_many([ONE, TWO], PAYLOAD)
        await management.post_many([THREE], PAYLOAD)

    assert (0, [], []) == split(deliveries)[:3]
    assert {ONE, TWO} == set(deliveries.failed)
    assert 3 == len(server.received)
    assert 1 == caplog.text.count(advice)
    for hidden in (PAYLOAD.decode(), "a key of the tests", "a token of the tests"):
        assert hidden not in caplog.text


async def test_forbidden_is_raised_to_who_calls_for_one() -> None:
    """With what to do."""
    async with faulty() as (server, management):
        server.otherwise = status(403, "ForbiddenException")
        with pytest.raises(Forbidden, match="ManageConnections"):
            await management.delete_connection(ONE)


# looking and closing


@pytest.mark.parametrize("fault", [reset, hang, raw(b"garbage\r\n\r\n"), status(503), status(429)])
async def test_closing_is_repeated_whatever_became_of_it(fault: Deed) -> None:
    """Twice closed is closed."""
    async with faulty(attempt_timeout_s=0.5) as (server, management):
        server.tell(ONE, fault, status(204))
        await management.delete_connection(ONE)

    assert {"DELETE"} == {one.method for one in server.received}


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"connectedAt": 1}'])
async def test_an_unreadable_answer_is_no_connection(body: bytes) -> None:
    """And no exception that nobody expects."""
    async with faulty() as (server, management):
        server.tell(ONE, status(200, body=body))
        with pytest.raises(ManagementUnreachable):
            await management.get_connection(ONE)


# many


async def test_one_receiver_never_delays_another() -> None:
    """One hangs until all others have their message, and one is tried again and again."""
    gate = asyncio.Event()
    others = [encode_id(1, number.to_bytes(7, "big")) for number in range(100)]
    async with faulty(concurrency=4, attempt_timeout_s=PATIENCE_S, deadline_s=PATIENCE_S) as (server, management):
        server.tell(ONE, after(gate, OK))
        server.tell(TWO, *[status(500)] * 5)
        posting = asyncio.create_task(management.post_many([ONE, TWO, *others], PAYLOAD))
        await server.arrived(1 + 6 + len(others))
        gate.set()
        deliveries = await posting

    assert (102, [], [], []) == split(deliveries)


async def test_ten_thousand_are_posted_to_with_few_connections_and_tasks() -> None:
    """What is held grows with the concurrency and not with the room."""
    ids = [encode_id(2, number.to_bytes(7, "big")) for number in range(10_000)]
    async with faulty(deadline_s=300.0) as (server, management):
        server.otherwise = together(16)
        deliveries = await management.post_many(ids, PAYLOAD)

    assert (10_000, [], [], []) == split(deliveries)
    assert sorted(ids) == sorted(server.names())
    assert server.connections <= 64
    assert server.most_under_way <= 64
    # For each of the 64 a task, the server's, and one while it connects; and the test's.
    assert server.most_tasks <= 3 * 64 + 8


async def test_two_callers_share_the_concurrency() -> None:
    """It is the process's, because the API's limits are."""
    ids = [encode_id(3, number.to_bytes(7, "big")) for number in range(200)]
    async with faulty(concurrency=8) as (server, management):
        server.otherwise = together(8)
        await asyncio.gather(*(management.post_many(ids, PAYLOAD) for _ in range(4)))

    assert (8, 800) == (server.most_under_way, len(server.received))


async def test_what_is_not_done_by_the_deadline_has_failed() -> None:
    """What waited for its turn as well as what was under way."""
    ids = [encode_id(4, number.to_bytes(7, "big")) for number in range(50)]
    async with faulty(concurrency=4, deadline_s=0.5, attempt_timeout_s=PATIENCE_S) as (server, management):
        server.otherwise = hang
        server.tell(ids[0], OK)
        async with asyncio.timeout(PATIENCE_S):
            deliveries = await management.post_many(ids, PAYLOAD)

    assert (1, [], []) == split(deliveries)[:3]
    assert sorted(ids[1:]) == sorted(deliveries.failed)


async def test_a_wait_for_the_next_attempt_ends_at_the_deadline() -> None:
    """The deadline is for all attempts together."""
    async with faulty(deadline_s=0.5, jitter=lambda: 1e6) as (server, management):
        server.otherwise = status(500)
        async with asyncio.timeout(PATIENCE_S):
            deliveries = await management.post_many([ONE], PAYLOAD)
            with pytest.raises(ManagementUnreachable):
                await management.post_to_connection(TWO, PAYLOAD)

    assert ([ONE], [ONE, TWO]) == (list(deliveries.failed), server.names())


async def test_awaited_posts_arrive_in_their_order() -> None:
    """Also when the first had to be repeated."""
    async with faulty() as (server, management):
        server.tell(ONE, status(500), status(429), OK)
        for number in range(20):
            await management.post_many([ONE], b"%d" % number)

    assert [b"0", b"0", *(b"%d" % number for number in range(20))] == [one.body for one in server.received]
