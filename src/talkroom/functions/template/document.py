"""A template's text, YAML or JSON, as values."""

import json

from talkroom.functions.template.errors import TemplateUnusable, quote
from talkroom.functions.template.limits import DEPTH_MAX, TOO_DEEP, TOO_MANY, VALUES_MAX, check_size, check_text
from talkroom.functions.template.values import Map, Plain, Value
from talkroom.functions.template.yaml_text import read_yaml


def read_document(text: str) -> Map:
    """The template's outermost map, with functions in their long form (`!Ref X` is `{"Ref": "X"}`).

    Raises TemplateUnusable for text that is neither YAML nor JSON (with line and column), that has a key twice in a map, or
    that is beyond a limit.
    """
    check_size(text)
    text = text.removeprefix("\ufeff")
    value = _read_json(text) if text.lstrip().startswith("{") else read_yaml(text)
    if not isinstance(value, dict):
        raise TemplateUnusable("The template is empty." if value is None else "The template is not a map of sections.")
    return value


def _read_json(text: str) -> Value:
    """What begins like JSON but is not may still be YAML, whose maps can have braces."""
    try:
        decoded = json.loads(text, object_pairs_hook=_to_map, parse_int=Plain, parse_float=Plain, parse_constant=Plain)
    except RecursionError as error:
        raise TemplateUnusable(TOO_DEEP) from error
    except json.JSONDecodeError as error:
        try:
            return read_yaml(text)
        except TemplateUnusable:
            where = f"line {error.lineno}, column {error.colno}"
            raise TemplateUnusable(f"The template is not JSON: {where}: {error.msg}.") from error
    return _JsonValues().convert(decoded, 1)


def _to_map(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise TemplateUnusable(f"The template has the key {quote(key)} twice in one map.")
        found[key] = value
    return found


class _JsonValues:
    """Decoded JSON as a template's values, within the limits."""

    def __init__(self) -> None:
        self._count = 0

    def convert(self, value: object, depth: int) -> Value:
        self._count += 1
        if self._count > VALUES_MAX:
            raise TemplateUnusable(TOO_MANY)
        if depth > DEPTH_MAX and isinstance(value, (dict, list)):
            raise TemplateUnusable(TOO_DEEP)
        match value:
            case dict():
                return {self._check(key): self.convert(item, depth + 1) for key, item in value.items()}
            case list():
                return [self.convert(item, depth + 1) for item in value]
            case bool():
                return Plain("true" if value else "false")
            case str():
                return self._check(value)
            case _:
                return None

    def _check(self, text: str) -> str:
        check_text(text)
        return text
