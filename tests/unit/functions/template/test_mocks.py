"""MOCK integrations."""

from typing import Any

import pytest

from talkroom.functions.specs import MockSpec, RouteSpec
from tests.unit.functions.template.kit import change, part, read, refuse

OK = '{"statusCode": 200}'


def changes_of(integration: dict[str, Any], responses: list[dict[str, Any]]) -> dict[str, Any]:
    """A mock in place of the function."""
    changes = {"SendIntegration": part("Integration", IntegrationType="MOCK", **integration)}
    for index, response in enumerate(responses):
        changes[f"Response{index}"] = part("IntegrationResponse", IntegrationId={"Ref": "SendIntegration"}, **response)
    return changes


def answer(body: str, key: str = "$default", **more: Any) -> dict[str, Any]:
    """An integration response with one template."""
    return {"IntegrationResponseKey": key, "ResponseTemplates": {"200": body}, **more}


@pytest.mark.parametrize(
    ("integration", "responses", "mock"),
    [
        ({}, [], MockSpec(status_code=200, body="")),
        ({"IntegrationUri": ""}, [answer("pong")], MockSpec(status_code=200, body="pong")),
        ({"RequestTemplates": {"200": OK}}, [answer("pong")], MockSpec(status_code=200, body="pong")),
        ({"RequestTemplates": {"$default": '{"statusCode": 403}'}}, [], MockSpec(status_code=403)),
        ({"RequestTemplates": {"a": '{"statusCode": "500"}'}}, [], MockSpec(status_code=500)),
        ({"RequestTemplates": {"a": "{}"}}, [], MockSpec(status_code=200)),
        (
            {"RequestTemplates": {"a": OK, "b": '{"statusCode": 201}'}, "TemplateSelectionExpression": "b"},
            [],
            MockSpec(status_code=201),
        ),
        (
            {
                "RequestTemplates": {"a": OK, "$default": '{"statusCode": 202}'},
                "TemplateSelectionExpression": "\\$default",
            },
            [],
            MockSpec(status_code=202),
        ),
        ({"RequestTemplates": {"200": OK}}, [answer("no"), answer("yes", "/2\\d\\d/")], MockSpec(body="yes")),
        ({"RequestTemplates": {"200": OK}}, [answer("no", "/4\\d\\d/"), answer("yes")], MockSpec(body="yes")),
        ({"RequestTemplates": {"200": OK}}, [answer("no", "/500/")], MockSpec(body="")),
        ({}, [{"IntegrationResponseKey": "$default"}], MockSpec(body="")),
    ],
)
def test_a_mock_answers_the_same_to_everybody(
    integration: dict[str, Any], responses: list[dict[str, Any]], mock: MockSpec
) -> None:
    """Its request template makes the status, which selects the response."""
    stack = read(change(changes_of(integration, responses)))

    assert {"send": RouteSpec(key="send", target=mock)} == stack.apis[0].routes
    assert {} == stack.functions


@pytest.mark.parametrize(
    ("integration", "responses", "said"),
    [
        (
            {"RequestTemplates": {"200": '#set($a = 1){"statusCode": 200}'}},
            [],
            "SendIntegration.RequestTemplates: is a Velocity template, which is not evaluated here; use plain text, or a function",
        ),
        (
            {},
            [answer('{"id": "$context.connectionId"}')],
            "Response0.ResponseTemplates: is a Velocity template, which is not evaluated here; use plain text, or a function",
        ),
        (
            {"RequestTemplates": {"a": OK, "b": OK}, "TemplateSelectionExpression": "$request.body.kind"},
            [],
            (
                "SendIntegration.TemplateSelectionExpression: '$request.body.kind' selects by the message, which a mock cannot do"
                " here; use a function"
            ),
        ),
        (
            {"RequestTemplates": {"a": OK, "b": OK}},
            [],
            "SendIntegration.RequestTemplates: has no template '$default', which TemplateSelectionExpression selects",
        ),
        (
            {"RequestTemplates": {"a": "200"}},
            [],
            "SendIntegration.RequestTemplates: must be JSON with a statusCode from 100 to 599",
        ),
        ({"RequestTemplates": {"a": "ok"}}, [], "SendIntegration.RequestTemplates: must be JSON with a statusCode"),
        (
            {"RequestTemplates": {"a": '{"statusCode": 99}'}},
            [],
            "SendIntegration.RequestTemplates: must be JSON with a statusCode from 100 to 599",
        ),
        ({"RequestTemplates": [OK]}, [], "SendIntegration.RequestTemplates: must be a map, not a list"),
        ({}, [answer("a", "200")], "Response0.IntegrationResponseKey: '200' is neither $default nor a /pattern/"),
        ({}, [answer("a", "/(/")], "Response0.IntegrationResponseKey: '/(/' is no usable pattern"),
    ],
)
def test_a_mock_that_would_have_to_compute_is_refused(
    integration: dict[str, Any], responses: list[dict[str, Any]], said: str
) -> None:
    """Velocity is not evaluated."""
    assert said == str(refuse(change(changes_of(integration, responses))))
