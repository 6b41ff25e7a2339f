"""The properties of a resource, by what they must be."""

import re
from typing import Final

from talkroom.functions.template.errors import NotKnownHere, Place, quote
from talkroom.functions.template.intrinsics import Resolver
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.values import Map, Value, describe

_INTEGER: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,15})?", re.ASCII)


class Properties:
    """Reads properties, resolved, one at a time: what is not asked for need not be resolvable.

    Every method raises TemplateUnusable, naming the property, when it is not what is asked for. A property that is null or
    `AWS::NoValue` is not there.
    """

    def __init__(self, resource: Resource, resolver: Resolver) -> None:
        self._resource = resource
        self._resolver = resolver
        for name in resource.properties:
            if name.startswith("Fn::"):
                raise resource.place(name).not_known_here(
                    "a macro makes properties here, which only CloudFormation runs"
                )

    def place(self, name: str) -> Place:
        """Where the property is."""
        return self._resource.place(name)

    def find(self, name: str) -> Value:
        """The property, whatever it is."""
        return self._resolver.resolve(self._resource.properties.get(name), self.place(name))

    def has(self, name: str) -> bool:
        """Whether it is there; what it is may be known on AWS only."""
        try:
            return self.find(name) is not None
        except NotKnownHere:
            return True

    def find_text(self, name: str) -> str | None:
        """Text."""
        return find_text(self.find(name), self.place(name))

    def get_text(self, name: str) -> str:
        """Text that must be there, and not be empty."""
        text = self.find_text(name)
        if not text:
            raise self.place(name).unusable("is missing" if text is None else "is empty")
        return text

    def find_integer(self, name: str, minimum: int, maximum: int) -> int | None:
        """A whole number in a range."""
        return find_integer(self.find(name), self.place(name), minimum, maximum)

    def is_set(self, name: str) -> bool:
        """A flag; not there is false."""
        value = self.find(name)
        if value not in (None, "true", "false", "True", "False"):
            raise self.place(name).unusable("must be true or false")
        return value in ("true", "True")

    def find_map(self, name: str) -> Map:
        """A map; not there is empty."""
        value = self.find(name)
        if value is not None and not isinstance(value, dict):
            raise self.place(name).unusable(f"must be a map, not {describe(value)}")
        return value or {}

    def find_texts(self, name: str) -> dict[str, str]:
        """A map of text; not there is empty."""
        return get_texts(self.find_map(name), self.place(name))

    def find_list(self, name: str) -> list[Value]:
        """A list; not there is empty."""
        value = self.find(name)
        if value is not None and not isinstance(value, list):
            raise self.place(name).unusable(f"must be a list, not {describe(value)}")
        return value or []


def find_text(value: Value, place: Place) -> str | None:
    """A resolved value as text, or None when it is not there. Raises TemplateUnusable."""
    if value is not None and not isinstance(value, str):
        raise place.unusable(f"must be text, not {describe(value)}")
    return None if value is None else str(value)


def get_texts(value: Map, place: Place) -> dict[str, str]:
    """A resolved map whose values must be text. Raises TemplateUnusable."""
    texts: dict[str, str] = {}
    for key, item in value.items():
        text = find_text(item, place.at(key))
        if text is None:
            raise place.at(key).unusable("has no value, and CloudFormation takes no null")
        texts[key] = text
    return texts


def find_integer(value: Value, place: Place, minimum: int, maximum: int) -> int | None:
    """A resolved value as a whole number in a range, or None when it is not there. Raises TemplateUnusable."""
    text = find_text(value, place)
    if text is None:
        return None
    if not _INTEGER.fullmatch(text) or not minimum <= int(text) <= maximum:
        raise place.unusable(f"must be a whole number from {minimum} to {maximum}, not {quote(text)}")
    return int(text)


def find_number(value: Value, place: Place) -> float | None:
    """A resolved value as a number that is not negative, or None when it is not there. Raises TemplateUnusable."""
    text = find_text(value, place)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise place.unusable(f"must be a number that is not negative, not {quote(text)}")
    return float(text)
