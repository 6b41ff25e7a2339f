"""How connections end, what the client sees of it, and what `$disconnect` is told: once, whatever the way."""

import asyncio
import struct
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from talkroom.conformance.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Closed,
    Frame,
    Wire,
    close,
    frame,
    text,
)
from talkroom.gateway.api import GatewayLimits
from tests.gateway.kit import Gate, GatewayUnderTest, Probe, Serve, closure, fail, opened

Way = Callable[[GatewayUnderTest, Wire, str], Awaitable[None]]


async def with_code(_gateway: GatewayUnderTest, wire: Wire, _id: str) -> None:
    """The client closes and says why."""
    wire.send(close(4001, "bye"))
    assert await wire.closed() == Closed(4001, "")
    await wire.ended()


async def without_code(_gateway: GatewayUnderTest, wire: Wire, _id: str) -> None:
    """The client closes, as wscat does at Ctrl-C."""
    wire.send(close())
    assert await wire.closed() == Closed(None, "")
    await wire.ended()


async def going_away(_gateway: GatewayUnderTest, wire: Wire, _id: str) -> None:
    """The browser's tab is closed."""
    wire.send(close(1001))
    assert await wire.closed() == Closed(1001, "")
    await wire.ended()


async def lost(_gateway: GatewayUnderTest, wire: Wire, _id: str) -> None:
    """The TCP connection ends without a close frame."""
    await wire.drop()


async def half_closed(_gateway: GatewayUnderTest, wire: Wire, _id: str) -> None:
    """The client's side of the TCP connection ends without a close frame."""
    wire.writer.write_eof()
    await wire.ended()


async def deleted(gateway: GatewayUnderTest, wire: Wire, connection_id: str) -> None:
    """By the management API."""
    await gateway.management.delete_connection(connection_id)
    assert await wire.closed() == Closed(1000, "Connection Closed Normally")
    wire.send(close(1000))
    await wire.ended()


async def deleted_and_silent(gateway: GatewayUnderTest, wire: Wire, connection_id: str) -> None:
    """By the management API, and the client never answers."""
    await gateway.management.delete_connection(connection_id)
    assert await wire.closed() == Closed(1000, "Connection Closed Normally")
    await gateway.skip(6)
    await wire.ended()


async def deleted_and_lost(gateway: GatewayUnderTest, wire: Wire, connection_id: str) -> None:
    """By the management API while the client is leaving."""
    await gateway.management.delete_connection(connection_id)
    await wire.drop()


async def crossing(gateway: GatewayUnderTest, wire: Wire, connection_id: str) -> None:
    """Both sides close at once: the first one that the gateway knew of counts."""
    await gateway.management.delete_connection(connection_id)
    wire.send(close(4002, "crossing"))
    assert await wire.closed() == Closed(1000, "Connection Closed Normally")
    await wire.ended()


async def idle(gateway: GatewayUnderTest, wire: Wire, _id: str) -> None:
    """Nothing happens for ten minutes."""
    await gateway.skip(601)
    assert await wire.closed() == Closed(1001, "Going away")
    wire.send(close(1001))
    await wire.ended()


async def drained(gateway: GatewayUnderTest, wire: Wire, _id: str) -> None:
    """The server stops."""
    stopped = asyncio.create_task(gateway.stop())
    assert await wire.closed() == Closed(1001, "Going away")
    wire.send(close(1001))
    await wire.ended()
    await stopped


def violating(data: bytes, expected: Closed) -> Way:
    """The client breaks a rule."""

    async def violate(_gateway: GatewayUnderTest, wire: Wire, _id: str) -> None:
        wire.send(data)
        assert await wire.closed() == expected
        await wire.ended()

    return violate


WAYS = [
    (with_code, (4001, "bye")),
    (without_code, (1005, "Client-side close frame status not set")),
    (going_away, (1001, "")),
    (lost, (1006, "")),
    (half_closed, (1006, "")),
    (deleted, (1000, "Connection Closed Normally")),
    (deleted_and_silent, (1000, "Connection Closed Normally")),
    (deleted_and_lost, (1000, "Connection Closed Normally")),
    (crossing, (1000, "Connection Closed Normally")),
    (idle, (1001, "Going away")),
    (drained, (1001, "Going away")),
]

VIOLATIONS = {
    "binary": (frame(BINARY, b"x"), Closed(1003, "binary messages are not supported")),
    "a frame of 32769 bytes": (frame(TEXT, b"x" * 32769), Closed(1009, "a frame is too big")),
    "the header of a huge frame": (struct.pack("!BBQ", 0x81, 0xFF, 2**62), Closed(1009, "a frame is too big")),
    "a message of 131073 bytes": (
        frame(TEXT, b"x" * 32768, fin=False)
        + frame(CONTINUATION, b"x" * 32768, fin=False) * 3
        + frame(CONTINUATION, b"x"),
        Closed(1009, "a message is too big"),
    ),
    "bad UTF-8": (frame(TEXT, b"\xff"), Closed(1007, "text is not valid UTF-8")),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), Closed(1007, "text is not valid UTF-8")),
    "not masked": (frame(TEXT, b"x", masked=False), Closed(1002, "a client's frame is not masked")),
    "a reserved bit": (b"\xc1\x80abcd", Closed(1002, "reserved bits are set, but no extension was negotiated")),
    "an unknown opcode": (frame(0x3), Closed(1002, "unknown opcode")),
    "nothing to continue": (frame(CONTINUATION, b"x"), Closed(1002, "nothing to continue")),
    "a close frame of one byte": (frame(CLOSE, b"\x03"), Closed(1002, "a close frame has one byte")),
    "a code that may not be sent": (close(1005), Closed(1002, "a close code may not be sent")),
    "a long ping": (frame(PING, b"x" * 126), Closed(1002, "a control frame is too long")),
}


@pytest.mark.parametrize(("way", "expected"), WAYS, ids=[way.__name__ for way, _ in WAYS])
async def test_disconnect_is_told_once_how_it_ended(serve: Serve, way: Way, expected: tuple[int, str]) -> None:
    """F.111, F.119 to F.123, E.101: the client sees the close frame that belongs to it."""
    connected, disconnected = Probe(), Probe()
    gateway = await serve({"$connect": connected, "$disconnect": disconnected})
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        await way(gateway, wire, connection_id)
        event = await disconnected.arrival()
    await gateway.stop()

    assert connection_id == event.request_context.connection_id
    assert expected == closure(event)
    assert [event] == disconnected.events
    assert {} == gateway.registry.open
    assert set() == gateway.registry.sockets


@pytest.mark.parametrize(("data", "expected"), VIOLATIONS.values(), ids=VIOLATIONS)
async def test_a_broken_rule_ends_the_connection(serve: Serve, data: bytes, expected: Closed) -> None:
    """D.81, D.82, D.84: with its code, at once and not after a time-out, and `$disconnect` is told the same code."""
    connected, disconnected = Probe(), Probe()
    gateway = await serve(
        {"$connect": connected, "$disconnect": disconnected}, limits=GatewayLimits(close_timeout_s=3600)
    )
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        await violating(data, expected)(gateway, wire, connection_id)
        event = await disconnected.arrival()
    await gateway.stop()

    assert expected == closure(event)
    assert [event] == disconnected.events


async def test_a_library_client_learns_of_its_violation_at_once(serve: Serve) -> None:
    """It waits for the end of the TCP connection, which must not take `close_timeout_s`."""
    gateway = await serve({}, limits=GatewayLimits(close_timeout_s=3600))
    async with connect(f"ws://127.0.0.1:{gateway.port}/prod") as client:
        await client.send(b"binary")
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(5):
                await client.recv()

    assert 1003 == closed.value.rcvd.code


async def test_what_follows_a_violation_is_ignored(serve: Serve) -> None:
    """No message is taken from a client that broke a rule (RFC 6455 section 7.1.7)."""
    default = Probe()
    gateway = await serve({"$default": default})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(text("before") + frame(BINARY, b"x") + text("after"))
        await wire.closed()
        wire.send(text("later"))
        await wire.ended()
    await gateway.stop()

    assert ["before"] == [event.body for event in default.events]


async def test_what_follows_the_clients_close_is_ignored(serve: Serve) -> None:
    """RFC 6455 section 5.5.1."""
    default = Probe()
    gateway = await serve({"$default": default})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(text("before") + close(1000) + text("after"))
        await wire.closed()
        await wire.ended()
    await gateway.stop()

    assert ["before"] == [event.body for event in default.events]


async def test_messages_that_cross_our_close_frame_are_ignored(serve: Serve) -> None:
    """The connection is over for the API as soon as it is deleted; pings are not answered either."""
    connected, default = Probe(), Probe()
    gateway = await serve({"$connect": connected, "$default": default})
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        await gateway.management.delete_connection(connection_id)
        wire.send(text("crossing") + frame(PING, b"x") + close(1000))
        await wire.closed()
        await wire.ended()

    assert [] == default.events


async def test_a_disconnect_that_raises_is_nobodys_business(serve: Serve) -> None:
    """F.123: the client sees a normal close, and other connections nothing."""
    gateway = await serve({"$disconnect": Probe(fail), "$default": Probe()})
    async with await Wire.upgrade(gateway.port) as other, await Wire.upgrade(gateway.port) as wire:
        wire.send(close(1000))
        assert await wire.closed() == Closed(1000, "")
        await wire.ended()
        other.send(frame(PING, b"alive"))

        assert Frame(PONG, b"alive") == await other.frame()


async def test_without_disconnect_route_a_close_is_silent(serve: Serve) -> None:
    """F.124."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(close(1000))

        assert Closed(1000, "") == await wire.closed()
        await wire.ended()


async def test_results_that_come_after_the_close_go_nowhere(serve: Serve) -> None:
    """A handler that outlives its connection disturbs nobody."""
    gate = Gate()
    default = Probe(gate)
    gateway = await serve({"$default": default})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("slow")
        await default.arrival()
        wire.send(close(1000))
        await wire.closed()
        await wire.ended()
    gate.open()
    await gateway.stop()

    assert 0 == gate.waiting
