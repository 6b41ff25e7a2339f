"""Route keys and the route selection expression.

Source: "Routes for WebSocket APIs" and "WebSocket API selection expressions" in the API Gateway developer guide.
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

CONNECT: Final = "$connect"
DISCONNECT: Final = "$disconnect"
DEFAULT: Final = "$default"
RESERVED: Final = frozenset({CONNECT, DISCONNECT, DEFAULT})

Selector = Callable[[str], str]
"""From a message's text to the value that is compared with route keys."""

_decode = msgspec.json.Decoder().decode


class InvalidExpression(ValueError):
    """A route selection expression that API Gateway would not accept."""


def compile_selector(expression: str) -> Selector:
    """A function that evaluates a route selection expression such as `$request.body.action`.

    Also `${request.body.action}`, nested paths, several placeholders in text, and constants such as `\\$default`. A missing path
    is the empty string, and any value is turned into text; a message that is not a JSON object selects nothing.

    Raises InvalidExpression when the expression reads anything but the body.
    """
    whole = re.fullmatch(r"\$request\.body\.(.+)", expression) or re.fullmatch(
        r"\$\{request\.body\.([^{}]+)\}", expression
    )
    if whole:
        path = whole[1].split(".")
        return lambda text: _find_text(_find_object(text), path)
    if expression.startswith("\\$"):
        constant = expression[1:]
        return lambda _text: constant
    parts = re.split(r"\$\{request\.body\.([^{}]+)\}", expression)
    if any("$" in literal for literal in parts[::2]):
        raise InvalidExpression(f"route selection expression {expression!r}: only $request.body can be read")
    return lambda text: _compose(_find_object(text), parts)


def _compose(body: object, parts: list[str]) -> str:
    if body is None:
        return ""
    return "".join(part if index % 2 == 0 else _find_text(body, part.split(".")) for index, part in enumerate(parts))


def _find_object(text: str) -> dict[str, object] | None:
    try:
        body = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _find_text(body: object, path: list[str]) -> str:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    try:
        return _as_text(body)
    except RecursionError:  # the decoder bears more nesting than we do
        return ""


def _as_text(value: object) -> str:
    """A JSON value as API Gateway compares it: arrays in brackets with a comma and a space, as the guide shows."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(_as_text(item) for item in value)}]"
        case dict():
            return msgspec.json.encode(value).decode()
        case _:
            return str(value)
