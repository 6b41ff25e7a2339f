"""SAM's WebSocketApi: what the transform makes of it, and what it refuses."""

import copy
import json
from typing import Any

import pytest

from talkroom.functions.specs import ApiSpec, AuthorizerSpec, RouteSpec
from tests.unit.functions.template.kit import REMOVED, change, part, read, refuse, resolve, resource

SEND_ARN = {"Fn::GetAtt": ["Send", "Arn"]}

API = resource(
    "AWS::Serverless::WebSocketApi",
    RouteSelectionExpression="$request.body.action",
    Routes={"$connect": {"FunctionArn": SEND_ARN}, "send": {"FunctionArn": SEND_ARN}},
)

ONLY_SAM: dict[str, Any] = {
    "Api": API,
    "Prod": REMOVED,
    "SendRoute": REMOVED,
    "SendIntegration": REMOVED,
}
"""The small template, its API written with SAM."""


def template(changes: dict[str, Any], **sections: Any) -> str:
    """The template with other properties of its API."""
    api = copy.deepcopy(API)
    for path, value in changes.items():
        holder: Any = api["Properties"]
        *names, key = path.split(".")
        for name in names:
            holder = holder[name]
        holder[key] = value
        if value is REMOVED:
            del holder[key]
    return change({**ONLY_SAM, "Api": api}, **sections)


def read_sam(changes: dict[str, Any], **sections: Any) -> ApiSpec:
    """The API."""
    (api,) = read(template(changes, **sections)).apis
    return api


def test_what_is_not_said_is_sams_default() -> None:
    """The stage is called `default`, and the API after its logical id."""
    expected = ApiSpec(
        logical_id="Api",
        api_id="lt4jfwtg79",
        name="Api",
        stage="default",
        routes={"$connect": RouteSpec(key="$connect", target="Send"), "send": RouteSpec(key="send", target="Send")},
    )

    assert expected == read_sam({})


@pytest.mark.parametrize(
    ("stage", "name", "logical_id"),
    [
        (None, "default", "ApiDefaultStage"),
        ("prod", "prod", "ApiprodStage"),
        ({"Ref": "AWS::StackName"}, "talkroom", "ApiStage"),
    ],
)
def test_the_stage_can_be_named(stage: Any, name: str, logical_id: str) -> None:
    """By the id that SAM gives it, and as `Api.Stage`."""
    variables = {"ID": {"Ref": logical_id}, "REF": {"Ref": "Api.Stage"}, "SUB": {"Fn::Sub": "${Api.Stage}"}}
    text = template({"StageName": stage}).replace(
        '"Handler"', f'"Environment": {{"Variables": {json.dumps(variables)}}}, "Handler"'
    )

    assert {"ID": name, "REF": name, "SUB": name} == read(text).functions["Send"].environment


@pytest.mark.parametrize(
    ("auth", "authorizer"),
    [
        (
            {
                "AuthType": "CUSTOM",
                "AuthArn": SEND_ARN,
                "IdentitySource": ["route.request.header.Auth"],
                "Name": "mine",
            },
            AuthorizerSpec(function="Send", identity_sources=("route.request.header.Auth",)),
        ),
        ({"AuthType": {"Ref": "Kind"}, "AuthArn": SEND_ARN}, AuthorizerSpec(function="Send")),
        ({"AuthType": "AWS_IAM"}, "AWS_IAM"),
        ({"AuthType": "NONE"}, None),
    ],
)
def test_an_api_has_its_authorization(auth: Any, authorizer: Any) -> None:
    """Of `$connect`."""
    kind = {"Kind": {"Type": "String", "Default": "CUSTOM"}}

    assert authorizer == read_sam({"Auth": auth}, Parameters=kind).authorizer


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Routes": {}}, "Api.Routes: must be a map with at least one route key"),
        ({"Routes": ["send"]}, "Api.Routes: must be a map with at least one route key"),
        ({"Routes.send": SEND_ARN["Fn::GetAtt"]}, "Api.Routes.send: must be a map with a FunctionArn, not a list"),
        ({"Routes.send": {}}, "Api.Routes.send.FunctionArn: is missing: a route must have a function"),
        (
            {"Routes.get_user": {"FunctionArn": SEND_ARN}},
            (
                "Api.Routes.get_user: SAM takes $connect, $disconnect, $default and keys of letters and digits only;"
                " write the other routes as AWS::ApiGatewayV2::Route"
            ),
        ),
        (
            {"Routes.SEND": {"FunctionArn": SEND_ARN}},
            "Api.Routes.SEND: SAM makes ApiSendRoute of this, and the template has it already",
        ),
        (
            {"Routes.send.FunctionArn": {"Ref": "Send"}},
            "Api.Routes.send.FunctionArn: 'Send' is a function's name, and an ARN is",
        ),
        (
            {"Routes.send.IntegrationTimeout": 30000},
            "Api.Routes.send.IntegrationTimeout: must be a whole number from 50 to 29000",
        ),
        ({"Routes.send.ApiKeyRequired": True}, "Api.Routes.send.ApiKeyRequired: API keys are not checked here"),
        (
            {"RouteSelectionExpression": REMOVED},
            "Api.RouteSelectionExpression: is missing, and SAM has no default for it",
        ),
        ({"StageName": "$default"}, "Api.StageName: stages cannot be named $default for WebSocket APIs"),
        ({"Auth": ["CUSTOM"]}, "Api.Auth: must be a map with an AuthType"),
        ({"Auth": {"AuthType": "custom"}}, "Api.Auth.AuthType: must be AWS_IAM, CUSTOM or NONE, not 'custom'"),
        ({"Auth": {"AuthArn": SEND_ARN}}, "Api.Auth.AuthType: must be AWS_IAM, CUSTOM or NONE, not nothing"),
        ({"Auth": {"AuthType": "CUSTOM"}}, "Api.Auth.AuthArn: must be there if AuthType is CUSTOM"),
        (
            {"Auth": {"AuthType": "AWS_IAM", "Name": "a"}},
            "Api.Auth: nothing else can be configured for AuthType AWS_IAM",
        ),
        (
            {"Auth": {"AuthType": "NONE"}, "Routes.$connect": REMOVED},
            "Api.Auth: authorization is only available if there is a $connect route",
        ),
        (
            {"Auth": {"AuthType": "CUSTOM", "AuthArn": SEND_ARN, "IdentitySource": ["Auth"]}},
            "Api.Auth.IdentitySource: 'Auth' is none of route.request.header.X",
        ),
        (
            {"Auth": {"AuthType": "CUSTOM", "AuthArn": "Send"}},
            "Api.Auth.AuthArn: 'Send' is a function's name, and an ARN is wanted here",
        ),
        ({"Domain": "a"}, "Api.Domain: must be a map, not text"),
        ({"Domain": {"DomainName": "a"}}, "Api.Domain: custom domains need both DomainName and CertificateArn"),
        (
            {"Domain": {"DomainName": "a", "CertificateArn": "b", "MutualTlsAuthentication": {"TruststoreUri": "c"}}},
            "Api.Domain.MutualTlsAuthentication: mutual TLS is not supported for WebSocket APIs",
        ),
    ],
)
def test_what_sam_would_refuse_is_refused(changes: dict[str, Any], said: str) -> None:
    """At the property that is written, and not at the resource that SAM would make."""
    assert str(refuse(template(changes))).startswith(said)


def test_a_route_of_sam_can_be_given_a_route_response() -> None:
    """By the id that SAM gives it: the transform makes none."""
    changes = {
        **ONLY_SAM,
        "Answer": part("RouteResponse", RouteId={"Ref": "ApiSendRoute"}, RouteResponseKey="$default"),
    }
    text = change(changes).replace('"send": {', '"send": {"RouteResponseSelectionExpression": "$default", ')

    assert read(text).apis[0].routes["send"].route_response


def test_routes_can_be_added_to_an_api_of_sam() -> None:
    """With integrations of either kind."""
    changes = {
        **ONLY_SAM,
        "Other": part("Route", RouteKey="get_user", Target="integrations/ApiSendIntegration"),
    }

    assert {"$connect", "send", "get_user"} == read(change(changes)).apis[0].routes.keys()


def test_a_domain_of_sam_leads_to_the_stage() -> None:
    """With its first base path."""
    domain = {"DomainName": "ws.example.com", "CertificateArn": {"Fn::ImportValue": "c"}, "BasePath": ["/chat/"]}

    assert {"ws.example.com": "chat"} == read_sam({"Domain": domain}).custom_domains
    assert {"ws.example.com": ""} == read_sam({"Domain": {**domain, "BasePath": "/"}}).custom_domains
    assert {"ws.example.com": ""} == read_sam({"Domain": {**domain, "BasePath": None}}).custom_domains


def test_globals_reach_an_api_of_sam() -> None:
    """All but what is its own."""
    common = {"WebSocketApi": {"RouteSelectionExpression": "$request.body.kind", "StageVariables": {"a": "b"}}}

    api = read_sam({"RouteSelectionExpression": REMOVED}, Globals=common)

    assert ("$request.body.kind", {"a": "b"}) == (api.route_selection_expression, api.stage_variables)


def test_the_api_can_be_named_by_functions() -> None:
    """By id and endpoint."""
    endpoint = {"Fn::GetAtt": ["Api", "ApiEndpoint"]}

    assert "wss://lt4jfwtg79.execute-api.us-east-1.amazonaws.com" == resolve(endpoint, ONLY_SAM)
