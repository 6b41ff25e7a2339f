"""Who may connect."""

from typing import Any

import pytest

from talkroom.functions.specs import AuthorizerSpec
from tests.unit.functions.template.kit import REMOVED, change, part, read, read_api, refuse, resource

CONNECT = part("Route", RouteKey="$connect", AuthorizationType="CUSTOM", AuthorizerId={"Ref": "Authorizer"})
AUTHORIZER = part(
    "Authorizer",
    Name="token",
    AuthorizerType="REQUEST",
    AuthorizerUri={"Fn::GetAtt": ["Authorize", "Arn"]},
    IdentitySource=["route.request.header.Auth"],
)
AUTHORIZE = resource("AWS::Serverless::Function", CodeUri="auth", Handler="a.b", Runtime="python3.13")
BASE: dict[str, Any] = {"Connect": CONNECT, "Authorizer": AUTHORIZER, "Authorize": AUTHORIZE}


def said_of(changes: dict[str, Any]) -> str:
    """What is said of the protected API with changes."""
    return str(refuse(change({**BASE, **changes})))


def test_an_authorizer_is_its_function_and_its_identity_sources() -> None:
    """The route `$connect` needs no integration for it."""
    stack = read(change(BASE))

    assert (
        AuthorizerSpec(function="Authorize", identity_sources=("route.request.header.Auth",))
        == stack.apis[0].authorizer
    )
    assert ["Send", "Authorize"] == list(stack.functions)
    assert {"send"} == stack.apis[0].routes.keys()


@pytest.mark.parametrize(
    ("written", "sources"),
    [
        (REMOVED, ()),
        ([], ()),
        ("route.request.header.Auth", ("route.request.header.Auth",)),
        (
            "route.request.header.Auth, route.request.querystring.token",
            ("route.request.header.Auth", "route.request.querystring.token"),
        ),
        (["stageVariables.a", "context.identity.sourceIp"], ("stageVariables.a", "context.identity.sourceIp")),
    ],
)
def test_identity_sources_are_a_list_or_text_with_commas(written: Any, sources: tuple[str, ...]) -> None:
    """Or none."""
    authorizer = read_api({**BASE, "Authorizer.IdentitySource": written}).authorizer

    assert AuthorizerSpec(function="Authorize", identity_sources=sources) == authorizer


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            ["$request.header.Auth"],
            "'$request.header.Auth' is the spelling of HTTP APIs; write route.request.header.Auth",
        ),
        (
            "$request.querystring.token",
            "'$request.querystring.token' is the spelling of HTTP APIs; write route.request.querystring.token",
        ),
        (
            ["method.request.header.Auth"],
            "'method.request.header.Auth' is the spelling of REST APIs; write route.request.header.Auth",
        ),
        (
            ["Authorization"],
            "'Authorization' is none of route.request.header.X, route.request.querystring.X, stageVariables.X and context.X",
        ),
        (
            ["route.request.body.a"],
            "'route.request.body.a' is none of route.request.header.X, route.request.querystring.X, stageVariables.X and context.X",
        ),
        ({"a": "b"}, "must be a list"),
        ([["a"]], "must be a list of text, and has a list in it"),
    ],
)
def test_an_identity_source_of_another_spelling_is_refused(written: Any, said: str) -> None:
    """With the right one."""
    assert f"Authorizer.IdentitySource: {said}" == said_of({"Authorizer.IdentitySource": written})


@pytest.mark.parametrize(("kind", "authorizer"), [("AWS_IAM", "AWS_IAM"), ("NONE", None), (REMOVED, None)])
def test_other_authorization_needs_no_authorizer(kind: Any, authorizer: str | None) -> None:
    """Signatures, or nothing."""
    changes = {**BASE, "Connect.AuthorizationType": kind, "Connect.AuthorizerId": REMOVED}

    assert authorizer == read_api(changes).authorizer


def test_an_authorizer_that_is_named_but_not_used_is_noted() -> None:
    """Whoever wrote it may think that it protects something."""
    stack = read(change({**BASE, "Connect.AuthorizationType": "NONE"}))

    assert stack.apis[0].authorizer is None
    note = "Connect.AuthorizerId has no effect while AuthorizationType is NONE: anybody may connect."
    assert (note,) == stack.notes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"SendRoute.AuthorizationType": "CUSTOM"},
            "SendRoute.AuthorizationType: Currently, authorization is restricted to the $connect route only",
        ),
        (
            {"SendRoute.AuthorizationType": "AWS_IAM"},
            "SendRoute.AuthorizationType: Currently, authorization is restricted to the $connect route only",
        ),
        (
            {"Connect.AuthorizationType": "JWT"},
            "Connect.AuthorizationType: Currently, JWT authorization type is restricted to APIs with a protocol type of HTTP",
        ),
        (
            {"Authorizer.AuthorizerType": "JWT"},
            (
                "Authorizer.AuthorizerType: Invalid authorizer type."
                " Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."
            ),
        ),
        (
            {"Connect.AuthorizationType": "custom"},
            "Connect.AuthorizationType: 'custom' is not one of NONE, AWS_IAM and CUSTOM",
        ),
        ({"Connect.AuthorizerId": REMOVED}, "Connect.AuthorizerId: is missing"),
        ({"Connect.AuthorizerId": "abc"}, "Connect.AuthorizerId: 'abc' is no authorizer of Api; it has Authorizer"),
        ({"Authorizer.AuthorizerUri": REMOVED}, "Authorizer.AuthorizerUri: is missing"),
        (
            {"Authorizer.AuthorizerUri": "arn:aws:lambda:us-east-1:0:function:x"},
            "Authorizer.AuthorizerUri: 'x' is no function of this template; it has Send and Authorize",
        ),
    ],
)
def test_authorization_that_aws_would_refuse_is_refused(changes: dict[str, Any], said: str) -> None:
    """In AWS's words where they are known."""
    assert said == said_of(changes)


def test_an_authorizer_that_no_route_names_is_not_read() -> None:
    """Its function is not needed either."""
    stack = read(change({**BASE, "Connect": REMOVED, "Authorizer.AuthorizerType": "JWT"}))

    assert stack.apis[0].authorizer is None
    assert ["Send"] == list(stack.functions)
