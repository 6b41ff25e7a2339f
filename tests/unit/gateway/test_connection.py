"""The lifecycle's table: every row, every input that has none, and what holds on every path."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkroom.contract.close_codes import CloseCode, Closure
from talkroom.gateway.connection import (
    TABLE,
    AbortTransport,
    Accept,
    Allowed,
    CloseElapsed,
    CloseTransport,
    Dropped,
    Effect,
    Ended,
    EndSending,
    Input,
    Integrated,
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

REFUSED = Refused(403, "no")
DELETED = Closure(1000, "Connection Closed Normally")
ENDED = Ended(DELETED)
DROPPED = Dropped(Closure(1001, "Going away"))
VIOLATED = Violated(CloseCode.MESSAGE_TOO_BIG, "a frame is too big")
INPUTS: tuple[Input, ...] = (
    Allowed(),
    REFUSED,
    Integrated("chosen"),
    PeerClosed(4001, "bye"),
    VIOLATED,
    Lost(),
    ENDED,
    DROPPED,
    CloseElapsed(),
)
LOST = InvokeDisconnect(Closure(1006, ""))
REFUSE = (Refuse(403, "no"), CloseTransport())

ROWS: tuple[tuple[State, Input, State, tuple[Effect, ...]], ...] = (
    (State.AUTHORIZING, Allowed(), State.CONNECTING, (InvokeConnect(),)),
    (State.AUTHORIZING, REFUSED, State.CLOSED, REFUSE),
    (State.AUTHORIZING, Lost(), State.CLOSED, ()),
    (State.CONNECTING, Integrated("chosen"), State.OPEN, (Accept("chosen"),)),
    (State.CONNECTING, Integrated(None), State.OPEN, (Accept(None),)),
    (State.CONNECTING, REFUSED, State.CLOSED, REFUSE),
    (State.CONNECTING, Lost(), State.ABANDONED, ()),
    (State.ABANDONED, Integrated("chosen"), State.CLOSED, (LOST,)),
    (State.ABANDONED, REFUSED, State.CLOSED, ()),
    (
        State.OPEN,
        PeerClosed(4001, "bye"),
        State.CLOSED,
        (SendClose(4001, ""), InvokeDisconnect(Closure(4001, "bye")), CloseTransport()),
    ),
    (
        State.OPEN,
        PeerClosed(None, ""),
        State.CLOSED,
        (
            SendClose(None, ""),
            InvokeDisconnect(Closure(1005, "Client-side close frame status not set")),
            CloseTransport(),
        ),
    ),
    (
        State.OPEN,
        VIOLATED,
        State.CLOSING,
        (SendClose(1009, "a frame is too big"), EndSending(), InvokeDisconnect(Closure(1009, "a frame is too big"))),
    ),
    (State.OPEN, ENDED, State.CLOSING, (SendClose(1000, "Connection Closed Normally"), InvokeDisconnect(DELETED))),
    (State.OPEN, DROPPED, State.CLOSED, (AbortTransport(), InvokeDisconnect(Closure(1001, "Going away")))),
    (State.OPEN, Lost(), State.CLOSED, (LOST,)),
    (State.CLOSING, PeerClosed(1000, ""), State.CLOSED, (CloseTransport(),)),
    (State.CLOSING, Lost(), State.CLOSED, ()),
    (State.CLOSING, CloseElapsed(), State.CLOSED, (AbortTransport(),)),
)
LEGAL = {(state, type(happened)) for state, happened, _next, _effects in ROWS}
ILLEGAL = [(state, one) for state, one in product(State, INPUTS) if (state, type(one)) not in LEGAL]


@pytest.mark.parametrize(("state", "happened", "expected", "effects"), ROWS)
def test_a_row(state: State, happened: Input, expected: State, effects: tuple[Effect, ...]) -> None:
    """The next state, and what to do in which order."""
    assert (expected, effects) == step(state, happened)


def test_the_rows_are_the_table() -> None:
    """No row of the table is untested."""
    assert set(TABLE) == LEGAL


@pytest.mark.parametrize(("state", "happened"), ILLEGAL)
def test_an_input_without_a_row_changes_nothing(state: State, happened: Input) -> None:
    """Late, doubled and impossible inputs are no error: what waits cannot know what was decided meanwhile."""
    assert (state, ()) == step(state, happened)


def walk(inputs: list[Input]) -> tuple[list[State], list[Effect]]:
    """The states on the way, the first included, and all effects."""
    states, effects = [State.AUTHORIZING], list[Effect]()
    for happened in inputs:
        state, done = step(states[-1], happened)
        states.append(state)
        effects.extend(done)
    return states, effects


def count(effects: list[Effect], *kinds: type[Effect]) -> int:
    """How many of these kinds."""
    return sum(isinstance(effect, kinds) for effect in effects)


# An end that comes whatever else happens: the TCP connection cannot outlive its deadlines, and `$connect` answers at last.
FINALLY = [Lost(), Integrated(None), Lost()]
paths = st.lists(st.sampled_from(INPUTS), max_size=12)


@given(paths)
def test_disconnect_is_invoked_exactly_once_for_what_was_open_or_succeeded_too_late(inputs: list[Input]) -> None:
    """And never for anything else."""
    states, effects = walk(inputs + FINALLY)
    succeeded_too_late = any(
        before is State.ABANDONED and isinstance(happened, Integrated)
        for before, happened in zip(states, inputs + FINALLY, strict=False)
    )

    assert (State.OPEN in states) + succeeded_too_late == count(effects, InvokeDisconnect)


@given(paths)
def test_a_handshake_is_answered_once(inputs: list[Input]) -> None:
    """With 101 or with a refusal, and `$connect` is invoked at most once before."""
    _, effects = walk(inputs)

    assert count(effects, Accept, Refuse) <= 1
    assert count(effects, InvokeConnect) <= 1


@given(paths)
def test_nothing_happens_after_the_end(inputs: list[Input]) -> None:
    """CLOSED is where every path ends and none goes on."""
    states, _ = walk(inputs + FINALLY)

    assert State.CLOSED is states[-1]
    first = states.index(State.CLOSED)
    assert {State.CLOSED} == set(states[first:])


@given(paths)
def test_at_most_one_close_frame_is_sent(inputs: list[Input]) -> None:
    """RFC 6455 section 5.5.1, and only to a connection that was open."""
    states, effects = walk(inputs)

    assert count(effects, SendClose) <= (State.OPEN in states)


@given(paths)
def test_the_management_api_knows_a_connection_from_accept_to_disconnect(inputs: list[Input]) -> None:
    """Accept comes with OPEN, and leaving OPEN comes with InvokeDisconnect, at once."""
    state = State.AUTHORIZING
    for happened in inputs:
        before, (state, effects) = state, step(state, happened)
        entered, left = (
            state is State.OPEN and before is not State.OPEN,
            before is State.OPEN and state is not State.OPEN,
        )

        assert entered == (count(list(effects), Accept) == 1)
        assert not left or count(list(effects), InvokeDisconnect) == 1
