"""Where in a template something is, and why that cannot be served."""

from collections.abc import Iterable
from typing import Final

import msgspec

QUOTE_CHARACTERS_MAX: Final = 200
"""Of a template's text that a message repeats; the rest becomes three dots."""

NAMES_MAX: Final = 20
"""Names that a message lists."""


class Place(msgspec.Struct, frozen=True):
    """A property: the logical id of its resource (or the name of another section), and the path below it."""

    resource: str
    path: tuple[str, ...] = ()

    def at(self, *names: str) -> "Place":
        """A place below this one."""
        return Place(self.resource, self.path + names)

    def unusable(self, reason: str) -> "TemplateUnusable":
        """The error that says so of this place."""
        return TemplateUnusable(reason, self)

    def not_known_here(self, reason: str) -> "NotKnownHere":
        """The error of a value that only AWS knows."""
        return NotKnownHere(reason, self)

    def __str__(self) -> str:
        return ".".join((self.resource, *self.path))


class TemplateUnusable(Exception):
    """The template cannot be served: its message names the resource and the property, the reason, and what to do.

    `resource` is a logical id, or the name of a section such as `Parameters`; `property` is a path such as
    `Environment.Variables.TABLE`. Either is None when the message is about the whole of a thing.
    """

    def __init__(self, reason: str, place: Place | None = None) -> None:
        super().__init__(reason if place is None else f"{place}: {reason}")
        self.resource = place.resource if place else None
        self.property = ".".join(place.path) or None if place else None


class NotKnownHere(TemplateUnusable):
    """A value that only AWS knows. What is not served may do without it."""


def quote(text: str) -> str:
    """Text of a template for a message: in quotes, on one line, and no longer than a message should be."""
    return repr(text if len(text) <= QUOTE_CHARACTERS_MAX else text[:QUOTE_CHARACTERS_MAX] + "...")


def enumerate_names(names: Iterable[str]) -> str:
    """Names for a message, as "a, b and c"; "none" when there are none, and no more of them than a message should have."""
    listed = list(names)
    if len(listed) > NAMES_MAX:
        listed = [*listed[:NAMES_MAX], f"{len(listed) - NAMES_MAX} more"]
    if not listed:
        return "none"
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
