"""The events of other emulators, made from ours by what section 10 of the contract page says of them."""

import time
import uuid
from typing import Any

from tests.conformance.wrong_gateway import EventAsJson

NULL_IDENTITY = (
    "accessKey", "accountId", "apiKey", "apiKeyId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
    "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn",
)  # fmt: skip


def serverless_offline(event: EventAsJson) -> EventAsJson:
    """14.8.0: the events of before 2021, with fixed names, and a raw action as route key."""
    context = event["requestContext"]
    connection_id = str(uuid.uuid5(uuid.NAMESPACE_OID, context["connectionId"]))
    context |= {"connectionId": connection_id, "apiId": "private", "domainName": "localhost", "stage": "local"}
    context |= {"messageId": str(uuid.uuid4()), "requestId": str(uuid.uuid4())}
    context["identity"] |= dict.fromkeys(NULL_IDENTITY)
    if "authorizer" in context:
        context["authorizer"]["integrationLatency"] = "42"
    event.pop("stageVariables", None)
    if context["eventType"] == "DISCONNECT":
        del context["disconnectStatusCode"], context["disconnectReason"]
        del event["headers"]["X-Forwarded-For"], event["multiValueHeaders"]["X-Forwarded-For"]
    return event


def ministack(event: EventAsJson) -> EventAsJson:
    """1.5.33: lower-case headers, one id for two things, `connectedAt` of the event, null and empty where there is nothing."""
    context = event["requestContext"]
    short = uuid.uuid4().hex[:16]
    context |= {"extendedRequestId": str(uuid.uuid4()), "requestId": short, "connectedAt": time.time_ns() // 1_000_000}
    context["connectionId"] = uuid.uuid5(uuid.NAMESPACE_OID, context["connectionId"]).hex[:16]
    context["identity"].setdefault("userAgent", "")
    del context["messageDirection"]
    if "messageId" in context:
        context["messageId"] = short
    context.get("authorizer", {}).pop("integrationLatency", None)
    event.pop("stageVariables", None)
    for name in ("headers", "multiValueHeaders"):
        if name in event:
            event[name] = {key.lower(): value for key, value in event[name].items()}
    if context["eventType"] == "DISCONNECT":
        del event["headers"], event["multiValueHeaders"]
    if context["eventType"] != "MESSAGE":
        event.setdefault("queryStringParameters", None)
        event.setdefault("multiValueQueryStringParameters", None)
        event["body"] = ""
    return event


def sandbox(event: EventAsJson) -> EventAsJson:
    """Architect's 7.1.0: placeholders, and a disconnect without code."""
    context = event["requestContext"]
    context |= {"requestId": "placeholder", "extendedRequestId": "placeholder"}
    if context["eventType"] == "DISCONNECT":
        del context["disconnectStatusCode"]
        context["disconnectReason"] = ""
    return event


def as_an_http_api(event: EventAsJson) -> EventAsJson:
    """Nobody's in full: the mistakes of who knows REST and HTTP APIs, in the authorizer's event and in messages."""
    context: dict[str, Any] = event["requestContext"]
    if event.get("type") == "REQUEST":
        event["isBase64Encoded"] = False
        event["headers"] = {key: value for key, value in event["headers"].items() if key != "Connection"}
        del context["connectionId"]
    context |= {"accountId": "000000000000", "resourcePath": "/", "httpMethod": "GET", "requestTimeEpoch": time.time()}
    if "body" in event:
        event |= {"body": event["body"].strip(), "headers": {}}
    if context["eventType"] == "CONNECT" and "type" not in event:
        event["headers"]["Connection"] = "Upgrade"
    if "multiValueQueryStringParameters" in event:
        event["multiValueQueryStringParameters"] = {
            name: values[-1:] for name, values in event["multiValueQueryStringParameters"].items()
        }
    event["stageVariables"] = event.get("stageVariables")
    return event
