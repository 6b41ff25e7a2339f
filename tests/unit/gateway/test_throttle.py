"""The throttle: a rate, after a burst."""

from talkroom.gateway.api import ThrottleConfig
from talkroom.gateway.throttle import Throttle


class Seconds:
    """A monotonic clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


def test_a_burst_is_taken_and_one_more_is_refused() -> None:
    """The bucket begins full."""
    throttle = Throttle(ThrottleConfig(per_s=1, burst=3), Seconds())

    assert [True, True, True, False] == [throttle.take() for _ in range(4)]


def test_tokens_come_back_at_the_rate() -> None:
    """Two a second: after a second and a half, three."""
    clock = Seconds()
    throttle = Throttle(ThrottleConfig(per_s=2, burst=3), clock)
    for _ in range(3):
        throttle.take()
    clock.now_s += 1.5

    assert [True, True, True, False] == [throttle.take() for _ in range(4)]


def test_no_more_tokens_are_saved_than_the_burst() -> None:
    """However long nothing was asked."""
    clock = Seconds()
    throttle = Throttle(ThrottleConfig(per_s=1000, burst=2), clock)
    clock.now_s += 3600

    assert [True, True, False] == [throttle.take() for _ in range(3)]
