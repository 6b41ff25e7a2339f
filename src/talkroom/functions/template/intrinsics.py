"""CloudFormation's functions, resolved.

A value is resolved when somebody needs it and not before: what only AWS knows (an import, an availability zone, a macro) is an
error of the property that needs it, and of nothing else. Source: "Intrinsic function reference" in the CloudFormation user guide.
"""

import base64
import json
import re
from collections.abc import Callable
from enum import Enum
from typing import Final, Literal, Protocol, TypeAlias

from talkroom.functions.template.errors import Place, quote
from talkroom.functions.template.limits import RESOLVED_CHARACTERS_MAX, RESOLVED_VALUES_MAX
from talkroom.functions.template.values import Map, Value, count_characters, describe, find_function, find_name, to_json


class _Absent(Enum):
    NO_VALUE = "AWS::NoValue"


NO_VALUE: Final = _Absent.NO_VALUE
"""What `!Ref AWS::NoValue` is: its property is not there."""

Resolved: TypeAlias = "Value | Literal[_Absent.NO_VALUE]"

_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z0-9_.:]+", re.ASCII)
_INDEX: Final = re.compile(r"[0-9]{1,6}", re.ASCII)

_ONLY_ON_AWS: Final = {
    "Fn::ImportValue": "is an export of another stack",
    "Fn::GetAZs": "is what availability zones an account has",
    "Fn::Cidr": "is computed by CloudFormation",
    "Fn::Transform": "is made by a macro",
    "Fn::GetStackOutput": "is an output of another stack",
}
_ONLY_IN_CONDITIONS: Final = frozenset({"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"})


class Names(Protocol):
    """What the names in a template stand for."""

    def get_reference(self, name: str, place: Place) -> Value:
        """What `Ref` of a parameter, a pseudo parameter or a resource is. Raises TemplateUnusable of the place."""

    def get_attribute(self, name: str, attribute: str, place: Place) -> Value:
        """What `Fn::GetAtt` of a resource is. Raises TemplateUnusable of the place."""


class Resolver:
    """Answers what a value comes to."""

    def __init__(self, names: Names, mappings: Value, is_true: Callable[[str, Place], bool]) -> None:
        self._names = names
        self._mappings = mappings
        self._is_true = is_true
        self._values = 0
        self._characters = 0
        self._functions: dict[str, Callable[[Value, Place], Resolved]] = {
            "Ref": self._ref,
            "Fn::Base64": self._base64,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Length": self._length,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": self._to_json_string,
        }

    def resolve(self, value: Value, place: Place) -> Value:
        """The value without functions; None when it is `AWS::NoValue`. Raises TemplateUnusable, naming the place or one below."""
        resolved = self._resolve(value, place)
        return None if resolved is NO_VALUE else resolved

    def _resolve(self, value: Value, place: Place) -> Resolved:
        self._values += 1
        if self._values > RESOLVED_VALUES_MAX:
            raise place.unusable(f"the template's functions come to more than {RESOLVED_VALUES_MAX} values")
        name = find_function(value)
        if name is not None and isinstance(value, dict):
            return self._call(name, value[name], place)
        if isinstance(value, dict):
            return self._resolve_map(value, place)
        if isinstance(value, list):
            items = [self._resolve(item, place.at(str(index))) for index, item in enumerate(value)]
            return [item for item in items if item is not NO_VALUE]
        return value

    def _resolve_map(self, value: Map, place: Place) -> Map:
        for key in value:
            if key.startswith("Fn::"):
                raise place.unusable(f"{quote(key)} must be the only key of its map")
        items = {key: self._resolve(item, place.at(key)) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not NO_VALUE}

    def _call(self, name: str, argument: Value, place: Place) -> Resolved:
        function = self._functions.get(name)
        if function is not None:
            return function(argument, place)
        if name in _ONLY_ON_AWS:
            raise place.not_known_here(
                f"{name} {_ONLY_ON_AWS[name]}, which is not known here; make it a parameter with a default"
            )
        if name in _ONLY_IN_CONDITIONS:
            raise place.unusable(f"{name} belongs into the section Conditions; name the condition in Fn::If")
        raise place.unusable(f"there is no function {quote(name)}")

    def _ref(self, argument: Value, place: Place) -> Resolved:
        name = find_name(argument)
        if name is None:
            raise place.unusable(f"Ref needs a name, not {describe(argument)}")
        return NO_VALUE if name == NO_VALUE.value else self._names.get_reference(name, place)

    def _get_att(self, argument: Value, place: Place) -> Value:
        parts: list[Value] = list(argument.split(".", 1)) if isinstance(argument, str) else self._list(argument, place)
        name = find_name(parts[0]) if len(parts) == 2 else None
        if name is None:
            raise place.unusable("Fn::GetAtt needs the logical id of a resource and the name of an attribute")
        return self._names.get_attribute(name, self._text(parts[1], place, "Fn::GetAtt"), place)

    def _if(self, argument: Value, place: Place) -> Resolved:
        if not isinstance(argument, list) or len(argument) != 3:
            raise place.unusable("Fn::If needs a condition, a value if it is true and a value if it is false")
        name = find_name(argument[0])
        if name is None:
            raise place.unusable(f"Fn::If needs the name of a condition, not {describe(argument[0])}")
        return self._resolve(argument[1] if self._is_true(name, place) else argument[2], place)

    def _join(self, argument: Value, place: Place) -> Value:
        if not isinstance(argument, list) or len(argument) != 2:
            raise place.unusable("Fn::Join needs a delimiter and a list")
        delimiter = self._text(argument[0], place, "Fn::Join")
        items = self._list(self.resolve(argument[1], place), place, "Fn::Join")
        for item in items:
            if not isinstance(item, str):
                raise place.unusable(f"Fn::Join can only join text, not {describe(item)}")
        texts = [item for item in items if isinstance(item, str)]
        self._spend(sum(map(len, texts)) + len(delimiter) * len(texts), place)
        return delimiter.join(texts)

    def _split(self, argument: Value, place: Place) -> Value:
        if not isinstance(argument, list) or len(argument) != 2:
            raise place.unusable("Fn::Split needs a delimiter and text")
        delimiter = self._text(argument[0], place, "Fn::Split")
        text = self._text(argument[1], place, "Fn::Split")
        if not delimiter:
            raise place.unusable("Fn::Split needs a delimiter that is not empty")
        self._spend(len(text), place)
        return list(text.split(delimiter))

    def _select(self, argument: Value, place: Place) -> Value:
        if not isinstance(argument, list) or len(argument) != 2:
            raise place.unusable("Fn::Select needs an index and a list")
        index = self._text(argument[0], place, "Fn::Select")
        items = self._list(self.resolve(argument[1], place), place, "Fn::Select")
        if not _INDEX.fullmatch(index) or int(index) >= len(items):
            raise place.unusable(f"Fn::Select: a list of {len(items)} has no item {quote(index)}")
        return items[int(index)]

    def _base64(self, argument: Value, place: Place) -> Value:
        text = self._text(argument, place, "Fn::Base64")
        self._spend(2 * len(text), place)
        return base64.b64encode(text.encode()).decode()

    def _length(self, argument: Value, place: Place) -> Value:
        return str(len(self._list(self.resolve(argument, place), place, "Fn::Length")))

    def _to_json_string(self, argument: Value, place: Place) -> Value:
        value = self.resolve(argument, place)
        self._spend(count_characters(value), place)
        return json.dumps(to_json(value), separators=(",", ":"), ensure_ascii=False)

    def _find_in_map(self, argument: Value, place: Place) -> Resolved:
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            raise place.unusable("Fn::FindInMap needs the name of a mapping, a top-level key and a second-level key")
        keys = [self._text(item, place, "Fn::FindInMap", as_written=True) for item in argument[:3]]
        found = self._mappings
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            return self._resolve(found, place)
        options = argument[3] if len(argument) == 4 else None
        if isinstance(options, dict) and "DefaultValue" in options:
            return self._resolve(options["DefaultValue"], place)
        raise place.unusable(f"Fn::FindInMap: Mappings has no {'.'.join(quote(key) for key in keys)}")

    def _sub(self, argument: Value, place: Place) -> Value:
        text, variables = argument, dict[str, Value]()
        if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
            text, variables = argument[0], argument[1]
        if not isinstance(text, str):
            raise place.unusable("Fn::Sub needs text, or text and a map of variables")
        made = _VARIABLE.sub(lambda match: self._substitute(match[1], variables, place), text)
        self._spend(len(made), place)
        return made

    def _substitute(self, name: str, variables: Map, place: Place) -> str:
        """What stands for `${name}`; `${!name}` is the text `${name}`."""
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in variables:
            return self._text(variables[name], place, f"Fn::Sub: ${{{name}}}")
        if not _VARIABLE_NAME.fullmatch(name):
            raise place.unusable(f"Fn::Sub: ${{{name[:50]}}} is no name: write ${{!...}} for text that stays as it is")
        resource, _, attribute = name.partition(".")
        value = self._names.get_attribute(resource, attribute, place) if attribute else self._ref(name, place)
        if not isinstance(value, str):
            raise place.unusable(f"Fn::Sub: ${{{name}}} is not text")
        self._spend(len(value), place)
        return value

    def _text(self, value: Value, place: Place, user: str, *, as_written: bool = False) -> str:
        resolved = self.resolve(value, place)
        if not isinstance(resolved, str):
            raise place.unusable(f"{user} needs text, not {describe(resolved)}")
        return (find_name(resolved) or "") if as_written else resolved

    def _list(self, value: Value, place: Place, user: str = "Fn::GetAtt") -> list[Value]:
        if not isinstance(value, list):
            raise place.unusable(f"{user} needs a list, not {describe(value)}")
        return value

    def _spend(self, characters: int, place: Place) -> None:
        self._characters += characters
        if self._characters > RESOLVED_CHARACTERS_MAX:
            raise place.unusable(
                f"the template's functions make more than {RESOLVED_CHARACTERS_MAX} characters of text"
            )
