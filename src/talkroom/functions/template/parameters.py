"""The parameters of a template: what was given, else their defaults.

Source: "Parameters" in the CloudFormation user guide.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from talkroom.functions.template.errors import NotKnownHere, Place, enumerate_names, quote
from talkroom.functions.template.notes import Notes
from talkroom.functions.template.surroundings import Surroundings
from talkroom.functions.template.values import Map, Value, find_name

Parameters: TypeAlias = Mapping[str, "Value | NotKnownHere"]
"""By name: text, a list of texts, or the error that whoever needs the value must raise."""

_SECTION: Final = Place("Parameters")
_LOOKED_UP: Final = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
_LIST: Final = re.compile(r"CommaDelimitedList|List<.+>")
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)

VALUE_BYTES_MAX: Final = 4096
"""Of one value, in UTF-8: CloudFormation's own quota."""


def read_parameters(section: Value, given: Mapping[str, str], notes: Notes) -> Parameters:
    """Every parameter of the section with its value.

    Raises TemplateUnusable for a given name that the template does not have, for a parameter that has no value, and for a value
    that the parameter does not allow. AllowedPattern is Java's on AWS; one that Python cannot read is not checked, and noted.
    """
    declared = {} if section is None else section
    if not isinstance(declared, dict):
        raise _SECTION.unusable("must be a map of parameters")
    for name in given:
        if name not in declared:
            raise _SECTION.at(name).unusable(f"the template has no such parameter; it has {enumerate_names(declared)}")
    parameters = {name: _Parameter(name, item) for name, item in declared.items()}
    missing = [name for name, parameter in parameters.items() if parameter.default is None and name not in given]
    if missing:
        place = _SECTION.at(missing[0])
        others = f" (so do {enumerate_names(missing[1:])})" if missing[1:] else ""
        raise place.unusable(f"needs a value, because it has no default: --parameter {missing[0]}=VALUE{others}")
    return {name: parameter.choose(given.get(name), notes) for name, parameter in parameters.items()}


class _Parameter:
    """One parameter as the template declares it."""

    def __init__(self, name: str, declared: Value) -> None:
        self._name = name
        self._place = _SECTION.at(name)
        if not isinstance(declared, dict):
            raise self._place.unusable("must be a map with a Type")
        self._declared: Map = declared
        declared_type = declared.get("Type")
        if not isinstance(declared_type, str):
            raise self._place.at("Type").unusable("is missing, or is no text")
        looked_up = _LOOKED_UP.fullmatch(declared_type)
        self._is_looked_up = looked_up is not None
        self._type = looked_up[1] if looked_up else declared_type
        default = declared.get("Default")
        if isinstance(default, (list, dict)):
            raise self._place.at("Default").unusable("must be text")
        self.default = default
        """Text, or None."""

    def choose(self, given: str | None, notes: Notes) -> "Value | NotKnownHere":
        """The given value, else the default; as a list for a type of lists."""
        if given is None and self._is_looked_up:
            return self._place.not_known_here(
                f"on AWS its value is looked up in Systems Manager; give it here: --parameter {self._name}=VALUE"
            )
        text = str(self.default) if given is None else given
        self._check_text(text)
        items = [item.strip() for item in text.split(",")] if _LIST.fullmatch(self._type) else [text]
        for item in items:
            self._check(item, notes)
        return list[Value](items) if _LIST.fullmatch(self._type) else text

    def _check_text(self, text: str) -> None:
        try:
            size = len(text.encode())
        except UnicodeEncodeError as error:
            raise self._place.unusable("the value is no text of UTF-8") from error
        if size > VALUE_BYTES_MAX:
            raise self._place.unusable(f"the value is longer than {VALUE_BYTES_MAX} bytes")

    def _check(self, text: str, notes: Notes) -> None:
        """One value, which a message shows only when the parameter is not NoEcho."""
        shown = "the value" if self._declared.get("NoEcho") == "true" else quote(text)
        if self._type in ("Number", "List<Number>") and not _NUMBER.fullmatch(text):
            raise self._place.unusable(f"{shown} is not a number")
        allowed = self._declared.get("AllowedValues")
        if allowed is not None and not isinstance(allowed, list):
            raise self._place.at("AllowedValues").unusable("must be a list")
        if allowed is not None and text not in allowed:
            words = enumerate_names(item for item in allowed if isinstance(item, str))
            raise self._place.unusable(f"{shown} is not one of its AllowedValues: {words}")
        pattern = find_name(self._declared.get("AllowedPattern"))
        if pattern is not None and not self._matches(pattern, text, notes):
            raise self._place.unusable(f"{shown} does not match its AllowedPattern {quote(pattern)}")

    def _matches(self, pattern: str, text: str, notes: Notes) -> bool:
        # A pattern can take for ever, as on AWS; who writes it here runs code here anyway.
        try:
            return re.fullmatch(pattern, text) is not None
        except (re.error, OverflowError, RecursionError):
            notes.add(f"{self._place}: AllowedPattern is not checked, because Python does not read this pattern.")
            return True


class ParameterNames:
    """The names that conditions can use: parameters and pseudo parameters, and no resources."""

    def __init__(self, parameters: Parameters, surroundings: Surroundings) -> None:
        self._values: Parameters = {**parameters, **surroundings.pseudo_parameters()}

    def has(self, name: str) -> bool:
        """Whether it is a parameter, with or without a value that is known here."""
        return name in self._values

    def get_reference(self, name: str, place: Place) -> Value:
        """The value. Raises TemplateUnusable."""
        if name not in self._values:
            raise place.unusable(f"{name} is no parameter of this template, and nothing else can be named here")
        value = self._values[name]
        if isinstance(value, NotKnownHere):
            raise value
        return value

    def get_attribute(self, name: str, attribute: str, place: Place) -> Value:
        """Raises TemplateUnusable: only resources have attributes."""
        raise place.unusable(f"{name}.{attribute} is an attribute of a resource, and only parameters can be named here")
