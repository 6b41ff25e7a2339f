"""Waits between attempts."""

import pytest

from talkroom.aws.backoff import BACKOFF_S_MAX, backoff_s


@pytest.mark.parametrize(
    ("attempts", "longest_s"), [(1, 0.1), (2, 0.2), (3, 0.4), (6, BACKOFF_S_MAX), (10_000, BACKOFF_S_MAX)]
)
def test_the_longest_wait_doubles_up_to_a_limit(attempts: int, longest_s: float) -> None:
    """And the whole of it is random."""
    assert (0.0, longest_s / 2, longest_s) == tuple(backoff_s(attempts, jitter) for jitter in (0.0, 0.5, 1.0))
