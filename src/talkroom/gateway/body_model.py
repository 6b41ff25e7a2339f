"""Request validation: does a message satisfy the model of its route?

Source: "Request validation for WebSocket APIs in API Gateway". Models are JSON Schemas of draft 4; fastjsonschema compiles them,
because writing a validator is not what this project is for (docs/topics/dependencies.md).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import fastjsonschema
import msgspec

from talkroom.contract.routes import DEFAULT, compile_selector

_DRAFT: Final = "http://json-schema.org/draft-04/schema#"


class InvalidModel(ValueError):
    """A model is not a schema that could be compiled here."""


def compile_body_model(expression: str, schemas: Mapping[str, Mapping[str, object]]) -> Callable[[str], bool]:
    """A function that tells whether a message's text satisfies the model that the selection expression chooses.

    The value of `expression` names one of `schemas`, `$default` is the fallback, and with neither nothing is accepted. So is a
    message that is not JSON. Raises InvalidExpression, or InvalidModel when a schema cannot be used.
    """
    select = compile_selector(expression)
    validators = {key: _compile(key, schema) for key, schema in schemas.items()}

    def accepts(text: str) -> bool:
        validate = validators.get(select(text)) or validators.get(DEFAULT)
        if validate is None:
            return False
        try:
            validate(msgspec.json.decode(text))
        except (fastjsonschema.JsonSchemaValueException, msgspec.DecodeError, RecursionError):
            return False
        return True

    return accepts


def _compile(key: str, schema: Mapping[str, object]) -> Callable[[Any], Any]:
    # A schema may name others by URL; nothing is fetched for it.
    handlers = dict.fromkeys(("http", "https", "ftp", "file"), _refuse_to_fetch)
    try:
        validate: Callable[[Any], Any] = fastjsonschema.compile(
            {"$schema": _DRAFT, **schema}, handlers=handlers, use_default=False
        )
    except Exception as error:  # it raises whatever its parts raise
        raise InvalidModel(f"the model of {key!r} cannot be used: {error}") from error
    return validate


def _refuse_to_fetch(uri: str) -> NoReturn:
    raise InvalidModel(f"it refers to {uri}, which is not fetched: write the schema out")
