"""The opening handshake, as a client on a socket sees it: section 9 A of the contract page."""

import asyncio
from base64 import b64encode
from hashlib import sha1

import msgspec
import pytest

from talkroom.conformance.wire import KEY, Wire, handshake
from talkroom.contract.errors import Gone
from talkroom.contract.integration import IntegrationResult
from talkroom.gateway.api import GatewayLimits
from tests.gateway.kit import Gate, Probe, Serve, answer, closure, echo, fail, opened


async def refused(port: int, request: bytes) -> tuple[int, object]:
    """Status and JSON body of a handshake that must not succeed; the TCP connection must end after it."""
    async with await Wire.connect(port) as wire:
        wire.send(request)
        response = await wire.response()
        await wire.ended()
    return response.status, msgspec.json.decode(response.body) if response.body else None


async def test_an_api_without_connect_route_opens(serve: Serve) -> None:
    """A.1: `$connect` is optional."""
    gateway = await serve({})

    async with await Wire.upgrade(gateway.port, "/prod"):
        assert len(gateway.registry.open) == 1


async def test_a_slash_after_the_stage_is_the_same(serve: Serve) -> None:
    """A.2."""
    gateway = await serve({})

    async with await Wire.upgrade(gateway.port, "/prod/"):
        assert len(gateway.registry.open) == 1


@pytest.mark.parametrize("path", ["/", "/dev", "/prod/more", "/PROD", "/prod%2F", "/prodx"])
async def test_an_unknown_stage_is_403_and_nobody_is_asked(serve: Serve, path: str) -> None:
    """A.3: the body is exactly AWS's."""
    connected = Probe()
    gateway = await serve({"$connect": connected})

    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake(path))
        response = await wire.response()

    assert (403, b'{"message":"Forbidden"}') == (response.status, response.body)
    assert [] == connected.events


async def test_the_accept_header_answers_the_key(serve: Serve) -> None:
    """A.5: RFC 6455 section 4.2.2."""
    gateway = await serve({})

    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        response = await wire.response()

    digest = sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False).digest()
    assert 101 == response.status
    assert b64encode(digest).decode() == response.headers["sec-websocket-accept"]
    assert "websocket" == response.headers["upgrade"].lower()
    assert "upgrade" == response.headers["connection"].lower()


async def test_another_version_is_426_and_told_which_one(serve: Serve) -> None:
    """A.5: version 13 is required."""
    gateway = await serve({})

    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake(headers=[("Sec-WebSocket-Version", "8")]))
        response = await wire.response()

    assert (426, "13") == (response.status, response.headers["sec-websocket-version"])


async def test_101_waits_for_connect(serve: Serve) -> None:
    """A.6: nothing is answered while `$connect` is at work."""
    gate = Gate()
    connected = Probe(gate)
    gateway = await serve({"$connect": connected})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()
        answered = asyncio.create_task(wire.response())
        async with await Wire.connect(gateway.port) as other:
            other.send(b"GET / HTTP/1.1\r\n\r\n")
            await other.response()

        assert not answered.done()
        assert {} == gateway.registry.open
        gate.open()
        assert 101 == (await answered).status


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_of_connect_opens(serve: Serve, status: int) -> None:
    """A.7."""
    gateway = await serve({"$connect": Probe(answer(status))})

    async with await Wire.upgrade(gateway.port):
        assert len(gateway.registry.open) == 1


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 418, 429, 500, 501, 503])
async def test_any_other_status_of_connect_is_the_clients(serve: Serve, status: int) -> None:
    """A.8 to A.10."""
    gateway = await serve({"$connect": Probe(answer(status))})

    assert status == (await refused(gateway.port, handshake()))[0]


async def test_a_connect_that_raises_is_502(serve: Serve) -> None:
    """A.11."""
    gateway = await serve({"$connect": Probe(fail)})

    assert 502 == (await refused(gateway.port, handshake()))[0]


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        "200",
        IntegrationResult(0),
        IntegrationResult(99),
        IntegrationResult(100),
        IntegrationResult(101),
        IntegrationResult(600),
        IntegrationResult(200, {"Sec-WebSocket-Protocol": "two, protocols"}),
        IntegrationResult(200, {"Sec-WebSocket-Protocol": "a\r\nSet-Cookie: b"}),
        IntegrationResult(200, {"Sec-WebSocket-Protocol": ""}),
    ],
    ids=repr,
)
async def test_a_result_that_http_cannot_carry_is_502(serve: Serve, result: object) -> None:
    """A.12: no status code, none that ends a request, or a subprotocol that is not one."""

    async def nonsense(_event: object) -> object:
        return result

    gateway = await serve({"$connect": Probe(nonsense)})

    assert 502 == (await refused(gateway.port, handshake()))[0]


async def test_a_connect_that_takes_too_long_is_504(serve: Serve) -> None:
    """A.13."""
    gate = Gate()
    connected = Probe(gate)
    gateway = await serve({"$connect": connected})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()
        await gateway.skip(30)
        response = await wire.response()
        gate.open()

    assert 504 == response.status
    assert "Endpoint request timed out" == msgspec.json.decode(response.body)["message"]


async def test_a_connect_in_time_is_not_504(serve: Serve) -> None:
    """A.13: 29 s are allowed."""
    gate = Gate()
    connected = Probe(gate)
    gateway = await serve({"$connect": connected})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()
        await gateway.skip(28.5)
        gate.open()

        assert 101 == (await wire.response()).status


@pytest.mark.parametrize("connect", [answer(403), fail])
async def test_after_a_refusal_the_connection_does_not_exist(serve: Serve, connect: object) -> None:
    """A.14: the management API says Gone."""
    connected = Probe(connect)
    gateway = await serve({"$connect": connected})
    await refused(gateway.port, handshake())
    connection_id = connected.events[0].request_context.connection_id

    with pytest.raises(Gone):
        await gateway.management.post_to_connection(connection_id, b"x")
    with pytest.raises(Gone):
        await gateway.management.get_connection(connection_id)


async def test_after_a_refusal_disconnect_is_not_invoked(serve: Serve) -> None:
    """A.15."""
    disconnected = Probe()
    gateway = await serve({"$connect": Probe(answer(403)), "$disconnect": disconnected})
    await refused(gateway.port, handshake())
    await gateway.stop()

    assert [] == disconnected.events


async def test_a_post_inside_connect_is_gone(serve: Serve) -> None:
    """A.16."""
    outcomes: list[object] = []

    async def post(event: object) -> IntegrationResult:
        try:
            await gateway.management.post_to_connection(event.request_context.connection_id, b"too early")
        except Gone as gone:
            outcomes.append(type(gone))
        return IntegrationResult(200)

    gateway = await serve({"$connect": Probe(post)})
    async with await Wire.upgrade(gateway.port):
        assert [Gone] == outcomes


async def test_a_post_right_after_101_arrives(serve: Serve) -> None:
    """A.17."""
    connected = Probe()
    gateway = await serve({"$connect": connected})
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        await gateway.management.post_to_connection(connection_id, b"welcome")

        assert "welcome" == await wire.text()


async def test_body_and_headers_of_connect_are_not_delivered(serve: Serve) -> None:
    """A.18: on success, and the body not on a refusal either."""
    headers = {"Set-Cookie": "a=b", "X-Own": "1"}
    gateway = await serve({"$connect": Probe(answer(200, headers, "a body")), "$default": Probe()})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        response = await wire.response()
        wire.send(b"\x89\x80abcd")
        pong = await wire.frame()

    assert {"upgrade", "connection", "sec-websocket-accept"} == set(response.headers)
    assert b"" == response.body
    assert 0xA == pong.opcode, "the first thing after the 101 is what the client asked for"


async def test_headers_of_a_refusal_are_not_delivered(serve: Serve) -> None:
    """A.18."""
    gateway = await serve({"$connect": Probe(answer(403, {"X-Own": "1"}, "a secret body"))})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        response = await wire.response()

    assert "x-own" not in response.headers
    assert b"secret" not in response.body


async def test_the_subprotocol_is_what_connect_returns(serve: Serve) -> None:
    """A.19: under any spelling of the header, and even one that was not offered."""
    gateway = await serve({"$connect": Probe(answer(200, {"sec-websocket-PROTOCOL": "chosen"}))})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake(protocols="first, second"))

        assert "chosen" == (await wire.response()).headers["sec-websocket-protocol"]


async def test_without_a_returned_subprotocol_there_is_none(serve: Serve) -> None:
    """A.20, A.21: nothing is echoed."""
    gateway = await serve({"$connect": Probe()})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake(protocols="first, second"))
        response = await wire.response()

    assert 101 == response.status
    assert "sec-websocket-protocol" not in response.headers


async def test_connect_sees_the_raw_offer(serve: Serve) -> None:
    """A.22."""
    connected = Probe()
    gateway = await serve({"$connect": connected})
    async with await Wire.upgrade(gateway.port, protocols="a ,b,  c"):
        event = await connected.arrival()

    assert "a ,b,  c" == event.headers["Sec-WebSocket-Protocol"]


@pytest.mark.parametrize(
    "offer",
    [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
        "x-webkit-deflate-frame",
    ],
)
async def test_an_offered_extension_is_declined_and_breaks_nothing(serve: Serve, offer: str) -> None:
    """A.23."""
    gateway = await serve({})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake(headers=[("Sec-WebSocket-Extensions", offer)]))
        response = await wire.response()

    assert 101 == response.status
    assert "sec-websocket-extensions" not in response.headers


async def test_connect_does_not_fall_back_to_default(serve: Serve) -> None:
    """A.24: nor does `$disconnect`."""
    default = Probe(echo)
    gateway = await serve({"$default": default})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(b"\x88\x80abcd")
        await wire.closed()
    await gateway.stop()

    assert [] == default.events


async def test_the_selection_expression_does_not_route_connect(serve: Serve) -> None:
    """A.24: a constant expression sends messages elsewhere, handshakes never."""
    connected, custom = Probe(), Probe()
    gateway = await serve({"$connect": connected, "custom": custom}, route_selection_expression="custom")
    async with await Wire.upgrade(gateway.port):
        await connected.arrival()

    assert [] == custom.events


async def test_a_refusal_names_message_connection_and_request(serve: Serve) -> None:
    """B.43: as JSON."""
    connected = Probe(fail)
    gateway = await serve({"$connect": connected})

    _status, body = await refused(gateway.port, handshake())

    context = connected.events[0].request_context
    assert {
        "message": "Internal server error",
        "connectionId": context.connection_id,
        "requestId": context.request_id,
    } == body


async def test_frames_sent_with_the_handshake_are_handled_after_101(serve: Serve) -> None:
    """A client that does not wait loses nothing, and its messages come after `$connect`."""
    gate = Gate()
    connected, default = Probe(gate), Probe()
    gateway = await serve({"$connect": connected, "$default": default})
    async with await Wire.connect(gateway.port) as wire:
        first, second = b"\x81\x85\0\0\0\0first", b"\x81\x86\0\0\0\0second"
        wire.send(handshake() + first)
        await connected.arrival()
        wire.send(second)
        gate.open()
        bodies = [(await default.arrival()).body, (await default.arrival()).body]

    assert ["first", "second"] == bodies


async def test_more_than_a_frame_before_101_ends_it(serve: Serve) -> None:
    """What waits for `$connect` is bounded; the handshake counts as abandoned."""
    gate = Gate()
    connected, disconnected = Probe(gate), Probe()
    gateway = await serve(
        {"$connect": connected, "$disconnect": disconnected}, limits=GatewayLimits(frame_bytes_max=1000)
    )
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()
        wire.send(b"\x81\x80abcd" * 500)
        await wire.ended()
        gate.open()

        assert (1006, "") == closure(await disconnected.arrival())


async def test_a_client_that_leaves_during_connect_is_disconnected_after_it(serve: Serve) -> None:
    """`$connect` runs to its end; because it succeeded, `$disconnect` undoes it, once, and never before."""
    gate = Gate()
    connected, disconnected = Probe(gate), Probe()
    gateway = await serve({"$connect": connected, "$disconnect": disconnected})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()
    await gateway.no_sockets()
    before = list(disconnected.events)
    gate.open()
    event = await disconnected.arrival()
    await gateway.stop()

    assert [] == before
    assert (1006, "") == closure(event)
    assert [event] == disconnected.events


async def test_a_client_that_leaves_during_a_connect_that_fails_is_not_disconnected(serve: Serve) -> None:
    """Nothing was stored, nothing is undone."""
    gate = Gate(IntegrationResult(403))
    connected, disconnected = Probe(gate), Probe()
    gateway = await serve({"$connect": connected, "$disconnect": disconnected})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()
    await gateway.no_sockets()
    gate.open()
    await gateway.stop()

    assert [] == disconnected.events
