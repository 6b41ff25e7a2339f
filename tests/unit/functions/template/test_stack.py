"""A template as a whole."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkroom.functions.template.surroundings import make_id
from tests.unit.functions.template.kit import (
    REMOVED,
    change,
    read,
    read_api,
    read_changed,
    refuse,
    refuse_changed,
    resource,
)

EMPTY = {"Api": REMOVED, "Prod": REMOVED, "SendRoute": REMOVED, "SendIntegration": REMOVED}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A: b", "Resources: the template has no such section, so there is nothing to serve"),
        ("Resources: [a]", "Resources: must be a map of resources, not a list"),
        ("Resources: text", "Resources: must be a map of resources, not text"),
        ("Resources: {A: b}", "A: must be a map with a Type, not text"),
        ("Resources: {A: {}}", "A.Type: is missing, or is no text"),
        ("Resources: {A: {Type: [b]}}", "A.Type: is missing, or is no text"),
        ("Resources: {A: {Type: b, Properties: [c]}}", "A.Properties: must be a map, not a list"),
        ("Resources: {A: {Type: b, Condition: [c]}}", "A.Condition: must be the name of a condition"),
        ("Resources: {a-b: {Type: b}}", "Resources: a logical id has letters and digits only, and 'a-b' has others"),
    ],
)
def test_a_template_of_another_shape_is_refused(text: str, said: str) -> None:
    """With its place."""
    assert said == str(refuse(text))


def test_a_template_without_a_websocket_api_is_refused() -> None:
    """With what it has instead."""
    expected = (
        "The template has no WebSocket API: no AWS::Serverless::WebSocketApi, and no AWS::ApiGatewayV2::Api with ProtocolType"
        " WEBSOCKET. It has AWS::Serverless::Function and AWS::Serverless::HttpApi."
    )
    assert expected == refuse_changed({**EMPTY, "Http": resource("AWS::Serverless::HttpApi")})
    assert "It has none." in str(refuse("Resources: {}"))


def test_a_template_with_an_http_api_only_is_refused() -> None:
    """It is another protocol."""
    said = refuse_changed({"Api.ProtocolType": "HTTP"})

    assert (
        "The template has no WebSocket API: the APIs that it has are HTTP APIs, or their conditions are false." == said
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Api.ProtocolType": REMOVED}, "Api.ProtocolType: is missing; it is WEBSOCKET or HTTP"),
        ({"Api.ProtocolType": "WS"}, "Api.ProtocolType: 'WS' is neither WEBSOCKET nor HTTP"),
        ({"Api.RouteSelectionExpression": REMOVED}, "Api.RouteSelectionExpression: is missing"),
        (
            {"Api.RouteSelectionExpression": "$request.method"},
            (
                "Api.RouteSelectionExpression: '$request.method' reads something that is not $request.body, and API Gateway has"
                " nothing else for it"
            ),
        ),
    ],
)
def test_an_api_that_cannot_be_served_is_refused(changes: dict[str, Any], said: str) -> None:
    """With the property that is in the way."""
    assert said == refuse_changed(changes)


def test_the_error_names_resource_and_property() -> None:
    """For programs, too."""
    error = refuse(change({"Send.Environment.Variables.TABLE": {"Ref": "Nothing"}}))

    assert ("Send", "Environment.Variables.TABLE") == (error.resource, error.property)


def test_an_error_of_the_whole_names_neither() -> None:
    """There is no place to name."""
    error = refuse("")

    assert (None, None) == (error.resource, error.property)


def test_other_apis_are_noted() -> None:
    """Each with what it is."""
    changes = {
        "Http": resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP", Name="a"),
        "Imported": resource("AWS::ApiGatewayV2::Api", Body={"openapi": "3.0.1"}),
        "Rest": resource("AWS::Serverless::Api"),
        "Nested": resource("AWS::CloudFormation::Stack"),
    }

    expected = (
        "Nested is a nested stack, which is not read.",
        "Http is an HTTP API, and is not served.",
        "Imported is an HTTP API, and is not served.",
        "Rest (AWS::Serverless::Api) is not a WebSocket API, and is not served.",
    )
    assert expected == read_changed(changes).notes


def test_macros_are_noted() -> None:
    """Those of the template, and those among its resources."""
    changes = {"Fn::ForEach::Tables": ["Name", ["a"], {}]}

    notes = read_changed(
        changes, Transform=["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions", "Mine", {"Name": "AWS::Include"}]
    ).notes

    expected = (
        "Resources.Fn::ForEach::Tables is not expanded: only CloudFormation runs its macros.",
        "The macro 'Mine' is not run: only CloudFormation runs macros.",
        "The macro 'AWS::Include' is not run: only CloudFormation runs macros.",
    )
    assert expected == notes


def test_a_template_of_sam_without_its_transform_is_noted() -> None:
    """CloudFormation would not know its types."""
    expected = "The template has resources of SAM but no Transform: AWS::Serverless-2016-10-31, which AWS needs."

    assert (expected,) == read_changed({}, Transform=None).notes


def test_a_disabled_endpoint_is_noted() -> None:
    """There is no other address here."""
    expected = "Api.DisableExecuteApiEndpoint has no effect: the API has no other address here."

    assert (expected,) == read_changed({"Api.DisableExecuteApiEndpoint": True}).notes


def test_an_api_has_the_name_and_the_expression_that_it_says() -> None:
    """Its logical id when it says no name."""
    api = read_api({"Api.Name": REMOVED, "Api.RouteSelectionExpression": "${request.body.a}/${request.body.b}"})

    assert ("Api", "${request.body.a}/${request.body.b}") == (api.name, api.route_selection_expression)


def test_several_apis_are_served_in_the_order_of_the_template() -> None:
    """Each with its own routes; a function of two is there once."""
    other = resource(
        "AWS::Serverless::WebSocketApi",
        RouteSelectionExpression="$request.body.kind",
        Routes={"$default": {"FunctionArn": {"Fn::GetAtt": ["Send", "Arn"]}}},
    )

    stack = read_changed({"Other": other})

    assert [("Api", {"send"}), ("Other", {"$default"})] == [(api.logical_id, set(api.routes)) for api in stack.apis]
    assert ["Send"] == list(stack.functions)


def test_the_surroundings_are_those_that_are_given() -> None:
    """Region and account of the stack, its name in the names of resources."""
    text = change({"Table": resource("AWS::DynamoDB::Table"), "Send.Environment.Variables.TABLE": {"Ref": "Table"}})

    stack = read(text, region="eu-central-1", account_id="123456789012", stack_name="chat")

    assert ("eu-central-1", "123456789012") == (stack.region, stack.account_id)
    assert "arn:aws:lambda:eu-central-1:123456789012:function:Send" == stack.functions["Send"].arn
    assert {"TABLE": "chat-Table"} == stack.functions["Send"].environment


@given(st.text(string.ascii_letters + string.digits, min_size=1, max_size=255))
def test_an_api_id_is_ten_characters_that_never_change(logical_id: str) -> None:
    """Lower-case letters and digits, the first a letter."""
    made = make_id(logical_id)

    assert 10 == len(made)
    assert made[0] in string.ascii_lowercase
    assert set(made) <= set(string.ascii_lowercase + string.digits)
    assert made == make_id(logical_id)


def test_the_api_id_of_a_name_is_the_same_in_every_release() -> None:
    """Clients and scripts have it written down."""
    assert "lt4jfwtg79" == make_id("Api")
