"""How long a room's messages are kept."""

from typing import Final

import msgspec

from talkroom.chat.model.message import BEGINNING

WITHOUT_END: Final = 2**62
"""Stands for a limit that is not set, in milliseconds or in messages: more than any clock or log reaches."""


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Two limits of each room; None sets none. What is past either is gone for every caller at once, in every adapter.

    When its place in memory or on disk is freed is the adapter's business. Through the port it can be observed only by a clock
    that steps back, which may bring back what has not been freed.
    """

    max_age_s: int | None = None
    """Seconds since the log stored a message, by the log's clock; then it is gone. At least 1."""

    max_messages: int | None = None
    """Messages of one room; the oldest beyond it are gone. At least 1."""

    def __post_init__(self) -> None:
        """Raises ValueError: a limit of nothing would empty a log while it is being written."""
        for name, limit in (("max_age_s", self.max_age_s), ("max_messages", self.max_messages)):
            if limit is not None and limit < 1:
                raise ValueError(f"{name} is {limit}; give at least 1, or nothing for no limit.")

    @property
    def unlimited(self) -> bool:
        """Whether everything is kept for ever."""
        return self.max_age_s is None and self.max_messages is None

    @property
    def count_max(self) -> int:
        """`max_messages` as a number that can be calculated with."""
        return WITHOUT_END if self.max_messages is None else self.max_messages

    def cutoff_ms(self, now_ms: int) -> int:
        """Messages stored at this moment or earlier are past their age."""
        return -WITHOUT_END if self.max_age_s is None else now_ms - self.max_age_s * 1000

    def floor(self, last: int) -> int:
        """The oldest sequence that `max_messages` keeps in a log that ends with `last`."""
        return max(BEGINNING, last - self.count_max) + 1


UNLIMITED: Final = Retention()
"""Everything is kept for ever."""
