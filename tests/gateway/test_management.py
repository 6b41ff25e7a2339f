"""The management API in process, seen by a client on a socket: section 9 E of the contract page."""

import asyncio
import re

import pytest

from talkroom.conformance.wire import PING, PONG, TEXT, Closed, Frame, Wire, close, frame
from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.contract.integration import IntegrationResult
from talkroom.gateway.api import GatewayLimits, Route
from tests.gateway.kit import GatewayUnderTest, Probe, Serve, fill, opened

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UNKNOWN = "AAAAAAAAAAAAAAA="


async def one(serve: Serve, **options: object) -> tuple[GatewayUnderTest, Wire, str]:
    """A gateway, an open connection and its id."""
    connected = Probe()
    gateway = await serve({"$connect": connected, "$default": Probe()}, **options)
    wire, connection_id = await opened(gateway, connected)
    return gateway, wire, connection_id


async def test_a_post_arrives_as_a_text_frame(serve: Serve) -> None:
    """E.88, E.89."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        await gateway.management.post_to_connection(connection_id, "こんにちは".encode())

        assert Frame(TEXT, "こんにちは".encode()) == await wire.frame()


# Measured on AWS: section 1.3 of the contract page. `X` stands for U+FFFD.
REPLACED = [
    ("ff", "X"),
    ("fffe0001", "XX\x00\x01"),
    ("c0af", "XX"),
    ("e080af", "XXX"),
    ("f4908080", "XXXX"),
    ("e28241", "XA"),
    ("f09f98", "X"),
    ("eda080", "X"),
    ("eda0bdedb880", "XX"),
    ("eda041", "XA"),
    ("61ff62", "aXb"),
]


@pytest.mark.parametrize(("payload", "expected"), REPLACED)
async def test_bytes_that_are_not_utf8_are_replaced(serve: Serve, payload: str, expected: str) -> None:
    """E.90."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        await gateway.management.post_to_connection(connection_id, bytes.fromhex(payload))

        assert expected.replace("X", "\ufffd") == await wire.text()


async def test_an_empty_post_is_an_empty_message(serve: Serve) -> None:
    """AWS's behaviour is unknown; this one loses nothing."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        await gateway.management.post_to_connection(connection_id, b"")

        assert Frame(TEXT, b"") == await wire.frame()


async def test_a_closed_connection_is_gone_at_once(serve: Serve) -> None:
    """E.91, E.102: as soon as the close frame is sent, whatever the client does about it."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        await gateway.management.delete_connection(connection_id)

        with pytest.raises(Gone):
            await gateway.management.post_to_connection(connection_id, b"x")
        with pytest.raises(Gone):
            await gateway.management.get_connection(connection_id)
        with pytest.raises(Gone):
            await gateway.management.delete_connection(connection_id)


async def test_an_unknown_id_is_gone(serve: Serve) -> None:
    """E.92."""
    gateway = await serve({})

    with pytest.raises(Gone):
        await gateway.management.post_to_connection(UNKNOWN, b"x")
    with pytest.raises(Gone):
        await gateway.management.get_connection(UNKNOWN)
    with pytest.raises(Gone):
        await gateway.management.delete_connection(UNKNOWN)


@pytest.mark.parametrize(
    "connection_id", ["", "cjy8i76bx002884le6n17d49b", "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAA==", "あ"]
)
async def test_a_malformed_id_is_named(serve: Serve, connection_id: str) -> None:
    """E.93: in AWS's words."""
    gateway = await serve({})

    for call in (
        gateway.management.post_to_connection(connection_id, b"x"),
        gateway.management.get_connection(connection_id),
        gateway.management.delete_connection(connection_id),
    ):
        with pytest.raises(InvalidConnectionId) as refused:
            await call
        assert f"Invalid connectionId: {connection_id}" == str(refused.value)


async def test_a_payload_of_131073_bytes_is_too_large(serve: Serve) -> None:
    """E.95: for many receivers too, and nobody gets a part of it."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        with pytest.raises(PayloadTooLarge):
            await gateway.management.post_to_connection(connection_id, b"x" * 131_073)
        with pytest.raises(PayloadTooLarge):
            await gateway.management.post_many([connection_id, UNKNOWN], b"x" * 131_073)
        await gateway.management.post_to_connection(connection_id, b"next")

        assert "next" == await wire.text()


@pytest.mark.parametrize("size", [100_000, 131_072])
async def test_a_large_payload_is_one_message(serve: Serve, size: int) -> None:
    """E.96."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        await gateway.management.post_to_connection(connection_id, b"x" * size)

        assert "x" * size == await wire.text()


async def test_get_tells_times_and_identity(serve: Serve) -> None:
    """E.97: ISO-8601 in UTC with milliseconds."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        info = await gateway.management.get_connection(connection_id)

    assert ISO.fullmatch(info.connected_at)
    assert ISO.fullmatch(info.last_active_at)
    assert info.connected_at <= info.last_active_at
    assert ("127.0.0.1", None) == (info.identity.source_ip, info.identity.user_agent)


async def test_get_tells_the_user_agent(serve: Serve) -> None:
    """E.99: null without one, as above."""
    connected = Probe()
    gateway = await serve({"$connect": connected})
    wire, connection_id = await opened(gateway, connected, headers=[("User-Agent", "tests/1")])
    async with wire:
        info = await gateway.management.get_connection(connection_id)

    assert "tests/1" == info.identity.user_agent


async def test_traffic_advances_last_active(serve: Serve) -> None:
    """E.98: posts and messages do, looking does not; the time of connecting stays."""
    gateway, wire, connection_id = await one(serve)

    async def look() -> str:
        await gateway.skip(60)
        return (await gateway.management.get_connection(connection_id)).last_active_at

    async with wire:
        first = await gateway.management.get_connection(connection_id)
        unchanged = await look()
        await gateway.management.post_to_connection(connection_id, b"x")
        posted = await look()
        await wire.text()
        wire.send(frame(PING, b""))
        await wire.frame()
        pinged = await look()
        last = await gateway.management.get_connection(connection_id)

    assert first.last_active_at[:-5] == unchanged[:-5]
    assert unchanged < posted < pinged
    assert first.connected_at == last.connected_at


async def test_delete_closes_with_1000(serve: Serve) -> None:
    """E.100."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        await gateway.management.delete_connection(connection_id)

        assert Closed(1000, "Connection Closed Normally") == await wire.closed()
        wire.send(close(1000))
        await wire.ended()


async def test_what_was_posted_before_a_delete_arrives_before_the_close(serve: Serve) -> None:
    """An application can tell a client why it is closed."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        await gateway.management.post_to_connection(connection_id, b"advice")
        await gateway.management.delete_connection(connection_id)

        assert "advice" == await wire.text()
        assert Closed(1000, "Connection Closed Normally") == await wire.closed()


async def test_a_client_that_does_not_read_is_limited_and_others_are_not(serve: Serve) -> None:
    """E.105."""
    connected = Probe()
    gateway = await serve({"$connect": connected})
    slow, slow_id = await opened(gateway, connected)
    quick, quick_id = await opened(gateway, connected)
    async with slow, quick:
        slow.writer.transport.pause_reading()
        taken = await fill(gateway, slow_id, b"x" * 10_000)

        with pytest.raises(LimitExceeded):
            await gateway.management.post_to_connection(slow_id, b"x" * 10_000)
        deliveries = await gateway.management.post_many([slow_id, quick_id, UNKNOWN], b"y" * 10_000)
        assert (1, [UNKNOWN], [slow_id]) == (deliveries.delivered, deliveries.gone, deliveries.limited)
        assert "y" * 10_000 == await quick.text()
        assert taken > 0


async def test_what_waits_for_a_client_is_bounded(serve: Serve) -> None:
    """The outbox's own limit, beyond what the system buffers."""
    gateway, wire, connection_id = await one(serve, limits=GatewayLimits(outbox_bytes_max=50_000))
    async with wire:
        wire.writer.transport.pause_reading()
        await fill(gateway, connection_id, b"x" * 10_000)

        assert 0 < gateway.registry.open[connection_id].outbox.queued_bytes <= 50_000


async def test_a_slow_client_that_reads_again_gets_all_that_was_taken(serve: Serve) -> None:
    """In order; nothing that was accepted is dropped, and new posts are accepted again."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        wire.writer.transport.pause_reading()
        taken = await fill(gateway, connection_id, b"x" * 10_000)
        wire.writer.transport.resume_reading()

        assert [f"{number:06d}" for number in range(taken)] == [(await wire.text())[:6] for _ in range(taken)]
        await gateway.management.post_to_connection(connection_id, b"again")
        assert "again" == await wire.text()


async def test_a_response_that_cannot_be_queued_ends_the_connection(serve: Serve) -> None:
    """A reply is owed: a client that lost one without knowing would wait for ever."""

    async def large(_event: object) -> IntegrationResult:
        return IntegrationResult(200, body="x" * 30_000)

    connected, disconnected, default = Probe(), Probe(), Probe(large)
    gateway = await serve(
        {"$connect": connected, "$disconnect": disconnected, "$default": Route(default, route_response=True)},
        limits=GatewayLimits(outbox_bytes_max=100_000),
    )
    wire, _ = await opened(gateway, connected)
    async with wire:
        wire.writer.transport.pause_reading()
        ended = asyncio.create_task(disconnected.arrival())
        while not ended.done():
            wire.send_text("more")
            await asyncio.wait([ended, asyncio.ensure_future(default.arrival())], return_when="FIRST_COMPLETED")
        context = ended.result().request_context

    assert (1008, "Slow consumer") == (context.disconnect_status_code, context.disconnect_reason)
    assert 1 == gateway.registry.counters.slow_consumers


async def test_pings_of_a_client_that_does_not_read_take_no_memory(serve: Serve) -> None:
    """A pong that finds the outbox full is left out (RFC 6455 section 5.5.3)."""
    gateway, wire, connection_id = await one(serve, limits=GatewayLimits(outbox_bytes_max=50_000))
    async with wire:
        wire.writer.transport.pause_reading()
        await fill(gateway, connection_id, b"x" * 10_000)
        wire.send(frame(PING, b"p" * 125) * 1000)
        await wire.writer.drain()
        async with await Wire.upgrade(gateway.port) as other:
            other.send(frame(PING, b"?"))
            await other.frame()

        assert gateway.registry.open[connection_id].outbox.queued_bytes <= 50_000


async def test_awaited_posts_arrive_in_order(serve: Serve) -> None:
    """E.109."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        for number in range(1000):
            await gateway.management.post_to_connection(connection_id, str(number).encode())

        assert [str(number) for number in range(1000)] == [await wire.text() for _ in range(1000)]


async def test_posts_of_one_turn_leave_in_one_write(serve: Serve) -> None:
    """What makes fan-out cheap: a system call per connection and turn, not per message."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        for number in range(100):
            await gateway.management.post_many([connection_id], b"%02d" % number)
        waiting = gateway.registry.open[connection_id].outbox.queued_bytes

        assert 100 * len(b"\x81\x0200") == waiting
        assert b"".join(b"\x81\x02%02d" % number for number in range(100)) == await wire.reader.read(65536)


async def test_a_post_and_a_pong_of_one_turn_keep_their_order(serve: Serve) -> None:
    """The outbox is one queue."""
    gateway, wire, connection_id = await one(serve)
    async with wire:
        await gateway.management.post_to_connection(connection_id, b"first")
        wire.send(frame(PING, b"second"))

        assert [Frame(TEXT, b"first"), Frame(PONG, b"second")] == [await wire.frame(), await wire.frame()]
