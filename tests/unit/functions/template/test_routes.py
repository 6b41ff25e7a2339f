"""Routes and route responses."""

from typing import Any

import pytest

from talkroom.functions.specs import RouteSpec
from tests.unit.functions.template.kit import REMOVED, change, part, read, read_api, refuse_changed, resource

TARGET = "integrations/SendIntegration"


def test_a_route_is_its_key_and_its_function() -> None:
    """With the integration's longest timeout and no route response, which are API Gateway's defaults."""
    expected = {"send": RouteSpec(key="send", target="Send", timeout_s=29, route_response=False, body_model=None)}

    assert expected == read_api({}).routes


@pytest.mark.parametrize(
    "key", ["$connect", "$disconnect", "$default", "a b", "Send", "5", "[a, b]", "a/b", "$other", "ü"]
)
def test_a_key_may_be_any_text(key: str) -> None:
    """It is compared with what the expression selects."""
    assert {key} == read_api({"SendRoute.RouteKey": key}).routes.keys()


@pytest.mark.parametrize("key", ["$connect", "$disconnect"])
def test_a_lifecycle_route_without_a_target_is_as_good_as_none(key: str) -> None:
    """Nothing is missing, so nothing is noted."""
    stack = read(change({"OtherRoute": part("Route", RouteKey=key)}))

    assert {"send"} == stack.apis[0].routes.keys()
    assert () == stack.notes


@pytest.mark.parametrize("key", ["other", "$default"])
def test_another_route_without_a_target_is_noted(key: str) -> None:
    """And not served."""
    stack = read(change({"OtherRoute": part("Route", RouteKey=key)}))

    assert {"send"} == stack.apis[0].routes.keys()
    assert (f"OtherRoute.Target is missing, so the route {key!r} is not served.",) == stack.notes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SendRoute.RouteKey": REMOVED}, "SendRoute.RouteKey: is missing"),
        ({"SendRoute.RouteKey": ""}, "SendRoute.RouteKey: is empty"),
        ({"SendRoute.ApiId": REMOVED}, "SendRoute.ApiId: is missing"),
        ({"SendRoute.Target": ["a"]}, "SendRoute.Target: must be text, not a list"),
        ({"Again": part("Route", RouteKey="send")}, "Again.RouteKey: 'send' is the key of SendRoute already"),
        (
            {"SendRoute": REMOVED},
            "Api: At least one route is required before deploying the Api; add an AWS::ApiGatewayV2::Route with its ApiId",
        ),
        (
            {"SendRoute.ApiKeyRequired": True},
            (
                "SendRoute.ApiKeyRequired: API keys are not checked here, so the route would be open to everybody;"
                " make it false for this machine by a condition"
            ),
        ),
        ({"SendRoute.ApiKeyRequired": "maybe"}, "SendRoute.ApiKeyRequired: must be true or false"),
        (
            {"SendRoute.RouteResponseSelectionExpression": "$request.body.a"},
            "SendRoute.RouteResponseSelectionExpression: must be $default: route responses have no other key",
        ),
        (
            {"Answer": part("RouteResponse", RouteId={"Ref": "SendRoute"}, RouteResponseKey="200")},
            "Answer.RouteResponseKey: must be $default, not '200'",
        ),
    ],
)
def test_a_route_that_cannot_be_served_is_refused(changes: dict[str, Any], said: str) -> None:
    """With the property that is in the way."""
    assert said == refuse_changed(changes)


def test_api_keys_that_are_not_required_are_fine() -> None:
    """The flag is on every synthesised route."""
    assert "send" in read_api({"SendRoute.ApiKeyRequired": False}).routes


ANSWER = part("RouteResponse", RouteId={"Ref": "SendRoute"}, RouteResponseKey="$default")
EXPRESSION = "SendRoute.RouteResponseSelectionExpression"


def test_a_route_response_needs_its_expression_and_its_resource() -> None:
    """With both, what the function answers is sent."""
    assert read_api({EXPRESSION: "$default", "Answer": ANSWER}).routes["send"].route_response


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        (
            {EXPRESSION: "$default"},
            f"{EXPRESSION} has no effect without an AWS::ApiGatewayV2::RouteResponse: replies are dropped, on AWS too.",
        ),
        (
            {"Answer": ANSWER},
            (
                f"{EXPRESSION} is missing, so the route's AWS::ApiGatewayV2::RouteResponse has no effect: replies are dropped,"
                " on AWS too."
            ),
        ),
    ],
)
def test_half_a_route_response_is_noted(changes: dict[str, Any], note: str) -> None:
    """Replies go nowhere, which nobody wants who wrote one half."""
    stack = read(change(changes))

    assert not stack.apis[0].routes["send"].route_response
    assert (note,) == stack.notes


@pytest.mark.parametrize("written", [{"route.request.header.A": {"Required": True}}, {"Fn::ImportValue": "a"}])
def test_request_parameters_are_noted(written: Any) -> None:
    """They are not checked, so they need not be known."""
    text = change({"SendRoute.RequestParameters": written})

    assert ("SendRoute.RequestParameters is not checked here.",) == read(text).notes


def test_a_resource_of_another_api_is_noted() -> None:
    """One of another stack, and one that is written down."""
    changes = {
        "Theirs": resource("AWS::ApiGatewayV2::Route", ApiId={"Fn::ImportValue": "api"}, RouteKey="a"),
        "Written": resource("AWS::ApiGatewayV2::Route", ApiId="abcdefghij", RouteKey="a"),
    }

    expected = (
        "Theirs belongs to an API that is not in this template, and is not served.",
        "Written belongs to the API 'abcdefghij', which is not in this template, and is not served.",
    )
    assert expected == read(change(changes)).notes


def test_a_route_of_a_misspelt_api_is_refused() -> None:
    """CloudFormation would not take it either."""
    said = "SendRoute.ApiId: Apii names neither a parameter nor a resource of this template"

    assert said == refuse_changed({"SendRoute.ApiId": {"Ref": "Apii"}})
