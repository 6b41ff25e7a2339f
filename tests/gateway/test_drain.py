"""The end of a server: nothing that was begun is lost, everybody is told 1001, and it does not take for ever."""

import asyncio

from talkroom.conformance.wire import Closed, Wire, close, handshake, text
from talkroom.contract.integration import IntegrationResult
from talkroom.gateway.api import GatewayLimits, Route
from tests.gateway.kit import Gate, GatewayUnderTest, Probe, Serve, closure, fill

GOING_AWAY = Closed(1001, "Going away")


async def leave(wire: Wire) -> Closed:
    """Answer the server's close frame, which must come next."""
    closed = await wire.closed()
    wire.send(close(closed.code))
    await wire.ended()
    return closed


def stopping(gateway: GatewayUnderTest, timeout_s: float = 10) -> asyncio.Task[None]:
    """A drain under way."""
    return asyncio.create_task(gateway.stop(timeout_s))


async def test_every_client_is_told_1001(serve: Serve) -> None:
    """And `$disconnect` has run for each before the drain ends."""
    disconnected = Probe()
    gateway = await serve({"$disconnect": disconnected})
    async with await Wire.upgrade(gateway.port) as first, await Wire.upgrade(gateway.port) as second:
        stopped = stopping(gateway)
        assert [GOING_AWAY, GOING_AWAY] == [await leave(first), await leave(second)]
        await stopped

    assert [(1001, "Going away")] * 2 == [closure(event) for event in disconnected.events]


async def test_clients_are_told_1001_without_a_disconnect_route(serve: Serve) -> None:
    """The close frame is on its way before the TCP connection is dropped."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        stopped = stopping(gateway)

        assert GOING_AWAY == await leave(wire)
        await stopped


async def test_a_client_that_goes_on_sending_is_told_1001(serve: Serve) -> None:
    """What it sends is read and thrown away: unread, it would make the system drop the close frame with the connection."""
    default = Probe()
    gateway = await serve({"$default": default})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("before")
        await default.arrival()
        stopped = stopping(gateway)
        await asyncio.sleep(0)
        wire.send(text("after") * 1000)

        assert GOING_AWAY == await wire.closed()
        wire.send(text("after") * 1000 + close(1001))
        await wire.ended()
        await stopped


async def test_messages_in_hand_are_finished_and_answered(serve: Serve) -> None:
    """Their replies come before the close frame."""
    gate = Gate(IntegrationResult(200, body="done"))
    default = Probe(gate)
    gateway = await serve({"$default": Route(default, route_response=True)})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("slow")
        await default.arrival()
        stopped = stopping(gateway)
        await asyncio.sleep(0)
        assert not stopped.done()
        gate.open()

        assert "done" == await wire.text()
        assert GOING_AWAY == await leave(wire)
        await stopped


async def test_a_connection_whose_reading_was_held_back_is_closed_too(serve: Serve) -> None:
    """Its client answers the close frame, and the answer is read."""
    gate = Gate()
    default = Probe(gate)
    gateway = await serve(
        {"$default": default}, limits=GatewayLimits(invocations_per_connection_max=2, close_timeout_s=3600)
    )
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(text("1") + text("2") + text("3"))
        await default.arrival()
        await default.arrival()
        stopped = stopping(gateway)
        await asyncio.sleep(0)
        gate.open()

        assert GOING_AWAY == await leave(wire)
        await stopped


async def test_a_handshake_in_hand_is_finished_and_then_closed(serve: Serve) -> None:
    """`$connect` has begun, so `$disconnect` follows."""
    gate = Gate()
    connected, disconnected = Probe(gate), Probe()
    gateway = await serve({"$connect": connected, "$disconnect": disconnected})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()
        stopped = stopping(gateway)
        await asyncio.sleep(0)
        gate.open()

        assert 101 == (await wire.response()).status
        assert GOING_AWAY == await leave(wire)
        await stopped

    assert [(1001, "Going away")] == [closure(event) for event in disconnected.events]


async def test_a_handshake_that_comes_during_the_drain_is_503(serve: Serve) -> None:
    """Its TCP connection was accepted before."""
    gate = Gate()
    default, connected = Probe(gate), Probe()
    gateway = await serve({"$default": default, "$connect": connected})
    async with await Wire.connect(gateway.port) as late, await Wire.upgrade(gateway.port) as wire:
        wire.send_text("slow")
        await default.arrival()
        stopped = stopping(gateway)
        await asyncio.sleep(0)
        late.send(handshake())

        assert 503 == (await late.response()).status
        gate.open()
        await leave(wire)
        await stopped

    assert 1 == len(connected.events)


async def test_a_client_that_does_not_answer_does_not_hold_the_drain(serve: Serve) -> None:
    """It is dropped after `close_timeout_s`."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        stopped = stopping(gateway, 3600)
        await wire.closed()
        await gateway.skip(6)
        await wire.ended()
        await stopped


async def test_an_integration_that_never_ends_does_not_hold_the_drain(serve: Serve) -> None:
    """After the drain's own time-out connections are cut, with 1001."""
    gate = Gate()
    default = Probe(gate)
    gateway = await serve({"$default": default})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("for ever")
        await default.arrival()
        async with asyncio.timeout(5):
            await gateway.stop(0.05)

        assert GOING_AWAY == await wire.closed()
        gate.open()


async def test_a_client_that_reads_nothing_does_not_hold_the_drain(serve: Serve) -> None:
    """Its close frame never leaves the outbox."""
    connected = Probe()
    gateway = await serve({"$connect": connected})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.writer.transport.pause_reading()
        connection_id = (await connected.arrival()).request_context.connection_id
        await fill(gateway, connection_id, b"x" * 100_000)
        stopped = stopping(gateway, 3600)
        await asyncio.sleep(0)
        await gateway.skip(6)
        await stopped
