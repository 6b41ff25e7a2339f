"""Request validation."""

from typing import Any

import pytest

from talkroom.functions.specs import BodyModelSpec
from tests.unit.functions.template.kit import change, part, read, read_api, refuse_changed

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 5, "enum": [1, 2.5, None, True, "1"]}}}
MODEL = part("Model", Name="Message", Schema=SCHEMA)
MODELS = "SendRoute.RequestModels"
EXPRESSION = "SendRoute.ModelSelectionExpression"


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        ("$request.body.kind", "$request.body.kind"),
        ("\\$default", "\\$default"),
        ("$default", "\\$default"),
        (None, "\\$default"),
    ],
)
def test_a_route_has_its_models(written: str | None, expression: str) -> None:
    """By the value that the expression selects; without one it is always `$default`."""
    model = read_api({"Message": MODEL, MODELS: {"$default": "Message"}, EXPRESSION: written}).routes["send"].body_model

    assert BodyModelSpec(selection_expression=expression, schemas={"$default": SCHEMA}) == model


def test_a_schema_of_json_text_is_the_same() -> None:
    """CloudFormation takes both."""
    changes = {
        "Message": part("Model", Name="Message", Schema='{"type": "object", "maxProperties": 3}'),
        MODELS: {"a": "Message"},
    }

    model = read_api(changes).routes["send"].body_model

    assert model is not None
    assert {"a": {"type": "object", "maxProperties": 3}} == model.schemas


def test_a_schema_of_yaml_keeps_what_was_quoted() -> None:
    """A quoted number is text."""
    text = """
    Resources:
      Api:
        Type: AWS::Serverless::WebSocketApi
        Properties:
          RouteSelectionExpression: $request.body.action
          Routes: {$default: {FunctionArn: !GetAtt Send.Arn, RequestModels: {$default: M}}}
      M:
        Type: AWS::ApiGatewayV2::Model
        Properties:
          ApiId: !Ref Api
          Name: M
          Schema: {enum: ["5", 5, 5.5, -1e3, true, "true", yes, ~, text, 007, !Sub "${AWS::Region}"]}
      Send: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., Handler: a.b, Runtime: python3.13}}
    """

    model = read(text).apis[0].routes["$default"].body_model

    assert model is not None
    expected = ["5", 5, 5.5, -1000.0, True, "true", True, None, "text", "007", "us-east-1"]
    assert expected == model.schemas["$default"]["enum"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {MODELS: {"$default": "Unknown"}},
            f"{MODELS}.$default: there is no model with the Name 'Unknown' in this API; it has Message",
        ),
        ({MODELS: ["Message"]}, f"{MODELS}: must be a map, not a list"),
        ({MODELS: {"a": ["Message"]}}, f"{MODELS}.a: must be text, not a list"),
        (
            {MODELS: {"a": "Message"}, EXPRESSION: "$request.header.a"},
            f"{EXPRESSION}: '$request.header.a' reads something that is not $request.body",
        ),
        ({MODELS: {"a": "Message"}, "Message.Schema": "{"}, "Message.Schema: is text that is not JSON"),
        ({MODELS: {"a": "Message"}, "Message.Schema": "[]"}, "Message.Schema: must be a JSON schema, not text"),
        ({MODELS: {"a": "Message"}, "Message.Schema": ["a"]}, "Message.Schema: must be a JSON schema, not a list"),
        ({MODELS: {"a": "Message"}, "Message.Schema": None}, "Message.Schema: must be a JSON schema, not nothing"),
    ],
)
def test_a_model_that_cannot_be_applied_is_refused(changes: dict[str, Any], said: str) -> None:
    """With what there is."""
    assert said == refuse_changed({"Message": MODEL} | changes)


def test_a_model_that_no_route_names_is_not_read() -> None:
    """Whatever its schema."""
    assert () == read(change({"Message": part("Model", Name="Message", Schema="{")})).notes
