"""How long to wait before a call is repeated. Pure."""

from typing import Final

BACKOFF_BASE_S: Final = 0.1
"""A repeated call waits for at most this long the first time, at most twice as long the next time, and so on."""

BACKOFF_S_MAX: Final = 2.0
"""And never longer than this."""


def backoff_s(attempts: int, jitter: float) -> float:
    """How long to wait after so many failed attempts (1 or more): full jitter, that is anything up to a limit that doubles.

    `jitter` is from 0 to 1. Why the whole of the wait is random: "Exponential Backoff And Jitter" in the AWS Architecture Blog.
    """
    # The exponent is bounded because a float is.
    return jitter * min(BACKOFF_S_MAX, BACKOFF_BASE_S * 2.0 ** min(attempts - 1, 16))
