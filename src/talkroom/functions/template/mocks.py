"""MOCK integrations that answer the same to everybody.

A mock's request template makes a status, the status selects an integration response, and that one's template makes the body.
Templates are written in Velocity, which is not evaluated here: text that has `$` or `#` in it is refused. Source: "Set up a mock
integration" and "WebSocket API selection expressions" in the API Gateway developer guide.
"""

import json
import re
from typing import Final

from talkroom.functions.specs import MockSpec
from talkroom.functions.template.errors import Place, quote
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.properties import Properties
from talkroom.functions.template.template import Template

_CONSTANT: Final = re.compile(r"\\?[$]default|[A-Za-z0-9_./-]+", re.ASCII)
_STATUS: Final = re.compile(r"[1-5][0-9]{2}", re.ASCII)
_DEFAULT: Final = "$default"
_STATUS_DEFAULT: Final = 200


def read_mock(template: Template, integration: Resource, responses: list[Resource]) -> MockSpec:
    """The mock; `responses` are its integration responses. Raises TemplateUnusable when an answer would have to be computed."""
    properties = template.properties(integration)
    status_code = _read_status(_choose(properties, "RequestTemplates"), properties.place("RequestTemplates"))
    response = _find_response(template, responses, status_code)
    body = "" if response is None else _choose(template.properties(response), "ResponseTemplates")
    return MockSpec(status_code=status_code, body=body or "")


def _choose(properties: Properties, name: str) -> str | None:
    """The template that TemplateSelectionExpression selects, which must be text that computes nothing."""
    templates = properties.find_texts(name)
    place = properties.place(name)
    if not templates:
        return None
    chosen = next(iter(templates.values()))
    if len(templates) > 1:
        expression = properties.find_text("TemplateSelectionExpression") or _DEFAULT
        key = expression.removeprefix("\\")
        if not _CONSTANT.fullmatch(expression):
            raise properties.place("TemplateSelectionExpression").unusable(
                f"{quote(expression)} selects by the message, which a mock cannot do here; use a function"
            )
        if key not in templates and _DEFAULT not in templates:
            raise place.unusable(f"has no template {quote(key)}, which TemplateSelectionExpression selects")
        chosen = templates.get(key, templates.get(_DEFAULT, ""))
    if "$" in chosen or "#" in chosen:
        raise place.unusable("is a Velocity template, which is not evaluated here; use plain text, or a function")
    return chosen


def _read_status(template: str | None, place: Place) -> int:
    if not template:
        return _STATUS_DEFAULT
    try:
        made = json.loads(template)
    except (ValueError, RecursionError) as error:
        raise place.unusable("must be JSON with a statusCode") from error
    status = made.get("statusCode", _STATUS_DEFAULT) if isinstance(made, dict) else None
    if not _STATUS.fullmatch(str(status)):
        raise place.unusable("must be JSON with a statusCode from 100 to 599")
    return int(str(status))


def _find_response(template: Template, responses: list[Resource], status_code: int) -> Resource | None:
    """The first whose key `/pattern/` matches the status, else the one of `$default`."""
    default: Resource | None = None
    for response in responses:
        properties = template.properties(response)
        key = properties.get_text("IntegrationResponseKey")
        if key == _DEFAULT:
            default = response
            continue
        pattern = re.fullmatch(r"/(.{1,100})/", key)
        if pattern is None:
            raise properties.place("IntegrationResponseKey").unusable(
                f"{quote(key)} is neither $default nor a /pattern/"
            )
        try:
            if re.fullmatch(pattern[1], str(status_code)):
                return response
        except (re.error, OverflowError, RecursionError) as error:
            raise properties.place("IntegrationResponseKey").unusable(f"{quote(key)} is no usable pattern") from error
    return default
