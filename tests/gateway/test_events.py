"""What integrations are told, from a real handshake on: section 9 C of the contract page.

Field by field the events are compared with recordings in tests/unit/gateway/test_event_factory.py.
"""

import re
import struct

import pytest
from websockets.asyncio.client import connect

from talkroom.conformance.wire import CLOSE, Wire, close, frame, handshake
from tests.gateway.kit import Probe, Serve, as_json, echo

ID = re.compile(r"[A-Za-z0-9_-]{15}=")
REQUEST_TIME = re.compile(r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} \+0000")


async def all_three(serve: Serve, request: bytes = handshake(), **api: object) -> list[dict]:
    """CONNECT, MESSAGE and DISCONNECT of one connection as JSON."""
    probe = Probe()
    gateway = await serve({"$connect": probe, "$default": probe, "$disconnect": probe}, **api)
    async with await Wire.connect(gateway.port) as wire:
        wire.send(request)
        assert 101 == (await wire.response()).status
        wire.send_text("hello")
        events = [await probe.arrival(), await probe.arrival()]
        wire.send(close(1000, "bye"))
        events.append(await probe.arrival())
    return [as_json(event) for event in events]


async def test_top_level_keys(serve: Serve) -> None:
    """C.45, C.46, C.51, C.53: no body where there is none, no query keys without a query, no headers on MESSAGE."""
    connect_event, message, disconnect = await all_three(serve)

    assert {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"} == set(connect_event)
    assert {"requestContext", "body", "isBase64Encoded"} == set(message)
    assert {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"} == set(disconnect)


async def test_query_with_repeated_and_encoded_values(serve: Serve) -> None:
    """C.47: last value wins in the single map; percent and plus are decoded."""
    event, _message, disconnect = await all_three(serve, handshake("/prod?a=1&b=%E3%81%82+x&a=2&empty="))

    assert {"a": "2", "b": "あ x", "empty": ""} == event["queryStringParameters"]
    assert {"a": ["1", "2"], "b": ["あ x"], "empty": [""]} == event["multiValueQueryStringParameters"]
    assert "queryStringParameters" not in disconnect


async def test_headers_keep_their_spelling_and_are_sorted(serve: Serve) -> None:
    """C.48, C.49, C.50: with those that the gateway adds, without those of the hop."""
    event, *_ = await all_three(serve, handshake(headers=[("X-custom-Name", "1"), ("Accept", "*/*")]))

    names = list(event["headers"])
    assert sorted(names, key=str.lower) == names
    assert {"X-custom-Name", "Accept", "Host", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port"} < set(names)
    assert not {"connection", "upgrade", "content-length"} & {name.lower() for name in names}
    assert ("127.0.0.1", "http") == (event["headers"]["X-Forwarded-For"], event["headers"]["X-Forwarded-Proto"])


async def test_a_repeated_header_is_whole_in_the_multi_map(serve: Serve) -> None:
    """The single map has the last."""
    event, *_ = await all_three(serve, handshake(headers=[("X-A", "1"), ("X-A", "2")]))

    assert ("2", ["1", "2"]) == (event["headers"]["X-A"], event["multiValueHeaders"]["X-A"])


async def test_a_forwarded_address_is_kept_before_the_clients_own(serve: Serve) -> None:
    """C.50: as a proxy appends; the source address is the socket's."""
    event, *_ = await all_three(serve, handshake(headers=[("X-Forwarded-For", "192.0.2.7")]))

    assert "192.0.2.7, 127.0.0.1" == event["headers"]["X-Forwarded-For"]
    assert "127.0.0.1" == event["requestContext"]["identity"]["sourceIp"]


@pytest.mark.parametrize(
    "body",
    ['{ "action" :\t"x" }\r\n', "あ🎉\u0000\u2028", '{"a":1,"a":2}', "\ufeffx", "null"],
)
async def test_the_body_is_the_text_verbatim(serve: Serve, body: str) -> None:
    """C.52."""
    probe = Probe()
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text(body)

        assert body == (await probe.arrival()).body


async def test_disconnect_has_four_headers(serve: Serve) -> None:
    """C.53."""
    *_, disconnect = await all_three(serve)

    expected = {"Host": "gateway.test", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    assert expected == disconnect["headers"]
    assert {name: [value] for name, value in expected.items()} == disconnect["multiValueHeaders"]


async def test_disconnect_has_code_and_reason(serve: Serve) -> None:
    """C.54."""
    *_, disconnect = await all_three(serve)

    assert (1000, "bye") == tuple(
        disconnect["requestContext"][key] for key in ("disconnectStatusCode", "disconnectReason")
    )


async def test_ids(serve: Serve) -> None:
    """C.55, C.56: their shape; a request id per event, in both spellings; a message id on MESSAGE only."""
    events = [event["requestContext"] for event in await all_three(serve)]

    assert 1 == len({event["connectionId"] for event in events})
    assert 3 == len({event["requestId"] for event in events})
    assert [event["requestId"] for event in events] == [event["extendedRequestId"] for event in events]
    assert [False, True, False] == ["messageId" in event for event in events]
    ids = [events[0]["connectionId"], events[1]["messageId"], *(event["requestId"] for event in events)]
    assert len(ids) == len(set(ids))
    assert all(ID.fullmatch(one) for one in ids), ids


async def test_times(serve: Serve) -> None:
    """C.57, C.58: the same instant twice, and one time of connecting."""
    events = [event["requestContext"] for event in await all_three(serve)]

    assert all(REQUEST_TIME.fullmatch(event["requestTime"]) for event in events)
    assert 1 == len({event["connectedAt"] for event in events})
    assert all(0 <= event["requestTimeEpoch"] - event["connectedAt"] < 60_000 for event in events)


async def test_identity_without_a_user_agent_has_no_such_key(serve: Serve) -> None:
    """C.59."""
    events = await all_three(serve)

    assert [{"sourceIp": "127.0.0.1"}] * 3 == [event["requestContext"]["identity"] for event in events]


async def test_identity_with_a_user_agent(serve: Serve) -> None:
    """C.59."""
    events = await all_three(serve, handshake(headers=[("User-Agent", "tests/1")]))

    expected = {"userAgent": "tests/1", "sourceIp": "127.0.0.1"}
    assert [expected] * 3 == [event["requestContext"]["identity"] for event in events]


async def test_keys_that_are_not_there(serve: Serve) -> None:
    """C.60, C.62: nothing of REST APIs, no authorizer and no stage variables where there are none, and no nulls."""
    events = await all_three(serve)

    for event in events:
        context = event["requestContext"]
        assert not {"accountId", "httpMethod", "resourcePath", "path", "authorizer", "status"} & set(context)
        assert "stageVariables" not in event
        assert None not in context.values()


async def test_names_of_the_deployment(serve: Serve) -> None:
    """C.61: the domain is the one that the client used."""
    events = await all_three(
        serve, handshake("/dev", headers=[("Host", "chat.example:8443")]), stage="dev", api_id="a1b2c3d4e5"
    )

    expected = ("chat.example:8443", "dev", "a1b2c3d4e5")
    assert [expected] * 3 == [
        tuple(event["requestContext"][key] for key in ("domainName", "stage", "apiId")) for event in events
    ]


async def test_stage_variables_go_with_every_event(serve: Serve) -> None:
    """C.62."""
    events = await all_three(serve, stage_variables={"table": "t1"})

    assert [{"table": "t1"}] * 3 == [event["stageVariables"] for event in events]


async def test_constants(serve: Serve) -> None:
    """C.63."""
    events = await all_three(serve)

    assert [("CONNECT", "$connect"), ("MESSAGE", "$default"), ("DISCONNECT", "$disconnect")] == [
        (event["requestContext"]["eventType"], event["requestContext"]["routeKey"]) for event in events
    ]
    assert ["IN"] * 3 == [event["requestContext"]["messageDirection"] for event in events]
    assert [False] * 3 == [event["isBase64Encoded"] for event in events]


async def test_a_library_clients_handshake(serve: Serve) -> None:
    """A library client's own headers arrive as it spells them, and its compression offer breaks nothing."""
    probe = Probe(echo)
    gateway = await serve({"$connect": probe})
    async with connect(f"ws://127.0.0.1:{gateway.port}/prod", user_agent_header="tests/2"):
        event = as_json(await probe.arrival())

    assert "tests/2" == event["headers"]["User-Agent"]
    assert event["headers"]["Sec-WebSocket-Extensions"].startswith("permessage-deflate")
    assert f"127.0.0.1:{gateway.port}" == event["requestContext"]["domainName"]


async def test_a_close_reason_outside_ascii_arrives(serve: Serve) -> None:
    """C.54: as text."""
    probe = Probe()
    gateway = await serve({"$disconnect": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(frame(CLOSE, struct.pack("!H", 4000) + "さようなら".encode()))
        context = (await probe.arrival()).request_context

    assert (4000, "さようなら") == (context.disconnect_status_code, context.disconnect_reason)
