"""How checks compare: what API Gateway does with what was seen."""

from typing import Final

from talkroom.conformance.errors import Departure

SHOWN_MAX: Final = 300
"""Characters of a value that a sentence of the report holds."""


def expect(expected: object, seen: object, what: str) -> None:
    """Raise a Departure that names both, unless they are equal."""
    if expected != seen:
        raise Departure(f"{what}: API Gateway's is {show(expected)}, this is {show(seen)}")


def require(condition: object, sentence: str) -> None:
    """Raise a Departure with this sentence, unless the condition holds."""
    if not condition:
        raise Departure(sentence)


def show(value: object) -> str:
    """A value on one short line."""
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}… ({len(text)} characters)"
