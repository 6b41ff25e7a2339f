"""Deadlines of many things on one coarse wheel, so that a connection needs no timer of its own.

A thing sits in the slot of the tick at which it wants to be looked at. When its deadline moves away, as an idle deadline does with
every message, nothing is done: at the tick the thing is looked at, and says when to look again.
"""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)

NEVER: Final = -1
"""The tick of a thing that is not on the wheel."""


class DeadlineWheel(Generic[T]):
    """Times are seconds of a monotonic clock; a deadline is noticed at most `tick_s` late, never early."""

    def __init__(self, tick_s: float) -> None:
        self.tick_s = tick_s
        self._slots: dict[int, set[T]] = {}
        self._last_tick: int | None = None

    def add(self, thing: T, at_s: float) -> int:
        """Look at the thing at that time; returns the tick, which `remove` wants."""
        tick = int(at_s / self.tick_s) + 1
        if self._last_tick is not None and tick <= self._last_tick:
            tick = self._last_tick + 1
        slot = self._slots.get(tick)
        if slot is None:
            slot = self._slots[tick] = set()
        slot.add(thing)
        return tick

    def bring_forward(self, thing: T, tick: int, at_s: float) -> int:
        """Look at the thing by then at the latest; returns its tick, which stays when it comes sooner already."""
        if tick != NEVER:
            if tick <= int(at_s / self.tick_s) + 1:
                return tick
            self.remove(thing, tick)
        return self.add(thing, at_s)

    def remove(self, thing: T, tick: int) -> None:
        """Forget it; no error when its time has come already."""
        slot = self._slots.get(tick)
        if slot is not None:
            slot.discard(thing)
            if not slot:
                del self._slots[tick]

    def advance(self, now_s: float) -> list[T]:
        """All whose time has come; they are on the wheel no more."""
        now_tick = int(now_s / self.tick_s)
        if self._last_tick is None or now_tick - self._last_tick > len(self._slots):
            ticks = [tick for tick in self._slots if tick <= now_tick]
        else:
            ticks = [tick for tick in range(self._last_tick + 1, now_tick + 1) if tick in self._slots]
        self._last_tick = max(now_tick, self._last_tick or now_tick)
        due: list[T] = []
        for tick in sorted(ticks):
            due.extend(self._slots.pop(tick))
        return due
