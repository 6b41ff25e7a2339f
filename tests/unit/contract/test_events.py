"""Events have the fields, and lack the fields, of those captured on AWS: section 2 of the contract page.

The golden files are our own; each has exactly the keys of a capture.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from talkroom.contract.authorizer import (
    AuthorizerEvent,
    AuthorizerRequestContext,
    decode_authorizer_event,
    encode_authorizer_event,
)
from talkroom.contract.events import (
    ConnectContext,
    ConnectEvent,
    DisconnectContext,
    DisconnectEvent,
    Event,
    Identity,
    MessageContext,
    MessageEvent,
    decode_event,
    encode_event,
    find_header,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "events"

DOMAIN = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
HANDSHAKE_HEADERS = {
    "Host": DOMAIN,
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "talkroom.v1, token-1, lobby",
    "Sec-WebSocket-Version": "13",
    "User-Agent": "talkroom-tests/1",
    "X-Amzn-Trace-Id": "Root=1-69259a40-0102030405060708090a0b0c",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}
AUTHORIZER_HEADERS = {
    "Connection": "upgrade",
    "content-length": "0",
    "Host": DOMAIN,
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "talkroom.v1, token-1, lobby",
    "Sec-WebSocket-Version": "13",
    "Upgrade": "websocket",
    "X-Amzn-Trace-Id": "Root=1-69259a40-0102030405060708090a0b0c",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}
DISCONNECT_HEADERS = {"Host": DOMAIN, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
CONTEXT: dict[str, str | int] = {
    "name": "Alice",
    "rooms": "lobby",
    "can": "read send",
    "expiresAt": "1764075600000",
    "protocol": "talkroom.v1",
    "principalId": "alice",
}
IDENTITY = Identity("talkroom-tests/1", "192.0.2.1")

CONNECT = ConnectEvent(
    headers=HANDSHAKE_HEADERS,
    multi_value_headers={name: [value] for name, value in HANDSHAKE_HEADERS.items()},
    request_context=ConnectContext(
        authorizer={**CONTEXT, "integrationLatency": 11},
        extended_request_id="beAaBAECAwUDBgc=",
        request_time="25/Nov/2025:12:00:00 +0000",
        stage="prod",
        connected_at_ms=1764072000123,
        request_at_ms=1764072000125,
        identity=IDENTITY,
        request_id="beAaBAECAwUDBgc=",
        domain_name=DOMAIN,
        connection_id="beAaBAECAwQCBgc=",
        api_id="a1b2c3d4e5",
    ),
)
MESSAGE = MessageEvent(
    request_context=MessageContext(
        route_key="sendmessage",
        authorizer=CONTEXT,
        message_id="beAazAECAwYCBgc=",
        extended_request_id="beAazAECAwYDBgc=",
        request_time="25/Nov/2025:12:00:05 +0000",
        stage="prod",
        connected_at_ms=1764072000123,
        request_at_ms=1764072005123,
        identity=IDENTITY,
        request_id="beAazAECAwYDBgc=",
        domain_name=DOMAIN,
        connection_id="beAaBAECAwQCBgc=",
        api_id="a1b2c3d4e5",
    ),
    body='{\r\n\t"action": "sendmessage", "data": {"message": "こんにちは", "roomId": "lobby"}\r\n}',
)
DISCONNECT = DisconnectEvent(
    headers=DISCONNECT_HEADERS,
    multi_value_headers={name: [value] for name, value in DISCONNECT_HEADERS.items()},
    request_context=DisconnectContext(
        authorizer=CONTEXT,
        disconnect_status_code=1001,
        extended_request_id="beB4kQECAwcDBgc=",
        request_time="25/Nov/2025:12:10:05 +0000",
        disconnect_reason="Going away",
        stage="prod",
        connected_at_ms=1764072000123,
        request_at_ms=1764072605246,
        identity=IDENTITY,
        request_id="beB4kQECAwcDBgc=",
        domain_name=DOMAIN,
        connection_id="beAaBAECAwQCBgc=",
        api_id="a1b2c3d4e5",
    ),
)
AUTHORIZER = AuthorizerEvent(
    method_arn="arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/$connect",
    headers=AUTHORIZER_HEADERS,
    multi_value_headers={name: [value] for name, value in AUTHORIZER_HEADERS.items()},
    query_string_parameters={"page": "2"},
    multi_value_query_string_parameters={"page": ["1", "2"]},
    request_context=AuthorizerRequestContext(
        extended_request_id="beAaBAECAwUDBgc=",
        request_time="25/Nov/2025:12:00:00 +0000",
        stage="prod",
        connected_at_ms=1764072000123,
        request_at_ms=1764072000124,
        identity=Identity(source_ip="192.0.2.1"),
        request_id="beAaBAECAwUDBgc=",
        domain_name=DOMAIN,
        connection_id="beAaBAECAwQCBgc=",
        api_id="a1b2c3d4e5",
    ),
)
EVENTS: dict[str, Event] = {"connect": CONNECT, "message": MESSAGE, "disconnect": DISCONNECT}


def golden(name: str) -> dict[str, Any]:
    """A golden event as its JSON object."""
    event: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return event


def encoded(event: Event | AuthorizerEvent) -> dict[str, Any]:
    """An event as the JSON object that a function receives."""
    value: dict[str, Any] = json.loads(msgspec.json.encode(event))
    return value


def keys_in_order(value: object) -> object:
    """The shape of a JSON value: its keys in the order they are written."""
    return [(key, keys_in_order(below)) for key, below in value.items()] if isinstance(value, dict) else None


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_encoded_as_the_golden_one(name: str):
    """Key for key and value for value, with nothing more."""
    assert golden(name) == json.loads(encode_event(EVENTS[name]))


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_has_its_keys_in_the_order_of_the_captures(name: str):
    """Nothing depends on it, but a person who compares two logs is glad of it."""
    assert keys_in_order(golden(name)) == keys_in_order(json.loads(encode_event(EVENTS[name])))


@pytest.mark.parametrize("name", EVENTS)
def test_a_golden_event_is_decoded_to_its_type(name: str):
    """What a Lambda function receives becomes the same value that the gateway passes in process."""
    assert EVENTS[name] == decode_event(golden(name))


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_survives_the_way_to_a_function(name: str):
    """Encoding and decoding lose nothing."""
    assert EVENTS[name] == decode_event(json.loads(encode_event(EVENTS[name])))


def test_an_authorizer_event_is_encoded_as_the_golden_one():
    """With `stageVariables` even when empty, and without `isBase64Encoded`."""
    assert golden("authorizer") == encoded(AUTHORIZER)


def test_a_golden_authorizer_event_is_decoded_to_its_type():
    """What a Lambda authorizer receives."""
    assert AUTHORIZER == msgspec.convert(golden("authorizer"), AuthorizerEvent)


def test_an_authorizer_event_without_a_query_is_decoded():
    """It is not known whether AWS leaves the keys out then; both forms are read."""
    event = golden("authorizer")
    del event["queryStringParameters"], event["multiValueQueryStringParameters"]

    assert {} == msgspec.convert(event, AuthorizerEvent).query_string_parameters


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("connect", "body"),
        ("connect", "queryStringParameters"),
        ("connect", "multiValueQueryStringParameters"),
        ("connect", "stageVariables"),
        ("connect", "pathParameters"),
        ("message", "headers"),
        ("message", "multiValueHeaders"),
        ("message", "stageVariables"),
        ("disconnect", "body"),
        ("disconnect", "queryStringParameters"),
        ("disconnect", "stageVariables"),
        ("authorizer", "isBase64Encoded"),
        ("authorizer", "body"),
        ("authorizer", "authorizationToken"),
        ("authorizer", "pathParameters"),
    ],
)
def test_an_event_lacks_a_key_that_aws_leaves_out(name: str, key: str):
    """Absent, not null."""
    events: dict[str, Event | AuthorizerEvent] = {**EVENTS, "authorizer": AUTHORIZER}

    assert False is (key in encoded(events[name]))


@pytest.mark.parametrize(
    "key", ["accountId", "resourceId", "resourcePath", "httpMethod", "path", "apiKey", "error", "status"]
)
@pytest.mark.parametrize("name", EVENTS)
def test_a_request_context_lacks_the_keys_of_rest_apis(name: str, key: str):
    """The big sample in some types is the union with REST fields; captures do not have them."""
    assert False is (key in encoded(EVENTS[name])["requestContext"])


@pytest.mark.parametrize("name", ["connect", "disconnect"])
def test_only_a_message_has_a_message_id(name: str):
    """Old captures had null here; since 2021 the key is absent."""
    assert False is ("messageId" in encoded(EVENTS[name])["requestContext"])


@pytest.mark.parametrize("name", ["connect", "message"])
def test_only_a_disconnect_has_a_code_and_a_reason(name: str):
    """`disconnectStatusCode` and `disconnectReason`."""
    context = encoded(EVENTS[name])["requestContext"]

    assert set() == {"disconnectStatusCode", "disconnectReason"} & set(context)


@pytest.mark.parametrize("name", EVENTS)
def test_without_an_authorizer_there_is_no_authorizer_map(name: str):
    """The key is absent, and an event without it is read."""
    event = golden(name)
    del event["requestContext"]["authorizer"]

    assert event == encoded(decode_event(event))


@pytest.mark.parametrize("name", EVENTS)
def test_a_client_without_a_user_agent_has_no_such_key(name: str):
    """`identity` holds `sourceIp` alone then."""
    event = golden(name)
    del event["requestContext"]["identity"]["userAgent"]

    assert event == encoded(decode_event(event))


def test_a_query_comes_in_both_forms():
    """Single values and all values, when there is a query."""
    event = golden("connect")
    event["queryStringParameters"] = {"page": "2"}
    event["multiValueQueryStringParameters"] = {"page": ["1", "2"]}

    assert event == encoded(decode_event(event))


@pytest.mark.parametrize("name", EVENTS)
def test_stage_variables_come_when_the_stage_has_some(name: str):
    """On integration events of every kind."""
    event = golden(name)
    event["stageVariables"] = {"table": "messages"}

    assert event == encoded(decode_event(event))


def test_a_body_is_verbatim():
    """White space and Unicode arrive as the client sent them, not as some parser would write them again."""
    expected = '{\r\n\t"action": "sendmessage", "data": {"message": "こんにちは", "roomId": "lobby"}\r\n}'
    event = decode_event(golden("message"))

    assert isinstance(event, MessageEvent)
    assert expected == event.body


@pytest.mark.parametrize("name", EVENTS)
def test_unknown_keys_are_ignored(name: str):
    """AWS may add some at any time."""
    event = golden(name)
    event["version"] = "2.0"
    event["requestContext"]["newKey"] = {"nested": None}

    assert EVENTS[name] == decode_event(event)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": None},
        {"requestContext": {}},
        {"requestContext": {"eventType": "CONNECT"}},
        {"requestContext": {"eventType": "OTHER"}},
        {"requestContext": {"eventType": ["CONNECT"]}},
        {"Records": []},
    ],
)
def test_something_else_than_an_event_is_refused(event: dict[str, object]):
    """A function behind the wrong trigger says so at once."""
    with pytest.raises(msgspec.ValidationError):
        decode_event(event)


@pytest.mark.parametrize("name", ["Sec-WebSocket-Protocol", "sec-websocket-protocol", "SEC-WEBSOCKET-PROTOCOL"])
def test_a_header_is_found_in_the_spelling_of_the_handler(name: str):
    """Whatever case the handler asks in."""
    assert "chat" == find_header({"Host": "x", "Sec-WebSocket-Protocol": "chat"}, name)


def test_a_header_is_found_in_the_spelling_of_the_client():
    """API Gateway keeps the client's own case."""
    assert "chat" == find_header({"sec-webSocket-protocol": "chat"}, "Sec-WebSocket-Protocol")


def test_an_empty_header_is_found():
    """It was sent, and is not the same as none."""
    assert "" == find_header({"x-api-key": ""}, "X-API-Key")


def test_a_header_that_was_not_sent_is_not_found():
    """None says so."""
    assert None is find_header({"Host": "x"}, "Origin")


@pytest.mark.parametrize("name", ["connect", "message", "disconnect"])
def test_a_key_that_is_null_counts_as_absent(name: str):
    """Emulators and events written by hand fill keys in that AWS leaves out."""
    event = golden(name)

    assert decode_event(event) == decode_event({**event, "queryStringParameters": None, "stageVariables": None})


def test_a_disconnect_event_without_headers_is_one():
    """Nobody needs them."""
    event = golden("disconnect")
    del event["headers"], event["multiValueHeaders"]

    assert DISCONNECT.request_context == decode_event(event).request_context


def test_an_authorizer_event_is_decoded_to_what_was_encoded():
    """Both sides of the contract are written here."""
    assert AUTHORIZER == decode_authorizer_event(json.loads(encode_authorizer_event(AUTHORIZER)))


def test_something_else_than_an_authorizer_event_is_refused():
    """An authorizer of another type, or of an HTTP API, sends other events."""
    with pytest.raises(msgspec.ValidationError):
        decode_authorizer_event({"type": "TOKEN", "authorizationToken": "x", "methodArn": "arn"})
