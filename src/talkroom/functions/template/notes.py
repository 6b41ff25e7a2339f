"""What a template has and its stack does not."""

from typing import Final

NOTES_MAX: Final = 200
"""Sentences; a template with more to say is told that there is more."""


class Notes:
    """Sentences in the order in which they were first said."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def add(self, sentence: str) -> None:
        """Once, however often it is said."""
        if len(self._sentences) < NOTES_MAX:
            self._sentences[sentence] = None
        elif sentence not in self._sentences:
            self._sentences["There is more that is not served than these notes can hold."] = None

    def all(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._sentences)
