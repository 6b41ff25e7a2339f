"""Section C: events fit the types that applications are written against, in Python and in Go."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from talkroom.conformance.checks.guarded import open_guarded
from talkroom.conformance.checks.whole_life import Life, live
from talkroom.conformance.errors import NotRun
from talkroom.conformance.expectations import require, show
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target

POWERTOOLS: Final = "aws_lambda_powertools.utilities.parser.models"
MODELS: Final = ("Connect", "Message", "Disconnect")

_TEXT_MAP, _LIST_MAP = "map[string]string", "map[string][]string"
GO_REQUEST: Final[Mapping[str, str]] = {
    "resource": "string",
    "path": "string",
    "httpMethod": "string",
    "headers": _TEXT_MAP,
    "multiValueHeaders": _LIST_MAP,
    "queryStringParameters": _TEXT_MAP,
    "multiValueQueryStringParameters": _LIST_MAP,
    "pathParameters": _TEXT_MAP,
    "stageVariables": _TEXT_MAP,
    "requestContext": "struct",
    "body": "string",
    "isBase64Encoded": "bool",
}
"""Field of the JSON → type, in `events.APIGatewayWebsocketProxyRequest` of aws-lambda-go, events/apigw.go.

Whatever the file does not name is ignored by encoding/json, and of what it names a value of another JSON type is an
UnmarshalTypeError, which fails the invocation before the handler sees it. `null` fits every type.
"""
GO_CONTEXT: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "accountId", "resourceId", "stage", "requestId", "resourcePath", "httpMethod", "apiId", "connectionId", "domainName",
            "error", "eventType", "extendedRequestId", "integrationLatency", "messageDirection", "requestTime", "routeKey",
            "status",
        ),
        "string",
    ),
    "identity": "struct",
    "authorizer": "interface{}",
    "connectedAt": "int64",
    "messageId": "string",
    "requestTimeEpoch": "int64",
    "disconnectStatusCode": "int64",
    "disconnectReason": "string",
}  # fmt: skip
"""… in `events.APIGatewayWebsocketProxyRequestContext`; the last two since pull request 548, of 2024.

`messageId` was an `interface{}` until then, and is a text in every capture.
"""
GO_IDENTITY: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "cognitoIdentityPoolId", "accountId", "cognitoIdentityId", "caller", "apiKey", "apiKeyId", "accessKey", "sourceIp",
        "cognitoAuthenticationType", "cognitoAuthenticationProvider", "userArn", "userAgent", "user",
    ),
    "string",
)  # fmt: skip
"""… in `events.APIGatewayRequestIdentity`."""

FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    # encoding/json takes no fraction and no exponent, which Python's decoder makes a float.
    "int64": lambda value: type(value) is int and -(2**63) <= value < 2**63,
    "interface{}": lambda _value: True,
    "struct": lambda value: isinstance(value, dict),
    _TEXT_MAP: lambda value: isinstance(value, dict) and all(isinstance(one, str) for one in value.values()),
    _LIST_MAP: lambda value: (
        isinstance(value, dict)
        and all(isinstance(many, list) and all(isinstance(one, str) for one in many) for many in value.values())
    ),
}


@check(64)
async def events_fit_the_types_of_two_languages(target: Target) -> None:
    """With an authorizer and a query, with stage variables and a repeated parameter, and with neither.

    Powertools' models are those of Python, as lenient as its parser is.
    """
    models = await asyncio.to_thread(load_models)
    lives = [
        await live(await open_guarded(target, 'context:room="lobby"')),
        await live(await target.connect("composed", query=[("a", "1"), ("a", "2")])),
        await live(await target.connect(by="header")),
    ]
    for life in lives:
        fits_go(life)
        fits_python(life, models)


def load_models() -> list[Any]:
    """Powertools' model of each kind of event. Raises NotRun when it is not installed."""
    try:
        module = import_module(POWERTOOLS)
    except ImportError as error:
        raise NotRun(
            f"the models of Powertools for AWS Lambda cannot be imported ({error}): pip install 'aws-lambda-powertools[parser]'"
        ) from error
    return [getattr(module, f"APIGatewayWebSocket{kind}EventModel") for kind in MODELS]


def fits_python(life: Life, models: list[Any]) -> None:
    """Raise a Departure that says what Powertools' parser does not take."""
    for record, model in zip(life, models, strict=True):
        try:
            model.model_validate(record.event)
        except ValueError as error:
            require(False, f"{record.kind} is not Powertools' {model.__name__}: {' '.join(str(error).split())}")


def fits_go(life: Life) -> None:
    """Raise a Departure that names the fields whose values Go's types do not take."""
    for record in life:
        event = record.event
        wrong = [
            *misfits(event, GO_REQUEST),
            *misfits(event.get("requestContext"), GO_CONTEXT),
            *misfits(record.context.get("identity"), GO_IDENTITY),
        ]
        require(not wrong, f"{record.kind} does not unmarshal in aws-lambda-go: {'; '.join(wrong)}")


def misfits(value: Any, fields: Mapping[str, str]) -> Iterator[str]:
    """Fields of another JSON type than the Go type's."""
    for name, go_type in fields.items():
        found = value.get(name) if isinstance(value, dict) else None
        if found is not None and not FITS[go_type](found):
            yield f"{name} is {show(found)}, and {go_type} in Go"
