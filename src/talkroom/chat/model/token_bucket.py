"""How fast one connection may send commands."""

from enum import Enum, auto

import msgspec


class Verdict(Enum):
    """What happens to one command."""

    ACCEPTED = auto()
    REFUSED = auto()
    """Too fast: an error that may be retried."""
    EXCESSIVE = auto()
    """It goes on in spite of the errors: the connection is closed."""


class Bucket(msgspec.Struct, frozen=True):
    """The state after the last command."""

    tokens: float
    at_ms: int
    refused: int = 0
    """Commands refused since the bucket was last full."""


def take(bucket: Bucket | None, now_ms: int, *, per_s: float, burst: int, refused_max: int) -> tuple[Bucket, Verdict]:
    """One command at `now_ms`: the next state and the verdict. No bucket is a full one.

    A clock that goes backwards refills nothing.
    """
    if bucket is None:
        return Bucket(burst - 1, now_ms), Verdict.ACCEPTED
    elapsed_ms = max(0, now_ms - bucket.at_ms)
    tokens = min(float(burst), bucket.tokens + elapsed_ms * per_s / 1000)
    refused = 0 if tokens >= burst else bucket.refused
    if tokens >= 1:
        return Bucket(tokens - 1, now_ms, refused), Verdict.ACCEPTED
    refused += 1
    return Bucket(tokens, now_ms, refused), Verdict.EXCESSIVE if refused > refused_max else Verdict.REFUSED


def is_full(bucket: Bucket, now_ms: int, *, per_s: float, burst: int) -> bool:
    """Whether it has refilled, so that nothing need be kept about the connection."""
    return bucket.tokens + (now_ms - bucket.at_ms) * per_s / 1000 >= burst
