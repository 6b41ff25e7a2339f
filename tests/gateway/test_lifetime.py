"""How long connections last: section 9 F of the contract page, with clocks put forward."""

import asyncio

import pytest

from talkroom.conformance.wire import PING, PONG, Closed, Frame, Wire, close, frame
from talkroom.contract.integration import IntegrationResult
from talkroom.gateway.api import GatewayLimits, Route
from tests.gateway.kit import Gate, Probe, Serve, opened, repeat


async def alive(wire: Wire, mark: bytes) -> bool:
    """Whether a ping is answered; it counts as traffic itself."""
    wire.send(frame(PING, mark))
    return Frame(PONG, mark) == await wire.frame()


async def test_an_idle_connection_is_closed_after_ten_minutes_and_not_before(serve: Serve) -> None:
    """F.110."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        await gateway.skip(599)
        assert await alive(wire, b"1")
        await gateway.skip(601)

        assert Closed(1001, "Going away") == await wire.closed()


async def test_a_post_resets_the_idle_timer(serve: Serve) -> None:
    """F.112."""
    connected = Probe()
    gateway = await serve({"$connect": connected})
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        await gateway.skip(400)
        await gateway.management.post_to_connection(connection_id, b"hello")
        await gateway.skip(400)

        assert "hello" == await wire.text()
        assert await alive(wire, b"1")


async def test_a_message_resets_the_idle_timer(serve: Serve) -> None:
    """F.113."""
    default = Probe()
    gateway = await serve({"$default": default})
    async with await Wire.upgrade(gateway.port) as wire:
        await gateway.skip(400)
        wire.send_text("hello")
        await default.arrival()
        await gateway.skip(400)

        assert await alive(wire, b"1")


async def test_a_route_response_resets_the_idle_timer(serve: Serve) -> None:
    """F.112: it is a message from server to client like any other."""
    gate = Gate(IntegrationResult(200, body="done"))
    default = Probe(gate)
    gateway = await serve(
        {"$default": Route(default, route_response=True)}, limits=GatewayLimits(integration_timeout_s=500)
    )
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("slow")
        await default.arrival()
        await gateway.skip(400)
        gate.open()
        assert "done" == await wire.text()
        await gateway.skip(400)

        assert await alive(wire, b"1")


async def test_a_ping_resets_the_idle_timer(serve: Serve) -> None:
    """F.115."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        for mark in (b"1", b"2", b"3"):
            await gateway.skip(400)
            assert await alive(wire, mark)


async def test_a_pong_resets_the_idle_timer(serve: Serve) -> None:
    """Traffic is traffic; nobody asked for it (RFC 6455 section 5.5.3)."""
    default = Probe()
    gateway = await serve({"$default": default})
    async with await Wire.upgrade(gateway.port) as wire:
        await gateway.skip(400)
        wire.send(frame(PONG, b"unasked"))
        assert await alive(wire, b"1")
        await gateway.skip(400)

        assert await alive(wire, b"2")


async def test_half_a_frame_is_not_traffic(serve: Serve) -> None:
    """A client cannot stay for ever by sending a byte now and then."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        await gateway.skip(400)
        wire.send(b"\x81")
        async with await Wire.upgrade(gateway.port):
            await gateway.skip(201)

        assert Closed(1001, "Going away") == await wire.closed()


@pytest.mark.parametrize("payload", [b"", b"x", b"\x00\xff", b"x" * 125])
async def test_a_ping_is_answered_with_its_payload(serve: Serve, payload: bytes) -> None:
    """F.114."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(frame(PING, payload))

        assert Frame(PONG, payload) == await wire.frame()


async def test_a_ping_between_fragments_is_answered_at_once(serve: Serve) -> None:
    """RFC 6455 section 5.4."""
    gateway = await serve({"$default": Route(Probe(repeat), route_response=True)})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(frame(1, "ab", fin=False) + frame(PING, b"between"))
        assert Frame(PONG, b"between") == await wire.frame()
        wire.send(frame(0, "cd"))

        assert "abcd" == await wire.text()


async def test_no_handler_sees_pings_and_pongs(serve: Serve) -> None:
    """F.116."""
    probe = Probe()
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(frame(PONG, b"unasked"))
        assert await alive(wire, b"1")

    assert [] == probe.events


async def test_the_server_sends_no_pings(serve: Serve) -> None:
    """F.117: of a connection that idles to its end the client gets the close frame and nothing before it."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        for _ in range(6):
            await gateway.skip(101)

        assert Closed(1001, "Going away") == await wire.closed()


async def test_a_busy_connection_ends_after_two_hours(serve: Serve) -> None:
    """F.118."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        for minutes in range(0, 119, 7):
            assert await alive(wire, str(minutes).encode())
            await gateway.skip(7 * 60)
        assert await alive(wire, b"last")
        await gateway.skip(61)

        assert Closed(1001, "Going away") == await wire.closed()


async def test_a_connection_is_not_ended_before_two_hours(serve: Serve) -> None:
    """F.118: the duration counts from the 101 and not from the request."""
    gate = Gate()
    connected = Probe(gate)
    gateway = await serve({"$connect": connected}, limits=GatewayLimits(idle_timeout_s=100_000))
    connecting = asyncio.create_task(Wire.upgrade(gateway.port))
    await connected.arrival()
    await gateway.skip(20)
    gate.open()
    async with await connecting as wire:
        await gateway.skip(7190)

        assert await alive(wire, b"1")


async def test_a_client_that_does_not_answer_our_close_is_dropped(serve: Serve) -> None:
    """After `close_timeout_s`; until then the TCP connection stays."""
    connected = Probe()
    gateway = await serve({"$connect": connected})
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        await gateway.management.delete_connection(connection_id)
        await wire.closed()
        await gateway.skip(4.5)
        assert 1 == len(gateway.registry.sockets)
        await gateway.skip(1)
        await wire.ended()

    assert set() == gateway.registry.sockets


async def test_a_client_that_answers_our_close_is_done(serve: Serve) -> None:
    """The server ends the TCP connection first (RFC 6455 section 7.1.1), without waiting for any deadline."""
    connected = Probe()
    gateway = await serve({"$connect": connected}, limits=GatewayLimits(close_timeout_s=3600))
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        await gateway.management.delete_connection(connection_id)
        await wire.closed()
        wire.send(close(1000))
        await wire.ended()
