"""Connections without sockets: a transport that records what is done to it."""

import asyncio
from typing import Any

from talkroom.contract.events import Identity
from talkroom.gateway.api import Api, GatewayLimits, Route
from talkroom.gateway.connection import Allowed, Integrated
from talkroom.gateway.event_factory import Facts, HandshakeRequest
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.live_connection import Handshake, LiveConnection
from talkroom.gateway.registry import Registry

SWITCHING = b"HTTP/1.1 101 Switching Protocols"


class RecordingTransport(asyncio.Transport):
    """Keeps what is written; ends when told, as a transport does."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.reading = True
        self.done: list[str] = []

    def write(self, data: Any) -> None:
        """As asyncio says."""
        self.writes.append(bytes(data))

    def can_write_eof(self) -> bool:
        """As TCP can."""
        return True

    def write_eof(self) -> None:
        """As asyncio says."""
        self.done.append("write_eof")

    def close(self) -> None:
        """As asyncio says."""
        self.done.append("close")

    def abort(self) -> None:
        """As asyncio says."""
        self.done.append("abort")

    def is_closing(self) -> bool:
        """As asyncio says."""
        return bool({"close", "abort"}.intersection(self.done))

    def pause_reading(self) -> None:
        """As asyncio says."""
        self.reading = False

    def resume_reading(self) -> None:
        """As asyncio says."""
        self.reading = True


class StandingClock:
    """Both clocks; they move when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now_s

    def wall_ms(self) -> int:
        """Milliseconds since the epoch."""
        return 1_764_072_000_000 + round((self.now_s - 1000) * 1000)


def a_gateway(
    routes: dict[str, Route] | None = None, clock: StandingClock | None = None, **limits: Any
) -> tuple[Gateway, Registry]:
    """A gateway whose timer never runs: a test advances its wheel."""
    clock = clock or StandingClock()
    registry = Registry(GatewayLimits(**limits), clock=clock.wall_ms, monotonic=clock.monotonic)
    return Gateway(Api(routes=routes or {}), registry), registry


def pending(gateway: Gateway, number: int = 0) -> tuple[LiveConnection, RecordingTransport]:
    """A connection whose handshake is with the authorizer."""
    transport = RecordingTransport()
    facts = Facts(f"{number:015d}=", gateway.clock(), Identity(source_ip="192.0.2.1"), "gateway.test")
    request = HandshakeRequest(target="/prod", headers=(), query=(), source_ip="192.0.2.1", scheme="http", port=80)
    handshake = Handshake(request, "dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAA=", gateway.monotonic())
    return LiveConnection(gateway, transport, facts, handshake), transport


def opened(gateway: Gateway, number: int = 0) -> tuple[LiveConnection, RecordingTransport]:
    """An open connection; what its handshake wrote is forgotten."""
    connection, transport = pending(gateway, number)
    connection.happen(Allowed())
    connection.happen(Integrated(None))
    assert transport.writes[0].startswith(SWITCHING)
    transport.writes.clear()
    return connection, transport


async def turn() -> None:
    """Let the event loop finish its turn, in which outboxes are written."""
    await asyncio.sleep(0)
