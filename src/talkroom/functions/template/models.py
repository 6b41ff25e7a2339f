"""Request validation: which JSON schema a route's messages must satisfy.

Source: "Set up request validation in API Gateway for WebSocket APIs" in the API Gateway developer guide.
"""

import json
from typing import Final

from talkroom.contract.routes import InvalidExpression, compile_selector
from talkroom.functions.specs import BodyModelSpec
from talkroom.functions.template.errors import Place, enumerate_names, quote
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.properties import Properties
from talkroom.functions.template.template import Template
from talkroom.functions.template.values import Value, describe, to_json

_ALWAYS_DEFAULT: Final = "\\$default"


def read_body_model(template: Template, route: Properties, models: list[Resource]) -> BodyModelSpec | None:
    """RequestModels of a route, by the names of its API's models; None when it has none. Raises TemplateUnusable."""
    wanted = route.find_texts("RequestModels")
    if not wanted:
        return None
    expression = route.find_text("ModelSelectionExpression") or _ALWAYS_DEFAULT
    expression = _ALWAYS_DEFAULT if expression == "$default" else expression
    try:
        compile_selector(expression)
    except InvalidExpression as error:
        place = route.place("ModelSelectionExpression")
        raise place.unusable(f"{quote(expression)} reads something that is not $request.body") from error
    named = {template.properties(model).get_text("Name"): model for model in models}
    place = route.place("RequestModels")
    return BodyModelSpec(
        selection_expression=expression,
        schemas={key: _read_schema(template, named, name, place.at(key)) for key, name in wanted.items()},
    )


def _read_schema(template: Template, named: dict[str, Resource], name: str, place: Place) -> dict[str, object]:
    model = named.get(name)
    if model is None:
        raise place.unusable(
            f"there is no model with the Name {quote(name)} in this API; it has {enumerate_names(named)}"
        )
    properties = template.properties(model)
    return _parse_schema(properties.find("Schema"), properties.place("Schema"))


def _parse_schema(schema: Value, place: Place) -> dict[str, object]:
    """A schema that is a map of the template, or JSON text."""
    parsed: object = to_json(schema)
    if isinstance(schema, str):
        try:
            parsed = json.loads(schema)
        except (ValueError, RecursionError) as error:
            raise place.unusable("is text that is not JSON") from error
    if not isinstance(parsed, dict):
        raise place.unusable(f"must be a JSON schema, not {describe(schema)}")
    return parsed
