"""The section Conditions: which of its names are true.

Source: "Condition functions" in the CloudFormation user guide.
"""

from collections.abc import Callable

from talkroom.functions.template.errors import Place, enumerate_names
from talkroom.functions.template.intrinsics import Resolver
from talkroom.functions.template.values import Map, Value, describe, find_name

_SECTION = Place("Conditions")


class Conditions:
    """Evaluates a condition when somebody asks, once; its parts can only be parameters and mappings, as on AWS."""

    def __init__(self, section: Value, resolver: Resolver) -> None:
        if section is not None and not isinstance(section, dict):
            raise _SECTION.unusable("must be a map of conditions")
        self._section: Map = section or {}
        self._resolver = resolver
        self._known: dict[str, bool] = {}
        self._in_hand: set[str] = set()
        self._functions: dict[str, Callable[[list[Value], Place], bool]] = {
            "Fn::And": self._and,
            "Fn::Equals": self._equals,
            "Fn::Not": self._not,
            "Fn::Or": self._or,
        }

    def is_true(self, name: str, place: Place) -> bool:
        """Whether the named condition holds; `place` is where the name is used. Raises TemplateUnusable."""
        if name in self._known:
            return self._known[name]
        if name not in self._section:
            raise place.unusable(f"there is no condition {name}; the template has {enumerate_names(self._section)}")
        if name in self._in_hand:
            raise _SECTION.at(name).unusable("depends on itself")
        self._in_hand.add(name)
        try:
            self._known[name] = self._evaluate(self._section[name], _SECTION.at(name))
        finally:
            self._in_hand.discard(name)
        return self._known[name]

    def _evaluate(self, expression: Value, place: Place) -> bool:
        if not isinstance(expression, dict) or len(expression) != 1:
            raise place.unusable(
                f"must be one of Fn::And, Fn::Equals, Fn::Not, Fn::Or and Condition, not {describe(expression)}"
            )
        function, argument = next(iter(expression.items()))
        if function == "Condition":
            name = find_name(argument)
            if name is None:
                raise place.unusable("Condition needs the name of a condition")
            return self.is_true(name, place)
        if function not in self._functions:
            raise place.unusable(f"{function} is no condition; use Fn::And, Fn::Equals, Fn::Not, Fn::Or or Condition")
        if not isinstance(argument, list):
            raise place.unusable(f"{function} needs a list, not {describe(argument)}")
        return self._functions[function](argument, place)

    def _and(self, parts: list[Value], place: Place) -> bool:
        return all(self._evaluate(part, place) for part in self._several(parts, place))

    def _or(self, parts: list[Value], place: Place) -> bool:
        return any(self._evaluate(part, place) for part in self._several(parts, place))

    def _not(self, parts: list[Value], place: Place) -> bool:
        if len(parts) != 1:
            raise place.unusable("Fn::Not needs a list of one condition")
        return not self._evaluate(parts[0], place)

    def _equals(self, parts: list[Value], place: Place) -> bool:
        if len(parts) != 2:
            raise place.unusable("Fn::Equals needs a list of two values")
        return self._resolver.resolve(parts[0], place) == self._resolver.resolve(parts[1], place)

    def _several(self, parts: list[Value], place: Place) -> list[Value]:
        if not parts:
            raise place.unusable("Fn::And and Fn::Or need conditions")
        return parts
