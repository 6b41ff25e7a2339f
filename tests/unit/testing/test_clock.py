"""A clock that tests move by hand."""

from talkroom.testing import FakeClock
from talkroom.testing.clock import START_MS


def test_time_stands_still():
    """However often one looks."""
    clock = FakeClock()

    assert [START_MS, START_MS] == [clock(), clock()]


def test_time_goes_on_when_told():
    """By milliseconds."""
    clock = FakeClock(1000)
    clock.advance(5)

    assert 1005 == clock()


def test_a_clock_can_be_set_back():
    """As time servers do."""
    clock = FakeClock(1000)
    clock.advance(-5)

    assert 995 == clock()
