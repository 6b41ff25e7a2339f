"""Events are those that API Gateway makes, key for key and in its order: section 2 of the contract page."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from talkroom.contract.close_codes import CLOSED_BY_CLIENT_WITHOUT_CODE, IDLE
from talkroom.contract.events import Identity, encode_event
from talkroom.gateway.api import Api
from talkroom.gateway.event_factory import EventFactory, Facts, HandshakeRequest

GOLDEN = Path(__file__).parents[2] / "golden" / "events"
DOMAIN = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
CONNECTED_AT_MS = 1764072000123
CONTEXT = {
    "name": "Alice",
    "rooms": "lobby",
    "can": "read send",
    "expiresAt": "1764075600000",
    "protocol": "talkroom.v1",
    "principalId": "alice",
}
HANDSHAKE = (
    ("Host", DOMAIN),
    ("Upgrade", "websocket"),
    ("Connection", "upgrade"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Protocol", "talkroom.v1, token-1, lobby"),
)
AGENT_AND_EXTENSIONS = (
    ("User-Agent", "talkroom-tests/1"),
    ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
)


def golden(name: str) -> Any:
    """A recorded event."""
    return json.loads((GOLDEN / f"{name}.json").read_text())


def entropy(size: int) -> bytes:
    """Bytes 1, 2, 3 …"""
    return bytes(range(1, size + 1))


def a_factory(**api: Any) -> EventFactory:
    """For the API of the recordings."""
    return EventFactory(
        Api(routes={}, api_id="a1b2c3d4e5", region="eu-west-1", account_id="123456789012", **api), entropy
    )


def facts(authorizer: dict[str, str] | UnsetType = UNSET, user_agent: str | UnsetType = "talkroom-tests/1") -> Facts:
    """A connection's constant part."""
    return Facts("beAaBAECAwQCBgc=", CONNECTED_AT_MS, Identity(user_agent, "192.0.2.1"), DOMAIN, authorizer)


def request(*more: tuple[str, str], query: tuple[tuple[str, str], ...] = ()) -> HandshakeRequest:
    """A handshake with more headers than the usual ones."""
    return HandshakeRequest(
        target="/prod", headers=HANDSHAKE + more, query=query, source_ip="192.0.2.1", scheme="https", port=443
    )


def ordered(event: Any) -> str:
    """JSON with its keys in the event's own order."""
    return json.dumps(event, ensure_ascii=False, indent=1)


def connect_event(handshake: HandshakeRequest, authorizer: Any = UNSET, **api: Any) -> Any:
    """CONNECT as JSON."""
    factory = a_factory(**api)
    maps = factory.handshake(handshake, CONNECTED_AT_MS)
    event = factory.connect(facts(), maps, "beAaBAECAwUDBgc=", authorizer, CONNECTED_AT_MS + 2)
    return json.loads(encode_event(event))


def test_connect_is_as_recorded() -> None:
    """With an authorizer, and without a query."""
    event = connect_event(request(*AGENT_AND_EXTENSIONS), {**CONTEXT, "integrationLatency": 11})

    assert ordered(golden("connect")) == ordered(event)


def test_the_authorizers_event_is_as_recorded() -> None:
    """`Connection`, `Upgrade` and `content-length` are in this one alone."""
    factory = a_factory()
    maps = factory.handshake(request(query=(("page", "1"), ("page", "2"))), CONNECTED_AT_MS)
    event = factory.authorizer(facts(user_agent=UNSET), maps, "beAaBAECAwUDBgc=", CONNECTED_AT_MS + 1)

    assert ordered(golden("authorizer")) == ordered(json.loads(msgspec.json.encode(event)))


def test_message_is_as_recorded() -> None:
    """Its message id is new, and another than its request id."""
    body = golden("message")["body"]
    event = a_factory().message(facts(CONTEXT), "sendmessage", body, "beAazAECAwYDBgc=", CONNECTED_AT_MS + 5000)
    made = json.loads(encode_event(event))

    message_id = made["requestContext"].pop("messageId")
    recorded = golden("message")
    recorded["requestContext"].pop("messageId")
    assert ordered(recorded) == ordered(made)
    assert re.fullmatch(r"beAa[A-Za-z0-9_-]{11}=", message_id)
    assert message_id != made["requestContext"]["requestId"]


def test_disconnect_is_as_recorded() -> None:
    """With the authorizer's map, and the four headers that every capture has."""
    made = json.loads(encode_event(a_factory().disconnect(facts(CONTEXT), IDLE, 1764072605246)))

    recorded = golden("disconnect")
    for event in (made, recorded):
        assert event["requestContext"].pop("requestId") == event["requestContext"].pop("extendedRequestId")
    assert ordered(recorded) == ordered(made)


def test_without_an_authorizer_there_is_no_such_key() -> None:
    """On no event."""
    factory = a_factory()
    events = [
        connect_event(request()),
        json.loads(encode_event(factory.message(facts(), "$default", "", "id", CONNECTED_AT_MS))),
        json.loads(encode_event(factory.disconnect(facts(), CLOSED_BY_CLIENT_WITHOUT_CODE, CONNECTED_AT_MS))),
    ]

    assert [False] * 3 == ["authorizer" in event["requestContext"] for event in events]


def test_connect_without_a_query_has_no_query_keys() -> None:
    """Neither of the two; with one it has both, right after the headers."""
    without = connect_event(request())
    with_one = connect_event(request(query=(("a", "1"), ("b", ""), ("a", "2"))))

    assert ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"] == list(without)
    assert [
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "requestContext",
        "isBase64Encoded",
    ] == list(with_one)
    assert {"a": "2", "b": ""} == with_one["queryStringParameters"]
    assert {"a": ["1", "2"], "b": [""]} == with_one["multiValueQueryStringParameters"]


@pytest.mark.parametrize("variables", [{}, {"table": "t"}])
def test_stage_variables_are_there_when_the_stage_has_some(variables: dict[str, str]) -> None:
    """The authorizer's event has the key always."""
    factory = a_factory(stage_variables=variables)
    maps = factory.handshake(request(), CONNECTED_AT_MS)
    authorizer = json.loads(msgspec.json.encode(factory.authorizer(facts(), maps, "id", CONNECTED_AT_MS)))
    events = [
        connect_event(request(), stage_variables=variables),
        json.loads(encode_event(factory.message(facts(), "$default", "", "id", CONNECTED_AT_MS))),
        json.loads(encode_event(factory.disconnect(facts(), IDLE, CONNECTED_AT_MS))),
    ]

    assert variables == authorizer["stageVariables"]
    assert [variables or None] * 3 == [event.get("stageVariables") for event in events]


def test_headers_are_sorted_in_any_case_and_keep_their_spelling() -> None:
    """As a client that writes lower case sends them."""
    headers = connect_event(request(("x-b", "2"), ("X-a", "1"), ("ACCEPT", "*/*"), ("Z", "3")))["headers"]

    assert sorted(headers, key=str.lower) == list(headers)
    assert {"x-b": "2", "X-a": "1", "ACCEPT": "*/*"} == {name: headers[name] for name in ("x-b", "X-a", "ACCEPT")}


@pytest.mark.parametrize("name", ["connection", "UPGRADE", "Content-Length"])
def test_headers_of_the_hop_are_left_out_of_connect_in_any_spelling(name: str) -> None:
    """And of its multi map."""
    event = connect_event(request((name, "x")))

    lowered = {header.lower() for header in (*event["headers"], *event["multiValueHeaders"])}
    assert not lowered & {"connection", "upgrade", "content-length"}


def test_what_the_gateway_adds_replaces_what_the_client_claims() -> None:
    """But for the addresses before its own, which are appended to, as proxies do."""
    claims = [
        ("x-forwarded-for", "198.51.100.1"),
        ("X-Forwarded-For", "198.51.100.2"),
        ("x-forwarded-proto", "gopher"),
        ("X-FORWARDED-PORT", "1"),
        ("x-amzn-trace-id", "Root=forged"),
    ]
    event = connect_event(request(*claims))

    assert ["198.51.100.1, 198.51.100.2, 192.0.2.1"] == event["multiValueHeaders"]["X-Forwarded-For"]
    assert ("https", "443") == tuple(event["headers"][name] for name in ("X-Forwarded-Proto", "X-Forwarded-Port"))
    assert event["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-69259a40-")
    lowered = [name.lower() for name in event["headers"]]
    assert len(lowered) == len(set(lowered))


@pytest.mark.parametrize(
    ("now_ms", "expected"),
    [
        (0, "01/Jan/1970:00:00:00 +0000"),
        (951_868_799_999, "29/Feb/2000:23:59:59 +0000"),
        (1_764_072_000_999, "25/Nov/2025:12:00:00 +0000"),
        (4_102_444_800_000, "01/Jan/2100:00:00:00 +0000"),
    ],
)
def test_request_time_is_in_common_log_format(now_ms: int, expected: str) -> None:
    """In UTC, whatever the machine's zone and language."""
    event = a_factory().message(facts(), "$default", "", "id", now_ms)

    assert (expected, now_ms) == (event.request_context.request_time, event.request_context.request_at_ms)


def test_request_time_follows_the_clock_in_both_directions() -> None:
    """It is kept for a second only; a clock may be set back."""
    factory = a_factory()
    times = [
        factory.message(facts(), "$default", "", "id", ms).request_context.request_time for ms in (0, 999, 1000, 0)
    ]

    assert ["00:00 +0000", "00:00 +0000", "00:01 +0000", "00:00 +0000"] == [time[-11:] for time in times]


def test_connected_at_and_the_time_of_the_request_are_two_things() -> None:
    """The one stays, the other is the event's."""
    context = a_factory().message(facts(), "$default", "", "id", CONNECTED_AT_MS + 77).request_context

    assert (CONNECTED_AT_MS, CONNECTED_AT_MS + 77) == (context.connected_at_ms, context.request_at_ms)


def test_ids_have_awss_shape_and_begin_with_the_time() -> None:
    """Sixteen characters that end in `=`; those of one instant share their beginning."""
    factory = a_factory()
    ids = [factory.new_id(ms) for ms in (CONNECTED_AT_MS, CONNECTED_AT_MS + 1, CONNECTED_AT_MS + 10_000)]

    assert all(re.fullmatch(r"[A-Za-z0-9_-]{15}=", one) for one in ids)
    assert ids[0][:5] == ids[1][:5] != ids[2][:5]
