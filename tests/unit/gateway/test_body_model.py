"""Request validation by model: "Request validation for WebSocket APIs in API Gateway"."""

from collections.abc import Mapping

import pytest

from talkroom.contract.routes import InvalidExpression
from talkroom.gateway.body_model import InvalidModel, compile_body_model

NAMED: Mapping[str, object] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 3}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (True, '{"kind":"named","name":"abc"}'),
        (False, '{"kind":"named","name":"abcd"}'),
        (False, '{"kind":"named"}'),
        (False, '{"kind":"other","name":"abc"}'),
        (False, '{"name":"abc"}'),
        (False, "not JSON"),
        (False, ""),
        (False, "[" * 100_000),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_model_that_the_expression_selects_decides(expected: bool, text: str) -> None:
    """No matching model and no `$default`: the validation fails."""
    accepts = compile_body_model("$request.body.kind", {"named": NAMED})

    assert expected is accepts(text)


def test_the_default_model_is_the_fallback() -> None:
    """For every value that selects no other."""
    accepts = compile_body_model("$request.body.kind", {"free": {}, "$default": NAMED})

    assert [True, True, False] == [accepts(text) for text in ('{"kind":"free"}', '{"name":"a"}', '{"kind":"x"}')]


def test_a_schema_of_draft_four_is_read_as_such() -> None:
    """There `exclusiveMinimum` is a boolean."""
    accepts = compile_body_model("\\$default", {"$default": {"minimum": 3, "exclusiveMinimum": True}})

    assert [False, True] == [accepts("3"), accepts("4")]


def test_a_message_is_only_looked_at() -> None:
    """A default in the schema changes nothing."""
    accepts = compile_body_model("\\$default", {"$default": {"properties": {"a": {"default": 1}}, "required": ["a"]}})

    assert accepts("{}") is False


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nothing"},
        {"$ref": "https://example.com/schema"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/nowhere"},
    ],
    ids=str,
)
def test_a_model_that_cannot_be_used_is_refused_and_nothing_is_fetched(schema: Mapping[str, object]) -> None:
    """When the API is made, not when a message comes."""
    with pytest.raises(InvalidModel, match="the model of 'named' cannot be used"):
        compile_body_model("$request.body.kind", {"named": schema})


def test_an_expression_that_does_not_read_the_body_is_refused() -> None:
    """As a route selection expression is."""
    with pytest.raises(InvalidExpression):
        compile_body_model("$request.header.kind", {"named": NAMED})
