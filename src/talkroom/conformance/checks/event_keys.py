"""The keys of events as they were captured on AWS, and those that such events do not have.

Sources: section 2 of the contract page, which is the captures of aws-lambda-go (`events/testdata/apigw-websocket-request-*.json`),
of Powertools for Python (`tests/events/apiGatewayWebSocketApi*.json`), of two public test suites, and, for the authorizer, the
sample of the guide ("Create an API Gateway Lambda authorizer for WebSocket APIs").
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from talkroom.conformance.errors import Departure

ID: Final = re.compile(r"[A-Za-z0-9_-]{15}=")
"""Of connections, requests and messages: 11 bytes in URL-safe base64."""

QUERY_KEYS: Final = frozenset({"queryStringParameters", "multiValueQueryStringParameters"})
"""Only there when the handshake had a query."""

KEYS: Final[Mapping[str, frozenset[str]]] = {
    "CONNECT": frozenset({"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"}),
    "MESSAGE": frozenset({"requestContext", "body", "isBase64Encoded"}),
    "DISCONNECT": frozenset({"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"}),
}
"""Of each kind of event, on a stage without variables, of a handshake without query."""

_EVERY_CONTEXT: Final = frozenset(
    {
        "routeKey", "eventType", "extendedRequestId", "requestTime", "messageDirection", "stage", "connectedAt",
        "requestTimeEpoch", "identity", "requestId", "domainName", "connectionId", "apiId",
    }
)  # fmt: skip
CONTEXT_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "CONNECT": _EVERY_CONTEXT,
    "MESSAGE": _EVERY_CONTEXT | {"messageId"},
    "DISCONNECT": _EVERY_CONTEXT | {"disconnectStatusCode", "disconnectReason"},
}
"""Of `requestContext`, without authorizer; with one there is `authorizer` too."""

AUTHORIZER_KEYS: Final = QUERY_KEYS | {
    "type", "methodArn", "headers", "multiValueHeaders", "stageVariables", "requestContext",
}  # fmt: skip
AUTHORIZER_CONTEXT_KEYS: Final = _EVERY_CONTEXT

OF_REST_ONLY: Final = frozenset(
    {
        "accountId", "apiKey", "apiKeyId", "error", "httpMethod", "integrationLatency", "path", "pathParameters", "resource",
        "resourceId", "resourcePath", "status",
    }
)  # fmt: skip
"""What types for these events have and the events have not: the types are the union with those of REST APIs."""


def same_keys(expected: frozenset[str], seen: Mapping[str, Any], what: str) -> None:
    """Raise a Departure that names the keys that are missing and those that are too many."""
    missing, more = sorted(expected - seen.keys()), sorted(seen.keys() - expected)
    if missing or more:
        parts = [f"has not {', '.join(missing)}"] * bool(missing) + [f"has also {', '.join(more)}"] * bool(more)
        raise Departure(f"{what} {' and '.join(parts)}")


def nulls(value: Any, path: str = "") -> Iterator[str]:
    """Where an event has null."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from nulls(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nulls(inner, f"{path}[{index}]")
