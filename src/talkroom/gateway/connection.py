"""The life of a connection, as a table.

Theory of operation. A handshake is first authorized, then integrated (the `$connect` route), and only then answered with 101:
until then the connection does not exist for the management API. An open connection ends in one of two ways. The client closes it
or is lost: then it is closed at once. Or the gateway closes it, because it idled, lasted too long, was deleted, broke the protocol
or the server drains: then the close frame goes out, `$disconnect` is invoked at once, and the gateway waits for the client's own
close frame, for a while. `$disconnect` is invoked exactly once for every connection that was open, and for one whose client left
while `$connect` was at work and then succeeded: otherwise what `$connect` has stored would stay for ever.

Two rules for this file: everything that decides a transition is here, and nothing here waits, sends or looks at a clock. Inputs
are values, effects are values; the shell in live_connection.py carries them out. An input that has no row changes nothing.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum, auto
from typing import Any, Final, NamedTuple

from talkroom.contract import close_codes
from talkroom.contract.close_codes import CloseCode, Closure


class State(IntEnum):
    """Where a connection is in its life; integers, because the table is looked up often and their hash is not Python code."""

    AUTHORIZING = auto()
    CONNECTING = auto()
    ABANDONED = auto()
    """The client left while `$connect` was at work."""
    OPEN = auto()
    CLOSING = auto()
    """Our close frame is sent, the client's is awaited."""
    CLOSED = auto()


# Inputs: what happens to a connection.


class Allowed(NamedTuple):
    """The authorizer admits the handshake, or there is none."""


class Refused(NamedTuple):
    """The authorizer, `$connect` or a deadline refuses the handshake."""

    status: int
    message: str | None
    """Body of the answer; none where AWS sends only the status."""


class Integrated(NamedTuple):
    """`$connect` succeeded, or there is no such route."""

    subprotocol: str | None


class PeerClosed(NamedTuple):
    """A close frame from the client; no code when it held none."""

    code: int | None
    reason: str


class Violated(NamedTuple):
    """The client broke a rule of the protocol or a quota."""

    code: CloseCode
    reason: str


class Lost(NamedTuple):
    """The TCP connection ended."""


class Ended(NamedTuple):
    """The gateway ends it: deleted, idle, too long, drained."""

    closure: Closure


class Dropped(NamedTuple):
    """The gateway ends it without a close frame."""

    closure: Closure


class CloseElapsed(NamedTuple):
    """The client did not answer our close frame in time."""


Input = Allowed | Refused | Integrated | PeerClosed | Violated | Lost | Ended | Dropped | CloseElapsed

# Effects: what the shell does next, in this order.


class InvokeConnect(NamedTuple):
    """Invoke the `$connect` route."""


class Refuse(NamedTuple):
    """Answer the handshake with this status."""

    status: int
    message: str | None


class Accept(NamedTuple):
    """Answer the handshake with 101; from now on the management API knows the connection."""

    subprotocol: str | None


class InvokeDisconnect(NamedTuple):
    """Invoke the `$disconnect` route; the management API no longer knows the connection."""

    closure: Closure


class SendClose(NamedTuple):
    """Send a close frame; without a code, an empty one."""

    code: int | None
    reason: str


class EndSending(NamedTuple):
    """Nothing more will be sent: end our half of the TCP connection, and read on until the client ends its own."""


class CloseTransport(NamedTuple):
    """Close the TCP connection once what was sent is on its way."""


class AbortTransport(NamedTuple):
    """Drop the TCP connection now."""


Effect = InvokeConnect | Refuse | Accept | InvokeDisconnect | SendClose | EndSending | CloseTransport | AbortTransport


def _answer_close(peer: PeerClosed) -> tuple[Effect, ...]:
    closure = close_codes.CLOSED_BY_CLIENT_WITHOUT_CODE if peer.code is None else Closure(peer.code, peer.reason)
    # RFC 6455 section 5.5.1: the answer echoes the code; section 7.1.1: the server closes the TCP connection first.
    return SendClose(peer.code, ""), InvokeDisconnect(closure), CloseTransport()


def _end(ended: Ended) -> tuple[Effect, ...]:
    return SendClose(*ended.closure), InvokeDisconnect(ended.closure)


def _fail(violated: Violated) -> tuple[Effect, ...]:
    closure = Closure(violated.code, violated.reason)
    # RFC 6455 section 7.1.7: nothing more is understood from this client, its close frame neither, so it is not waited for.
    return SendClose(*closure), EndSending(), InvokeDisconnect(closure)


_Rule = tuple[State, Callable[[Any], tuple[Effect, ...]]]

TABLE: Final[Mapping[tuple[State, type[Input]], _Rule]] = {
    (State.AUTHORIZING, Allowed): (State.CONNECTING, lambda _: (InvokeConnect(),)),
    (State.AUTHORIZING, Refused): (State.CLOSED, lambda refused: (Refuse(*refused), CloseTransport())),
    (State.AUTHORIZING, Lost): (State.CLOSED, lambda _: ()),
    (State.CONNECTING, Integrated): (State.OPEN, lambda integrated: (Accept(*integrated),)),
    (State.CONNECTING, Refused): (State.CLOSED, lambda refused: (Refuse(*refused), CloseTransport())),
    (State.CONNECTING, Lost): (State.ABANDONED, lambda _: ()),
    (State.ABANDONED, Integrated): (State.CLOSED, lambda _: (InvokeDisconnect(close_codes.LOST),)),
    (State.ABANDONED, Refused): (State.CLOSED, lambda _: ()),
    (State.OPEN, PeerClosed): (State.CLOSED, _answer_close),
    (State.OPEN, Violated): (State.CLOSING, _fail),
    (State.OPEN, Ended): (State.CLOSING, _end),
    (State.OPEN, Dropped): (State.CLOSED, lambda dropped: (AbortTransport(), InvokeDisconnect(dropped.closure))),
    (State.OPEN, Lost): (State.CLOSED, lambda _: (InvokeDisconnect(close_codes.LOST),)),
    (State.CLOSING, PeerClosed): (State.CLOSED, lambda _: (CloseTransport(),)),
    (State.CLOSING, Lost): (State.CLOSED, lambda _: ()),
    (State.CLOSING, CloseElapsed): (State.CLOSED, lambda _: (AbortTransport(),)),
}


def step(state: State, happened: Input) -> tuple[State, tuple[Effect, ...]]:
    """The next state and what to do; the same state and nothing when the table has no row."""
    rule = TABLE.get((state, type(happened)))
    if rule is None:
        return state, ()
    return rule[0], rule[1](happened)
