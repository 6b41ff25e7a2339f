"""The stage that an API is served under."""

from typing import Any

import pytest

from talkroom.functions.specs import ThrottleSpec
from tests.unit.functions.template.kit import REMOVED, change, part, read, read_api, refuse, resource

DEV = part("Stage", StageName="dev", StageVariables={"level": 1})


def test_an_api_is_served_as_its_first_stage() -> None:
    """And the others are noted."""
    stack = read(change({"Dev": DEV}))

    assert "prod" == stack.apis[0].stage
    assert ("Api is served as stage prod, and not as dev; --stage chooses.",) == stack.notes


def test_the_wanted_stage_is_served() -> None:
    """With its own variables."""
    (api,) = read(change({"Dev": DEV}), stage="dev").apis

    assert ("dev", {"level": "1"}) == (api.stage, api.stage_variables)


def test_a_wanted_stage_that_is_not_there_is_refused() -> None:
    """With those that are."""
    assert "Api: has no stage 'test'; --stage can be prod and dev" == str(refuse(change({"Dev": DEV}), stage="test"))


def test_an_api_without_stages_is_served_as_the_wanted_one() -> None:
    """A template may leave the stage to somebody else."""
    (api,) = read(change({"Prod": REMOVED}), stage="local").apis

    assert "local" == api.stage


def test_an_api_without_stages_is_refused_when_none_is_wanted() -> None:
    """It would have no address."""
    said = str(refuse(change({"Prod": REMOVED})))

    expected = "Api: has no stage, and an API is served under one; add an AWS::ApiGatewayV2::Stage with its ApiId, or give a name"
    assert said == expected + " with --stage"


def test_one_of_several_apis_may_lack_the_wanted_stage() -> None:
    """It is served as its first one."""
    changes = {
        "Dev": DEV,
        "Other": resource(
            "AWS::Serverless::WebSocketApi",
            RouteSelectionExpression="$request.body.action",
            Routes={"$default": {"FunctionArn": {"Fn::GetAtt": ["Send", "Arn"]}}},
        ),
    }

    assert ["dev", "default"] == [api.stage for api in read(change(changes), stage="dev").apis]


@pytest.mark.parametrize("name", ["$default", "a b", "ü", "x" * 129, "a/b", "a.b"])
def test_a_name_that_no_stage_can_have_is_refused(name: str) -> None:
    """In the template or wanted."""
    rule = "is no stage name of a WebSocket API: letters, digits, - and _, at most 128"

    assert f"Prod.StageName: {name!r} {rule}" == str(refuse(change({"Prod.StageName": name})))
    assert f"Api: {name!r} {rule}" == str(refuse(change({"Prod": REMOVED}), stage=name))


@pytest.mark.parametrize(
    ("settings", "throttle"),
    [
        (REMOVED, None),
        ({"LoggingLevel": "INFO"}, None),
        ({"ThrottlingRateLimit": 10.5, "ThrottlingBurstLimit": 20}, ThrottleSpec(rate_limit=10.5, burst_limit=20)),
        ({"ThrottlingRateLimit": 10}, ThrottleSpec(rate_limit=10, burst_limit=5000)),
        ({"ThrottlingBurstLimit": 7}, ThrottleSpec(rate_limit=10_000, burst_limit=7)),
    ],
)
def test_a_stage_has_its_throttle(settings: Any, throttle: ThrottleSpec | None) -> None:
    """What one of the two numbers leaves out is the account's."""
    assert throttle == read_api({"Prod.DefaultRouteSettings": settings}).throttle


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Prod.StageName": REMOVED}, "Prod.StageName: is missing"),
        ({"Prod.StageVariables": ["a"]}, "Prod.StageVariables: must be a map, not a list"),
        ({"Prod.StageVariables": {"a": ["b"]}}, "Prod.StageVariables.a: must be text, not a list"),
        (
            {"Prod.DefaultRouteSettings": {"ThrottlingRateLimit": -1}},
            "Prod.DefaultRouteSettings.ThrottlingRateLimit: must be a number that is not negative, not '-1'",
        ),
        (
            {"Prod.DefaultRouteSettings": {"ThrottlingBurstLimit": 1.5}},
            "Prod.DefaultRouteSettings.ThrottlingBurstLimit: must be a whole number from 0 to 1000000000, not '1.5'",
        ),
    ],
)
def test_a_stage_of_another_shape_is_refused(changes: dict[str, Any], said: str) -> None:
    """With its property."""
    assert said == str(refuse(change(changes)))


def test_settings_of_single_routes_are_noted() -> None:
    """They have no effect."""
    text = change({"Prod.RouteSettings": {"send": {"ThrottlingRateLimit": 1}}})

    assert ("Prod.RouteSettings has no effect here; DefaultRouteSettings has.",) == read(text).notes
