"""A clock that tests move by hand."""

from typing import Final

START_MS: Final = 1_764_072_000_000
"""25 November 2025, 12:00:00 UTC: where a `FakeClock` stands at first."""


class FakeClock:
    """Wall-clock time in epoch milliseconds that stands still until it is told to go on."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms

    def __call__(self) -> int:
        """Now."""
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Let time pass. A negative number sets the clock back, as a time server may."""
        self._now_ms += ms
