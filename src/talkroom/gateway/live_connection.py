"""A connection on its socket: the shell around the pure parts.

Bytes go to the decoder, what it finds goes to the lifecycle, and the lifecycle's effects are carried out here. It decides nothing.
Per-connection state is kept small, because idle connections are what a chat server has most of.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from talkroom.contract.close_codes import DURATION_ELAPSED, IDLE, SLOW_CONSUMER
from talkroom.contract.errors import ENDPOINT_REQUEST_TIMED_OUT
from talkroom.gateway.codec import Decoder, Failure, Inbound, PeerClose, Ping, encode_close, encode_pong
from talkroom.gateway.connection import (
    AbortTransport,
    Accept,
    CloseElapsed,
    CloseTransport,
    Dropped,
    Effect,
    Ended,
    EndSending,
    Input,
    InvokeConnect,
    InvokeDisconnect,
    Lost,
    PeerClosed,
    Refuse,
    Refused,
    SendClose,
    State,
    Violated,
    step,
)
from talkroom.gateway.deadlines import NEVER
from talkroom.gateway.event_factory import Facts, HandshakeMaps, HandshakeRequest
from talkroom.gateway.handshake import encode_accept, encode_refusal
from talkroom.gateway.outbox import Outbox

if TYPE_CHECKING:
    from talkroom.gateway.gateway import Gateway


class Handshake(msgspec.Struct):
    """What is needed until the handshake is answered, and dropped then."""

    request: HandshakeRequest
    key: str
    request_id: str
    started_s: float
    early: bytes = b""
    """What the client sent without waiting for the answer."""
    maps: HandshakeMaps | None = None
    integration_latency_ms: int | None = None
    """How long the authorizer took; only CONNECT tells."""


_ELAPSED: Final[Mapping[State, Input]] = {
    State.AUTHORIZING: Refused(500, None),
    State.CONNECTING: Refused(504, ENDPOINT_REQUEST_TIMED_OUT),
    State.CLOSING: CloseElapsed(),
    State.ABANDONED: Lost(),
}
"""What happens when a connection has been in a state for too long; an abandoned one only waits for `$connect`."""


class LiveConnection(asyncio.Protocol):
    """One WebSocket connection from its handshake to the end of its TCP connection."""

    __slots__ = (
        "_deadline_s",
        "_decoder",
        "_gateway",
        "_held",
        "_in_flight",
        "_opened_s",
        "_tick",
        "_transport",
        "_writable",
        "facts",
        "handshake",
        "last_active_s",
        "outbox",
        "state",
    )

    def __init__(self, gateway: "Gateway", transport: asyncio.Transport, facts: Facts, handshake: Handshake) -> None:
        self._gateway = gateway
        self._transport = transport
        self._decoder = Decoder(gateway.codec_limits)
        self._held: deque[Inbound] | None = None
        self._in_flight = 0
        self._opened_s = 0.0
        self._writable = True
        self.facts = facts
        self.handshake: Handshake | None = handshake
        self.last_active_s = handshake.started_s
        self.outbox = Outbox()
        self.state = State.AUTHORIZING
        self._tick = NEVER
        self._look_by(handshake.started_s + gateway.limits.integration_timeout_s)
        gateway.registry.sockets.add(self)

    # From the transport.

    def data_received(self, data: bytes) -> None:
        """Bytes from the client; before the 101 they are kept, within one frame's size."""
        if self.state is State.OPEN or self.state is State.CLOSING:
            self._receive(data)
        elif self.handshake is not None:
            self.handshake.early += data
            if len(self.handshake.early) > self._gateway.limits.frame_bytes_max:
                self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The TCP connection has ended, by whoever's will."""
        self._gateway.wheel.remove(self, self._tick)
        self.happen(Lost())
        self._gateway.registry.release(self)

    def pause_writing(self) -> None:
        """The client does not read: frames wait in the outbox."""
        self._gateway.registry.settle()
        self._writable = False
        self._gateway.registry.stalled.add(self)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._writable = True
        self._gateway.registry.stalled.discard(self)
        self.flush(self._gateway.monotonic())

    # From the gateway.

    def happen(self, happened: Input) -> None:
        """Take one step of the lifecycle."""
        self.state, effects = step(self.state, happened)
        for effect in effects:
            _CARRY_OUT[type(effect)](self, effect)

    def send(self, frame: bytes) -> None:
        """Queue a frame that is owed to the client; one that cannot be queued ends the connection, because it would be lost."""
        if self.state is not State.OPEN or self._gateway.registry.after_burst(self, frame):
            return
        if self._gateway.registry.post((self,), frame):
            self.overflow()

    def overflow(self) -> None:
        """A frame that was owed to the client cannot be queued: end the connection, so that it comes back and catches up."""
        self._gateway.counters.slow_consumers += 1
        self.happen(Ended(SLOW_CONSUMER))

    @property
    def is_closing(self) -> bool:
        """Whether its TCP connection is ending or has ended, though nobody may have been told yet."""
        return self._transport.is_closing()

    def flush(self, now_s: float) -> None:
        """Write what the outbox holds, if the client reads; that is what keeps a connection that only listens from idling."""
        if self._writable and self.outbox.frames is not None:
            self._transport.write(self.outbox.take())
            self.last_active_s = now_s

    def write_through(self, frames: bytes, now_s: float) -> bool:
        """Write frames at once if nothing waits before them; False when they must queue."""
        if not self._writable or self.outbox.frames is not None:
            return False
        self._transport.write(frames)
        self.last_active_s = now_s
        return True

    def begin_invocation(self) -> None:
        """One more message is in hand; beyond the limit nothing more is read from this client."""
        self._in_flight += 1
        if self._in_flight == self._gateway.limits.invocations_per_connection_max:
            self._transport.pause_reading()

    def end_invocation(self) -> None:
        """One message less is in hand: go on with what waits, and read on when nothing does."""
        was_full = self._is_full
        self._in_flight -= 1
        while self._held and not self._is_full:
            self._handle(self._held.popleft())
        if was_full and not self._is_full:
            self._held = None
            if not self._gateway.draining:
                self._resume_reading()

    @property
    def in_flight(self) -> int:
        """Messages in hand."""
        return self._in_flight

    @property
    def _is_full(self) -> bool:
        """Whether no further message is taken for now; what comes after the connection's end is never held back."""
        return self._in_flight >= self._gateway.limits.invocations_per_connection_max and self.state is State.OPEN

    def stop_reading(self) -> None:
        """Take no more messages from the client, for a drain."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def abandon(self) -> None:
        """Drop the TCP connection, for the end of a drain."""
        self._transport.abort()

    def deadline_elapsed(self, now_s: float) -> None:
        """The wheel's time has come: end what has elapsed, or look again later."""
        self._tick = NEVER
        if self.state is State.OPEN:
            limits = self._gateway.limits
            idle_s = self.last_active_s + limits.idle_timeout_s
            duration_s = self._opened_s + limits.connection_duration_s
            if now_s < min(idle_s, duration_s):
                self._look_by(min(idle_s, duration_s))
            elif now_s >= duration_s:
                self.happen(Ended(DURATION_ELAPSED))
            else:
                self.happen(Dropped(IDLE) if limits.idle_close == "abrupt" else Ended(IDLE))
        elif now_s < self._deadline_s:
            self._look_by(self._deadline_s)
        elif self.state is State.CLOSED:
            self._transport.abort()
        else:
            self.happen(_ELAPSED[self.state])

    # Within.

    def _look_by(self, at_s: float) -> None:
        """Be looked at by then; a look that comes sooner anyway is enough, because it plans the next."""
        self._deadline_s = at_s
        self._tick = self._gateway.wheel.bring_forward(self, self._tick, at_s)

    def _receive(self, data: bytes) -> None:
        inbounds = self._decoder.receive(data)
        if not inbounds:
            return
        self.last_active_s = self._gateway.monotonic()
        for inbound in inbounds:
            if self._is_full:
                # One read may bring thousands of small messages: stopping to read is not enough to keep the limit.
                if self._held is None:
                    self._held = deque()
                self._held.append(inbound)
            else:
                self._handle(inbound)

    def _handle(self, inbound: Inbound) -> None:
        if isinstance(inbound, str):
            if self.state is State.OPEN:
                self._gateway.message_received(self, inbound)
        elif isinstance(inbound, Ping):
            self._answer_ping(inbound)
        elif isinstance(inbound, PeerClose):
            self.happen(PeerClosed(inbound.code, inbound.reason))
        elif isinstance(inbound, Failure):
            self.happen(Violated(inbound.code, inbound.reason))

    def _resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _answer_ping(self, ping: Ping) -> None:
        # RFC 6455 section 5.5.3 lets an endpoint answer only the latest ping, so one that finds the outbox full gets none.
        if self.state is State.OPEN:
            self._gateway.registry.post((self,), encode_pong(ping.payload))

    def _begin_connect(self, _effect: InvokeConnect) -> None:
        # The task of the handshake invokes it, by looking at the state; here its time begins.
        self._look_by(self._gateway.monotonic() + self._gateway.connect_timeout_s)

    def _send_close(self, effect: SendClose) -> None:
        now_s = self._gateway.monotonic()
        self._gateway.registry.settle()
        self.outbox.push(encode_close(effect.code, effect.reason))
        self.flush(now_s)
        # However full: the client's answer is awaited, and what else it sends is thrown away.
        self._resume_reading()
        self._look_by(now_s + self._gateway.limits.close_timeout_s)

    def _invoke_disconnect(self, effect: InvokeDisconnect) -> None:
        self._gateway.closed(self, effect.closure)

    def _close_transport(self, _effect: CloseTransport) -> None:
        now_s = self._gateway.monotonic()
        self.flush(now_s)
        self._transport.close()
        self._look_by(now_s + self._gateway.limits.close_timeout_s)

    def _abort_transport(self, _effect: AbortTransport) -> None:
        self._transport.abort()

    def _end_sending(self, _effect: EndSending) -> None:
        # Closing at once would answer what the client is still sending with a reset, which may overtake the close frame. A
        # transport with TLS cannot end one half; its close goes on reading by itself until the client has answered.
        if not self._writable:
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _accept(self, effect: Accept) -> None:
        assert self.handshake is not None
        early, key = self.handshake.early, self.handshake.key
        self.handshake = None
        self._opened_s = self.last_active_s = self._gateway.monotonic()
        limits = self._gateway.limits
        self._look_by(self._opened_s + min(limits.idle_timeout_s, limits.connection_duration_s))
        self._transport.write(encode_accept(key, effect.subprotocol))
        self._gateway.opened(self)
        if early:
            self._receive(early)

    def _refuse(self, effect: Refuse) -> None:
        assert self.handshake is not None
        body = {
            "message": effect.message,
            "connectionId": self.facts.connection_id,
            "requestId": self.handshake.request_id,
        }
        self.handshake = None
        self._gateway.counters.handshakes_refused += 1
        self._transport.write(encode_refusal(effect.status, msgspec.json.encode(body).decode()))


_CARRY_OUT: Final[Mapping[type[Effect], Callable[[LiveConnection, Any], None]]] = {
    InvokeConnect: LiveConnection._begin_connect,
    Accept: LiveConnection._accept,
    Refuse: LiveConnection._refuse,
    SendClose: LiveConnection._send_close,
    EndSending: LiveConnection._end_sending,
    InvokeDisconnect: LiveConnection._invoke_disconnect,
    CloseTransport: LiveConnection._close_transport,
    AbortTransport: LiveConnection._abort_transport,
}
