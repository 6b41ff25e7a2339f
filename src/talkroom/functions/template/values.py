"""A template's values: text, lists and maps, with functions in their long form.

CloudFormation turns scalars into text where text is wanted (`true`, `3`, `1.50`), so every scalar is kept as its text, and whoever
wants a number or a flag reads it from that. `Plain` remembers which text was not quoted, for the one place where the
difference is passed on: JSON schemas.
"""

import re
from typing import Final, TypeAlias

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
"""What a document holds. None is YAML's and JSON's null."""

Map: TypeAlias = dict[str, Value]

_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,99})?(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)


class Plain(str):
    """An unquoted scalar: its text is what CloudFormation makes of it, and `written` what the template says.

    `Ref: On` is meant for the resource `On`, and a variable `On` has the value `true`.
    """

    written: str

    def __new__(cls, text: str, written: str | None = None) -> "Plain":
        """Text that was written otherwise, such as `yes` for `true`."""
        plain = super().__new__(cls, text)
        plain.written = text if written is None else written
        return plain


def find_name(value: Value) -> str | None:
    """A logical id or another name as it is written, or None when the value is not text."""
    if isinstance(value, Plain):
        return value.written
    return value if isinstance(value, str) else None


def find_function(value: Value) -> str | None:
    """The name of the function that a value calls, such as `Ref` or `Fn::Sub`, or None for anything else."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    name = next(iter(value))
    return name if name == "Ref" or name.startswith("Fn::") else None


def describe(value: Value) -> str:
    """What kind of value it is, for a message."""
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else "text"


def count_characters(value: Value) -> int:
    """All text in a value; a list or a map counts as one more."""
    match value:
        case dict():
            return 1 + sum(len(key) + count_characters(item) for key, item in value.items())
        case list():
            return 1 + sum(map(count_characters, value))
        case _:
            return len(value or "")


def to_json(value: Value) -> object:
    """As JSON has it: an unquoted `5` is a number and an unquoted `true` is true; quoted, both are text."""
    match value:
        case dict():
            return {key: to_json(item) for key, item in value.items()}
        case list():
            return [to_json(item) for item in value]
        case Plain():
            return _to_scalar(value)
        case _:
            return value


def _to_scalar(plain: Plain) -> object:
    if plain in ("true", "false"):
        return plain == "true"
    if _INTEGER.fullmatch(plain):
        return int(plain)
    return float(plain) if _NUMBER.fullmatch(plain) else str(plain)
