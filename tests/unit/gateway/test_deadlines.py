"""The wheel: nothing is looked at early, everything in the end, however far the clock jumps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from talkroom.gateway.deadlines import NEVER, DeadlineWheel

TICK_S = 0.25


@pytest.fixture
def wheel() -> DeadlineWheel[str]:
    """A wheel that has looked at the clock once, at 100 s."""
    wheel = DeadlineWheel[str](TICK_S)
    wheel.advance(100.0)
    return wheel


def test_a_thing_is_due_after_its_deadline_and_not_at_it(wheel: DeadlineWheel[str]) -> None:
    """Within a tick."""
    wheel.add("a", 101.0)

    assert [] == wheel.advance(101.0)
    assert ["a"] == wheel.advance(101.25)


def test_a_thing_is_due_once(wheel: DeadlineWheel[str]) -> None:
    """Then it is on the wheel no more."""
    wheel.add("a", 101.0)
    wheel.advance(102.0)

    assert [] == wheel.advance(200.0)


def test_things_are_due_in_the_order_of_their_ticks(wheel: DeadlineWheel[str]) -> None:
    """However they were added."""
    wheel.add("late", 104.0)
    wheel.add("early", 101.0)
    wheel.add("middle", 102.0)

    assert ["early", "middle", "late"] == wheel.advance(105.0)


@pytest.mark.parametrize("jump_s", [0.3, 10.0, 1e6, 1e12])
def test_a_jump_of_the_clock_forgets_nothing(wheel: DeadlineWheel[str], jump_s: float) -> None:
    """A laptop that slept, or a loop that was blocked; the cost does not grow with the jump."""
    wheel.add("a", 100.01)

    assert ["a"] == wheel.advance(100.0 + jump_s)


def test_a_jump_does_not_take_what_is_not_due(wheel: DeadlineWheel[str]) -> None:
    """Only what has elapsed."""
    wheel.add("due", 500.0)
    wheel.add("not yet", 501.0)

    assert ["due"] == wheel.advance(500.5)
    assert ["not yet"] == wheel.advance(501.5)


def test_a_deadline_in_the_past_is_due_at_the_next_tick(wheel: DeadlineWheel[str]) -> None:
    """It is not lost in a slot that was passed."""
    wheel.add("a", 3.0)

    assert ["a"] == wheel.advance(100.25)


def test_a_clock_that_goes_back_does_nothing(wheel: DeadlineWheel[str]) -> None:
    """And nothing is due twice or early when it comes forward again."""
    wheel.add("a", 101.0)

    assert [] == wheel.advance(50.0)
    assert [] == wheel.advance(101.0)
    assert ["a"] == wheel.advance(101.3)


def test_a_wheel_that_was_never_looked_at_has_its_things(wheel: DeadlineWheel[str]) -> None:
    """Deadlines may be set before the first tick."""
    fresh = DeadlineWheel[str](TICK_S)
    fresh.add("a", 100.0)
    fresh.add("b", 200.0)

    assert ["a"] == fresh.advance(150.0)


def test_a_removed_thing_is_not_due(wheel: DeadlineWheel[str]) -> None:
    """Its neighbour in the slot is."""
    tick = wheel.add("a", 101.0)
    wheel.add("b", 101.0)
    wheel.remove("a", tick)

    assert ["b"] == wheel.advance(102.0)


@pytest.mark.parametrize("tick", [NEVER, 0, 400, 10**9])
def test_removing_what_is_not_there_is_no_error(wheel: DeadlineWheel[str], tick: int) -> None:
    """Its time may have come, or it was never added."""
    wheel.remove("a", tick)

    assert [] == wheel.advance(1000.0)


def test_a_thing_may_be_removed_and_added_again(wheel: DeadlineWheel[str]) -> None:
    """As a deadline that moved."""
    wheel.remove("a", wheel.add("a", 101.0))
    wheel.add("a", 103.0)

    assert [] == wheel.advance(102.0)
    assert ["a"] == wheel.advance(103.5)


def test_bringing_forward_moves_a_thing_to_an_earlier_tick(wheel: DeadlineWheel[str]) -> None:
    """It is due once, at the earlier time."""
    tick = wheel.bring_forward("a", wheel.add("a", 200.0), 101.0)

    assert ["a"] == wheel.advance(102.0)
    assert [] == wheel.advance(300.0)
    assert tick == int(101.0 / TICK_S) + 1


def test_bringing_forward_never_puts_off(wheel: DeadlineWheel[str]) -> None:
    """A later time changes nothing: who is looked at sooner plans the next look."""
    tick = wheel.add("a", 101.0)

    assert tick == wheel.bring_forward("a", tick, 200.0)
    assert ["a"] == wheel.advance(102.0)


def test_bringing_forward_adds_what_is_not_on_the_wheel(wheel: DeadlineWheel[str]) -> None:
    """`NEVER` is the tick of such a thing."""
    assert NEVER < wheel.bring_forward("a", NEVER, 101.0)
    assert ["a"] == wheel.advance(102.0)


@given(st.floats(0.001, 1.0), st.floats(0, 1e6), st.floats(0, 1e6))
def test_never_early_and_at_most_a_tick_late(tick_s: float, at_s: float, now_s: float) -> None:
    """For any tick and any times."""
    wheel = DeadlineWheel[str](tick_s)
    wheel.add("a", at_s)
    due = wheel.advance(now_s)

    if due:
        assert now_s >= at_s
    else:
        assert now_s <= at_s + tick_s * (1 + 1e-6) + 1e-6


class Walk(RuleBasedStateMachine):
    """Any mixture of adding, removing, bringing forward and looking, beside a plain dictionary of deadlines."""

    def __init__(self) -> None:
        super().__init__()
        self.wheel = DeadlineWheel[int](TICK_S)
        self.now_s = 1000.0
        self.wheel.advance(self.now_s)
        self.next = 0
        self.expected: dict[int, tuple[float, int]] = {}

    @rule(after_s=st.floats(-5, 50))
    def add(self, after_s: float) -> None:
        """Something new."""
        self.next += 1
        at_s = self.now_s + after_s
        self.expected[self.next] = (at_s, self.wheel.add(self.next, at_s))

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Something that is there."""
        thing = data.draw(st.sampled_from(sorted(self.expected)))
        self.wheel.remove(thing, self.expected.pop(thing)[1])

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), after_s=st.floats(-5, 50))
    def bring_forward(self, data: st.DataObject, after_s: float) -> None:
        """Something that is there, to any time."""
        thing = data.draw(st.sampled_from(sorted(self.expected)))
        at_s, tick = self.expected[thing]
        wanted_s = self.now_s + after_s
        self.expected[thing] = (min(at_s, wanted_s), self.wheel.bring_forward(thing, tick, wanted_s))

    @rule(elapsed_s=st.one_of(st.floats(0, 3), st.floats(0, 1000)))
    def advance(self, elapsed_s: float) -> None:
        """Time passes: what is due comes, nothing comes early, nothing comes twice."""
        self.now_s += elapsed_s
        due = self.wheel.advance(self.now_s)

        assert len(due) == len(set(due))
        for thing in due:
            assert self.expected.pop(thing)[0] <= self.now_s
        if elapsed_s >= TICK_S:
            assert all(at_s > self.now_s - TICK_S for at_s, _ in self.expected.values()), "something is overdue"


TestWalk = Walk.TestCase
