"""Conditions, and what does not exist because of them."""

from typing import Any

import pytest

from tests.unit.functions.template.kit import change, part, read, refuse, refuse_value, resolve, resource

PARAMETERS = {"Stage": {"Type": "String", "Default": "dev"}}
MAPPINGS = {"Is": {"dev": {"Small": True}}}
DEV = {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}
PROD = {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
CHOOSE = {"Fn::If": ["C", "true", "false"]}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (DEV, True),
        (PROD, False),
        ({"Fn::Equals": [1, "1"]}, True),
        ({"Fn::Equals": [{"Fn::FindInMap": ["Is", {"Ref": "Stage"}, "Small"]}, True]}, True),
        ({"Fn::Equals": [{"Fn::Sub": "${AWS::Region}-${Stage}"}, "us-east-1-dev"]}, True),
        ({"Fn::Not": [DEV]}, False),
        ({"Fn::And": [DEV, {"Fn::Not": [PROD]}]}, True),
        ({"Fn::And": [DEV, PROD]}, False),
        ({"Fn::Or": [PROD, DEV]}, True),
        ({"Fn::Or": [PROD, PROD]}, False),
        ({"Condition": "Other"}, True),
        ({"Fn::And": [{"Condition": "Other"}, {"Condition": "Other"}]}, True),
    ],
)
def test_a_condition_is_true_or_false(condition: Any, expected: bool) -> None:
    """Of parameters and mappings, and of other conditions."""
    sections = {"Parameters": PARAMETERS, "Mappings": MAPPINGS, "Conditions": {"C": condition, "Other": DEV}}

    assert str(expected).lower() == resolve(CHOOSE, **sections)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"C": {"Condition": "C"}}, "Conditions.C: depends on itself"),
        ({"C": {"Fn::Not": [{"Condition": "D"}]}, "D": {"Condition": "C"}}, "Conditions.C: depends on itself"),
        ({"C": {"Condition": "D"}}, "Conditions.C: there is no condition D; the template has C"),
        ({"C": {"Condition": ["D"]}}, "Conditions.C: Condition needs the name of a condition"),
        ({"C": True}, "Conditions.C: must be one of Fn::And, Fn::Equals, Fn::Not, Fn::Or and Condition, not text"),
        (
            {"C": {"Fn::If": ["D", "a", "b"]}},
            "Conditions.C: Fn::If is no condition; use Fn::And, Fn::Equals, Fn::Not, Fn::Or or",
        ),
        ({"C": {"Fn::Equals": ["a"]}}, "Conditions.C: Fn::Equals needs a list of two values"),
        ({"C": {"Fn::Equals": "a"}}, "Conditions.C: Fn::Equals needs a list, not text"),
        ({"C": {"Fn::Not": []}}, "Conditions.C: Fn::Not needs a list of one condition"),
        ({"C": {"Fn::And": []}}, "Conditions.C: Fn::And and Fn::Or need conditions"),
        (
            {"C": {"Fn::Equals": [{"Ref": "Send"}, "a"]}},
            "Conditions.C: Send is no parameter of this template, and nothing else",
        ),
        (
            {"C": {"Fn::Equals": [{"Fn::GetAtt": ["Send", "Arn"]}, "a"]}},
            "Conditions.C: Send.Arn is an attribute of a resource",
        ),
        ({"C": {"Fn::Equals": [{"Fn::If": ["C", "a", "b"]}, "a"]}}, "Conditions.C: Fn::If (of C) cannot be used here"),
        (
            {"C": {"Fn::Equals": [{"Fn::ImportValue": "a"}, "a"]}},
            "Conditions.C: Fn::ImportValue is an export of another stack",
        ),
        (["C"], "Conditions: must be a map of conditions"),
    ],
)
def test_a_condition_that_cannot_be_evaluated_is_refused(section: Any, said: str) -> None:
    """With its own name, where it has one."""
    assert refuse_value(CHOOSE, Conditions=section).startswith(said)


def test_a_condition_that_nobody_needs_may_be_broken() -> None:
    """It is never evaluated."""
    assert {"Send"} == read(change({}, Conditions={"C": {"Condition": "C"}})).functions.keys()


def test_a_resource_whose_condition_is_false_does_not_exist() -> None:
    """A route of it is not there, and a reference to it is refused."""
    text = change(
        {
            "OtherRoute": {**part("Route", RouteKey="other"), "Condition": "Never"},
            "Table": {**resource("AWS::DynamoDB::Table"), "Condition": "Never"},
        },
        Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
    )
    named = text.replace('"Runtime"', '"Environment": {"Variables": {"TABLE": {"Ref": "Table"}}}, "Runtime"')

    assert {"send"} == read(text).apis[0].routes.keys()
    assert "Send.Environment.Variables.TABLE: Table does not exist, because its condition Never is false" == str(
        refuse(named)
    )


def test_a_resource_whose_condition_is_true_exists() -> None:
    """A condition called `On` is meant by what is written."""
    text = """
    Conditions: {On: !Equals [a, a]}
    Resources:
      Api:
        Type: AWS::Serverless::WebSocketApi
        Condition: On
        Properties:
          RouteSelectionExpression: $request.body.action
          Routes: {$default: {FunctionArn: !GetAtt Send.Arn}}
      Send: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., Handler: a.b, Runtime: !If [On, python3.13, x]}}
    """

    assert "python3.13" == read(text).functions["Send"].runtime


def test_an_api_whose_condition_is_false_leaves_nothing_to_serve() -> None:
    """And that is what is said."""
    text = """
    Conditions: {Never: !Equals [a, b]}
    Resources:
      Api:
        Type: AWS::Serverless::WebSocketApi
        Condition: Never
        Properties: {RouteSelectionExpression: $request.body.action, Routes: {$default: {FunctionArn: a}}}
    """

    expected = "The template has no WebSocket API: the APIs that it has are HTTP APIs, or their conditions are false."
    assert expected == str(refuse(text))
