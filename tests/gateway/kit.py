"""A real gateway on a socket, with small integrations that record what they are asked and answer as a test tells them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import msgspec

from talkroom.conformance.wire import PATIENCE_S, Wire
from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerResult, allow
from talkroom.contract.events import ConnectEvent, DisconnectEvent, Event, MessageEvent, encode_event
from talkroom.contract.integration import IntegrationResult
from talkroom.gateway.api import Api, AuthorizerConfig, GatewayLimits, Route
from talkroom.gateway.deadlines import DeadlineWheel
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.management import InProcessManagement
from talkroom.gateway.registry import Registry
from talkroom.gateway.server import Server

TICK_S = 0.02
OK = IntegrationResult(200)

Answer = Callable[[Any], Awaitable[IntegrationResult]]


class SkippingClock:
    """The real clocks, which a test may put forward."""

    def __init__(self) -> None:
        self.skipped_s = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return time.monotonic() + self.skipped_s

    def wall_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000 + round(self.skipped_s * 1000)


async def ok(_event: Event) -> IntegrationResult:
    """200 and nothing else."""
    return OK


async def echo(event: Event) -> IntegrationResult:
    """The event itself as the body."""
    return IntegrationResult(200, body=encode_event(event).decode())


async def repeat(event: MessageEvent) -> IntegrationResult:
    """The message's own text as the body."""
    return IntegrationResult(200, body=event.body)


async def fail(_event: Event) -> IntegrationResult:
    """A bug in a handler."""
    raise ZeroDivisionError("a bug in a handler")


def answer(status: int, headers: Mapping[str, str] | None = None, body: str = "") -> Answer:
    """Always the same result."""

    async def result(_event: Event) -> IntegrationResult:
        return IntegrationResult(status, headers or {}, body)

    return result


class Probe:
    """An integration that keeps its events, in the order in which they came."""

    def __init__(self, answered_by: Answer = ok) -> None:
        self.events: list[Any] = []
        self._answered_by = answered_by
        self._arrivals: asyncio.Queue[Any] = asyncio.Queue()

    async def invoke(self, event: Event) -> IntegrationResult:
        """As the contract says."""
        self.events.append(event)
        self._arrivals.put_nowait(event)
        return await self._answered_by(event)

    async def arrival(self) -> Any:
        """The next event, when it comes."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._arrivals.get()


class Gate:
    """Holds invocations until it is opened; `waiting` counts those inside."""

    def __init__(self, result: IntegrationResult = OK) -> None:
        self.waiting = 0
        self.most_waiting = 0
        self._result = result
        self._open = asyncio.Event()

    def open(self) -> None:
        """Let all go on."""
        self._open.set()

    async def __call__(self, _event: Event) -> IntegrationResult:
        """Wait inside."""
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            await self._open.wait()
        finally:
            self.waiting -= 1
        return self._result


class AuthorizerProbe:
    """An authorizer that keeps its events; it allows unless told otherwise."""

    def __init__(
        self, answered_by: Callable[[AuthorizerEvent], AuthorizerResult] | None = None, context: Any = None
    ) -> None:
        self.events: list[AuthorizerEvent] = []
        self._context = context or {}
        self._answered_by = answered_by or self._allow

    async def __call__(self, event: AuthorizerEvent) -> AuthorizerResult:
        """As the contract says."""
        self.events.append(event)
        return self._answered_by(event)

    def _allow(self, event: AuthorizerEvent) -> AuthorizerResult:
        return allow("alice", event.method_arn, self._context)


class RecordingHttp(asyncio.Protocol):
    """Stands where the HTTP server stands: keeps every byte, and answers 200 once a head is there."""

    def __init__(self) -> None:
        self.received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        """As asyncio says."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """As asyncio says."""
        self.received += data
        if b"\r\n\r\n" in self.received and self._transport is not None:
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")


class GatewayUnderTest:
    """A gateway that listens on a port of its own."""

    def __init__(self, api: Api, limits: GatewayLimits) -> None:
        self.clock = SkippingClock()
        self.registry = Registry(limits, clock=self.clock.wall_ms, monotonic=self.clock.monotonic)
        self.gateway = Gateway(api, self.registry)
        # The gateway's own tick is up to a second; a test would wait for it.
        self.gateway.wheel = DeadlineWheel(TICK_S)
        self.management = InProcessManagement(self.registry)
        self.server = Server(self.gateway)
        self.https: list[RecordingHttp] = []
        self.port = 0

    async def start(self) -> None:
        """Listen on a free port."""
        self.gateway.start()
        ((_host, self.port),) = await self.server.listen("127.0.0.1", 0, self._http)

    async def stop(self, timeout_s: float = PATIENCE_S) -> None:
        """Drain."""
        self.server.stop_accepting()
        await self.gateway.drain(timeout_s)

    async def skip(self, seconds: float) -> None:
        """Put the clocks forward, and return when the gateway has looked at every deadline up to a tick before then."""
        self.clock.skipped_s += seconds
        looked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gateway.wheel.add(_Sentinel(looked), self.clock.monotonic() - TICK_S)
        async with asyncio.timeout(PATIENCE_S):
            await looked

    async def no_sockets(self) -> None:
        """Return when every connection's TCP connection has ended."""
        async with asyncio.timeout(PATIENCE_S):
            while self.registry.sockets:
                self.registry.released.clear()
                await self.registry.released.wait()

    def _http(self) -> asyncio.Protocol:
        http = RecordingHttp()
        self.https.append(http)
        return http


class _Sentinel:
    """Something on the wheel that tells when its time has come."""

    def __init__(self, looked: asyncio.Future[None]) -> None:
        self._looked = looked

    def deadline_elapsed(self, _now_s: float) -> None:
        """As the gateway says."""
        self._looked.set_result(None)


@asynccontextmanager
async def running(
    routes: Mapping[str, Probe | Route] | None = None,
    *,
    limits: GatewayLimits | None = None,
    authorizer: AuthorizerConfig | None = None,
    **api: Any,
) -> AsyncIterator[GatewayUnderTest]:
    """A gateway with these routes; a bare probe has no route response."""
    made = {key: one if isinstance(one, Route) else Route(one) for key, one in (routes or {}).items()}
    under_test = GatewayUnderTest(Api(routes=made, authorizer=authorizer, **api), limits or GatewayLimits())
    await under_test.start()
    try:
        yield under_test
    finally:
        await under_test.stop()


class Serve(Protocol):
    """The fixture `serve`: start a gateway that stops with the test."""

    async def __call__(self, routes: Mapping[str, Probe | Route] | None = None, **options: Any) -> GatewayUnderTest:
        """As `running`."""
        ...


def as_json(event: Event) -> Any:
    """The event as a Lambda function gets it."""
    return msgspec.json.decode(encode_event(event))


async def opened(under_test: GatewayUnderTest, connected: Probe, **options: Any) -> tuple[Wire, str]:
    """An open connection and its id; `connected` is the probe of `$connect`."""
    wire = await Wire.upgrade(under_test.port, **options)
    event = await connected.arrival()
    assert isinstance(event, ConnectEvent)
    return wire, event.request_context.connection_id


def closure(event: DisconnectEvent) -> tuple[int, str]:
    """What `$disconnect` was told."""
    return event.request_context.disconnect_status_code, event.request_context.disconnect_reason


async def fill(under_test: GatewayUnderTest, connection_id: str, payload: bytes) -> int:
    """Post numbered payloads until the client's buffer is full; how many were taken."""
    for taken in range(100_000):
        deliveries = await under_test.management.post_many([connection_id], b"%06d" % taken + payload)
        if deliveries.limited:
            return taken
        await asyncio.sleep(0)  # a turn, so that what was posted is written
    raise AssertionError("the client's buffer is never full")
