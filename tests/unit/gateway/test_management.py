"""The management API in process, without sockets; over sockets it is tested in tests/gateway/test_management.py."""

import asyncio

import pytest

from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries
from talkroom.gateway.management import InProcessManagement
from tests.unit.gateway.live import StandingClock, a_gateway, opened, pending, turn

UNKNOWN = "999999999999999="


async def test_a_post_is_one_frame() -> None:
    """At the end of the turn."""
    gateway, registry = a_gateway()
    connection, transport = opened(gateway)
    await InProcessManagement(registry).post_to_connection(connection.facts.connection_id, b"hello")
    await turn()

    assert [b"\x81\x05hello"] == transport.writes
    assert 1 == registry.counters.posts


async def test_a_post_to_many_tells_what_became_of_each() -> None:
    """Delivered, gone, or limited; in the order given."""
    gateway, registry = a_gateway(outbox_bytes_max=10)
    (first, transport), (slow, _), (pending_one, _) = opened(gateway, 1), opened(gateway, 2), pending(gateway, 3)
    slow.pause_writing()
    slow.outbox.push(b"x" * 10)
    ids = [one.facts.connection_id for one in (first, slow, pending_one)]

    deliveries = await InProcessManagement(registry).post_many([UNKNOWN, *ids, "malformed"], b"hi")
    await turn()

    assert Deliveries(1, [UNKNOWN, ids[2], "malformed"], [ids[1]]) == deliveries
    assert [b"\x81\x02hi"] == transport.writes


async def test_a_post_to_nobody_is_no_error() -> None:
    """An empty room."""
    _, registry = a_gateway()

    assert Deliveries(0, [], []) == await InProcessManagement(registry).post_many([], b"x")


async def test_one_frame_object_serves_all_receivers() -> None:
    """It is built once, whatever their number."""
    gateway, registry = a_gateway()
    connections = [opened(gateway, number)[0] for number in range(3)]
    await InProcessManagement(registry).post_many([one.facts.connection_id for one in connections], b"x" * 1000)

    frames = [one.outbox.take() for one in connections]
    assert frames[0] is frames[1] is frames[2]


async def test_a_full_outbox_is_limit_exceeded_and_takes_nothing() -> None:
    """And what waits already is kept."""
    gateway, registry = a_gateway(outbox_bytes_max=10)
    connection, transport = opened(gateway)
    connection.pause_writing()
    management = InProcessManagement(registry)
    await management.post_to_connection(connection.facts.connection_id, b"12345678")

    with pytest.raises(LimitExceeded):
        await management.post_to_connection(connection.facts.connection_id, b"x")
    connection.resume_writing()
    assert [b"\x81\x0812345678"] == transport.writes


async def test_the_limit_of_a_payload_is_configured() -> None:
    """The error says both sizes."""
    _, registry = a_gateway(message_bytes_max=1000)

    with pytest.raises(PayloadTooLarge, match=r"^the payload has 1001 bytes; at most 1000 are allowed$"):
        await InProcessManagement(registry).post_many([], b"x" * 1001)


async def test_get_tells_what_is_known() -> None:
    """Times in UTC with milliseconds."""
    clock = StandingClock()
    gateway, registry = a_gateway(clock=clock)
    connection, _ = opened(gateway)
    clock.now_s += 61.5
    await InProcessManagement(registry).post_to_connection(connection.facts.connection_id, b"x")
    await asyncio.sleep(0)  # the turn ends, and the post is written
    clock.now_s += 10

    expected = ConnectionInfo(
        "2025-11-25T12:00:00.000Z", ConnectionIdentity("192.0.2.1", None), "2025-11-25T12:01:01.500Z"
    )
    assert expected == await InProcessManagement(registry).get_connection(connection.facts.connection_id)


@pytest.mark.parametrize(("connection_id", "error"), [(UNKNOWN, Gone), ("nonsense", InvalidConnectionId)])
async def test_an_id_that_is_not_open(connection_id: str, error: type[Exception]) -> None:
    """Gone for what could be an id, 400 for what could not."""
    _, registry = a_gateway()
    management = InProcessManagement(registry)

    for call in (
        management.post_to_connection(connection_id, b"x"),
        management.get_connection(connection_id),
        management.delete_connection(connection_id),
    ):
        with pytest.raises(error):
            await call


async def test_a_connection_whose_handshake_is_pending_is_gone() -> None:
    """Until its 101."""
    gateway, registry = a_gateway()
    connection, _ = pending(gateway)

    with pytest.raises(Gone):
        await InProcessManagement(registry).get_connection(connection.facts.connection_id)


async def test_delete_sends_a_close_frame_and_forgets_the_connection() -> None:
    """What was posted before is written before it."""
    gateway, registry = a_gateway()
    connection, transport = opened(gateway)
    management = InProcessManagement(registry)
    await management.post_to_connection(connection.facts.connection_id, b"advice")
    await management.delete_connection(connection.facts.connection_id)

    assert [b"\x81\x06advice\x88\x1c\x03\xe8Connection Closed Normally"] == transport.writes
    assert {} == registry.open
