"""The gateway's core: what connections have in common, and the invocations that their messages cause."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import msgspec
from msgspec import UNSET

from talkroom.contract.authorizer import context_for_events, find_refusal
from talkroom.contract.close_codes import DRAINED, Closure
from talkroom.contract.errors import (
    ENDPOINT_REQUEST_TIMED_OUT,
    FORBIDDEN,
    INTERNAL_SERVER_ERROR,
    TOO_MANY_REQUESTS,
    ContractError,
    IntegrationFailed,
    Unauthorized,
    bad_request_body_frame,
    error_frame,
)
from talkroom.contract.events import MessageEvent, find_header
from talkroom.contract.integration import IntegrationResult
from talkroom.contract.routes import CONNECT, DISCONNECT
from talkroom.gateway.api import Api, AuthorizerConfig, GatewayLimits, Route
from talkroom.gateway.codec import CodecLimits, encode_text
from talkroom.gateway.connection import Allowed, Ended, Integrated, Refused, State
from talkroom.gateway.deadlines import DeadlineWheel
from talkroom.gateway.entropy import EntropyPool
from talkroom.gateway.event_factory import EventFactory, HandshakeMaps
from talkroom.gateway.handshake import is_http_token
from talkroom.gateway.live_connection import LiveConnection
from talkroom.gateway.registry import Registry
from talkroom.gateway.routing import Routing
from talkroom.gateway.throttle import Throttle

log = logging.getLogger("talkroom.gateway")

SUBPROTOCOL_HEADER = "Sec-WebSocket-Protocol"


class Deadline(Protocol):
    """A thing on the gateway's wheel."""

    def deadline_elapsed(self, now_s: float) -> None:
        """It is time to look."""
        ...

    def __hash__(self) -> int: ...


class Gateway:
    """One WebSocket API, its open connections and the work in hand."""

    def __init__(
        self,
        api: Api,
        registry: Registry,
        *,
        entropy: Callable[[int], bytes] | None = None,
        tick_s: float | None = None,
    ) -> None:
        """`tick_s` is how exactly deadlines are kept; by default it follows from the limits."""
        self.registry = registry
        self.limits = registry.limits
        self.clock = registry.clock
        self.monotonic = registry.monotonic
        self.counters = registry.counters
        self._entropy = entropy or EntropyPool()
        self.deploy(api)
        self.codec_limits = CodecLimits(self.limits.frame_bytes_max, self.limits.message_bytes_max)
        self.wheel: DeadlineWheel[Deadline] = DeadlineWheel(tick_s or _tick_s(self.limits))
        self.draining = False
        self._tasks: set[asyncio.Task[None]] = set()

    def deploy(self, api: Api) -> None:
        """Serve this from now on: handshakes and messages that come later meet it, and what is connected stays connected.

        So it is on AWS: a deployment does not touch open connections. The stage's name is part of addresses that clients
        and functions have, so it should stay.
        """
        self.api = api
        self.events = EventFactory(api, self._entropy)
        self._routing = Routing(api.routes, api.route_selection_expression)
        self._throttle = None if api.throttle is None else Throttle(api.throttle, self.monotonic)

    def take_request(self) -> bool:
        """Count a handshake, a message or a call of the management API; False when the stage's throttle refuses it."""
        return self._throttle is None or self._throttle.take()

    @property
    def connect_timeout_s(self) -> float:
        """How long `$connect` may take."""
        route = self.api.routes.get(CONNECT)
        return self.limits.integration_timeout_s if route is None else self.timeout_s(route)

    def timeout_s(self, route: Route) -> float:
        """How long the route's integration may take."""
        longest_s = self.limits.integration_timeout_s
        return longest_s if route.timeout_s is None else min(route.timeout_s, longest_s)

    # Time and tasks.

    def start(self) -> None:
        """Begin to look at deadlines; call it once, with the event loop running."""
        loop = asyncio.get_running_loop()

        def tick() -> None:
            self._timer = loop.call_later(self.wheel.tick_s, tick)
            now_s = self.monotonic()
            for thing in self.wheel.advance(now_s):
                try:
                    thing.deadline_elapsed(now_s)
                except Exception:  # what is wrong with one must not keep the others for ever
                    log.exception("deadline could not be handled")

        self._timer = loop.call_later(self.wheel.tick_s, tick)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run to its end, whatever becomes of the connection."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, timeout_s: float) -> None:
        """Finish what is in hand, close every connection with 1001, and wait for `$disconnect` and for the clients' answers.

        It takes at most `timeout_s` seconds; then what is left is dropped. The server must have stopped accepting before.
        """
        self.draining = True
        deadline_s = self.monotonic() + timeout_s
        for connection in self.registry.open.values():
            connection.stop_reading()
        await self._finish_tasks(deadline_s)
        for connection in list(self.registry.open.values()):
            connection.happen(Ended(DRAINED))
        await self._finish_tasks(deadline_s)
        await self._finish_closing(deadline_s)
        for connection in list(self.registry.sockets):
            connection.abandon()
        self._timer.cancel()

    async def _finish_tasks(self, deadline_s: float) -> None:
        while self._tasks and (left_s := deadline_s - self.monotonic()) > 0:
            await asyncio.wait(self._tasks, timeout=left_s)

    async def _finish_closing(self, deadline_s: float) -> None:
        """Wait for the ends of the TCP connections; each has a deadline on the wheel besides."""
        self.registry.released.clear()
        while self.registry.sockets and (left_s := deadline_s - self.monotonic()) > 0:
            try:
                await asyncio.wait_for(self.registry.released.wait(), left_s)
            except TimeoutError:
                return
            self.registry.released.clear()

    # The life of a connection.

    def opened(self, connection: LiveConnection) -> None:
        """The handshake was answered with 101."""
        self.counters.handshakes_accepted += 1
        self.registry.open[connection.facts.connection_id] = connection
        log.info("connection opened", extra={"connection_id": connection.facts.connection_id})

    def closed(self, connection: LiveConnection, closure: Closure) -> None:
        """The connection is over for the management API; tell `$disconnect`."""
        connection_id = connection.facts.connection_id
        self.registry.settle()
        self.registry.open.pop(connection_id, None)
        log.info("connection closed", extra={"connection_id": connection_id, "code": closure.code})
        route = self.api.routes.get(DISCONNECT)
        if route is not None:
            self.spawn(self._disconnect(route, connection, closure))

    async def handshake(self, connection: LiveConnection) -> None:
        """Decide a handshake: by the authorizer, and when that has allowed it, by `$connect`."""
        await self._authorize(connection)
        if connection.state is State.CONNECTING:
            await self._connect(connection)

    async def _authorize(self, connection: LiveConnection) -> None:
        config = self.api.authorizer
        handshake = connection.handshake
        assert handshake is not None
        if config is None:
            unsigned = None if self.api.iam is None else self.api.iam(handshake.request)
            connection.happen(Allowed() if unsigned is None else Refused(*unsigned))
            return
        facts = connection.facts
        handshake.maps = self.events.handshake(handshake.request, facts.connected_at_ms)
        if not _has_identity(config, handshake.maps, self.api):
            connection.happen(Refused(401, "Unauthorized"))
            return
        event = self.events.authorizer(facts, handshake.maps, handshake.request_id, facts.connected_at_ms)
        started_s = self.monotonic()
        try:
            result = await config.authorizer(event)
            refusal = find_refusal(result.policy_document, event.method_arn)
            context = context_for_events(result)
        except Unauthorized:
            connection.happen(Refused(401, "Unauthorized"))
        except Exception as error:
            _log_failure("authorizer", error, connection_id=facts.connection_id)
            connection.happen(Refused(500, None))
        else:
            handshake.integration_latency_ms = round((self.monotonic() - started_s) * 1000)
            connection.facts = msgspec.structs.replace(facts, authorizer=context)
            connection.happen(Allowed() if refusal is None else Refused(403, refusal))

    async def _connect(self, connection: LiveConnection) -> None:
        route = self.api.routes.get(CONNECT)
        handshake = connection.handshake
        assert handshake is not None
        if route is None:
            connection.happen(Integrated(None))
            return
        facts = connection.facts
        authorizer = facts.authorizer
        if authorizer is not UNSET and handshake.integration_latency_ms is not None:
            authorizer = {**authorizer, "integrationLatency": handshake.integration_latency_ms}
        # The authorizer's event and this one are of one request, whose time is when it came: in a capture with an authorizer that
        # took 111 ms, `requestTimeEpoch` is 1 ms after `connectedAt` (section 2.1 of the contract page).
        requested_at_ms = facts.connected_at_ms
        maps = handshake.maps or self.events.handshake(handshake.request, requested_at_ms)
        event = self.events.connect(facts, maps, handshake.request_id, authorizer, requested_at_ms)
        try:
            result = await route.integration.invoke(event)
            answer = _read_connect_result(result)
        except Exception as error:
            self.counters.integration_errors += 1
            _log_failure("$connect", error, connection_id=facts.connection_id)
            answer = Refused(502, INTERNAL_SERVER_ERROR)
        connection.happen(answer)

    async def _disconnect(self, route: Route, connection: LiveConnection, closure: Closure) -> None:
        event = self.events.disconnect(connection.facts, closure, self.clock())
        try:
            await route.integration.invoke(event)
        except Exception as error:
            self.counters.integration_errors += 1
            _log_failure("$disconnect", error, connection_id=connection.facts.connection_id)

    # Messages.

    def message_received(self, connection: LiveConnection, text: str) -> None:
        """Route one message and invoke its integration; messages of one connection run concurrently."""
        self.counters.messages_received += 1
        now_ms = self.clock()
        request_id = self.events.new_id(now_ms)
        if self._throttle is not None and not self._throttle.take():
            self.send_text(connection, error_frame(TOO_MANY_REQUESTS, connection.facts.connection_id, request_id))
            return
        found = self._routing.find(text)
        if found is None:
            self.send_text(connection, error_frame(FORBIDDEN, connection.facts.connection_id, request_id))
            return
        key, route = found
        event = self.events.message(connection.facts, key, text, request_id, now_ms)
        if route.accepts is not None and not route.accepts(text):
            frame = bad_request_body_frame(connection.facts.connection_id, event.request_context.message_id)
            self.send_text(connection, frame)
            return
        self.spawn(self._invoke(route, event, Invocation(self, connection, request_id, self.timeout_s(route))))

    async def _invoke(self, route: Route, event: MessageEvent, invocation: "Invocation") -> None:
        try:
            result = await route.integration.invoke(event)
        except Exception as error:
            self.counters.integration_errors += 1
            context = event.request_context
            _log_failure("integration", error, connection_id=context.connection_id, route_key=context.route_key)
            invocation.answer_error(INTERNAL_SERVER_ERROR)
        else:
            invocation.answer(result if route.route_response else None)

    def send_text(self, connection: LiveConnection, text: str) -> None:
        """Send one text message; what UTF-8 cannot hold, an unpaired surrogate of an integration, becomes a question mark."""
        connection.send(encode_text(text.encode(errors="replace"), self.limits.frame_bytes_max))


class Invocation:
    """A message in hand: answered once, by its result or by its deadline."""

    __slots__ = ("_answered", "_connection", "_gateway", "_request_id", "_tick")

    def __init__(self, gateway: Gateway, connection: LiveConnection, request_id: str, timeout_s: float) -> None:
        self._gateway = gateway
        self._connection = connection
        self._request_id = request_id
        self._answered = False
        self._tick = gateway.wheel.add(self, gateway.monotonic() + timeout_s)
        connection.begin_invocation()

    def answer(self, result: IntegrationResult | None) -> None:
        """The integration is done; its body, if the route responds and there is one, goes to the client."""
        if self._finish() and result is not None and result.body:
            self._gateway.send_text(self._connection, result.body)

    def answer_error(self, message: str) -> None:
        """The integration failed."""
        if self._finish():
            text = error_frame(message, self._connection.facts.connection_id, self._request_id)
            self._gateway.send_text(self._connection, text)

    def deadline_elapsed(self, _now_s: float) -> None:
        """The integration takes too long; it may go on, but nobody waits for it."""
        self._gateway.counters.integration_timeouts += 1
        self.answer_error(ENDPOINT_REQUEST_TIMED_OUT)

    def _finish(self) -> bool:
        if self._answered:
            return False
        self._answered = True
        self._gateway.wheel.remove(self, self._tick)
        self._connection.end_invocation()
        return True


def _log_failure(what: str, error: Exception, **where: str) -> None:
    """A failure that an integration reports is its own, and its words say enough; of anything else the place is wanted too."""
    reported = isinstance(error, ContractError)
    log.error("%s failed: %s", what, error, exc_info=None if reported else error, extra=where)


def _tick_s(limits: GatewayLimits) -> float:
    """A quarter of the shortest deadline, at most a second: shortened clocks in tests stay exact enough."""
    shortest = min(
        limits.idle_timeout_s,
        limits.connection_duration_s,
        limits.integration_timeout_s,
        limits.head_timeout_s,
        limits.close_timeout_s,
    )
    return min(1.0, shortest / 4)


def _read_connect_result(result: IntegrationResult) -> Integrated | Refused:
    """2xx opens the connection, any other status is the client's.

    Raises IntegrationFailed for an answer that HTTP could not carry.
    """
    if not 200 <= result.status_code < 300:
        # A 1xx ends no request, and a 101 of an integration's own is not the gateway's.
        if not 300 <= result.status_code <= 599:
            raise IntegrationFailed(f"$connect answered with status {result.status_code}")
        return Refused(result.status_code, None)
    subprotocol = find_header(result.headers, SUBPROTOCOL_HEADER)
    if subprotocol is not None and not is_http_token(subprotocol):
        raise IntegrationFailed("$connect answered with a Sec-WebSocket-Protocol that is not one HTTP token")
    return Integrated(subprotocol)


def _has_identity(config: AuthorizerConfig, maps: HandshakeMaps, api: Api) -> bool:
    """Whether every identity source is present and not empty."""
    return all(_find_identity(source, maps, api) for source in config.identity_sources)


def _find_identity(source: str, maps: HandshakeMaps, api: Api) -> str | None:
    place, _, name = source.rpartition(".")
    match place:
        case "route.request.header":
            return find_header(maps.authorizer_headers, name)
        case "route.request.querystring":
            return maps.query.get(name)
        case "stageVariables":
            return api.stage_variables.get(name)
        case _:
            return None
