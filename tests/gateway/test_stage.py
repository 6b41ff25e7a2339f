"""What a stage adds: throttle, custom domains, IAM, and routes with a timeout or a model of their own."""

import msgspec
import pytest

from talkroom.conformance.wire import Wire, handshake
from talkroom.gateway.api import GatewayLimits, Route, ThrottleConfig
from talkroom.gateway.body_model import compile_body_model
from talkroom.gateway.event_factory import HandshakeRequest
from tests.gateway.kit import Gate, Probe, Serve, closure, opened, repeat

TAKES_NUMBERS = compile_body_model("\\$default", {"$default": {"type": "number"}})


async def status_of(port: int, head: bytes) -> int:
    """How a handshake is answered."""
    async with await Wire.connect(port) as wire:
        wire.send(head)
        return (await wire.response()).status


# Throttle: E.106 of the contract page, and its rows for handshakes and messages.


async def test_a_message_beyond_the_throttle_is_answered_by_a_frame_and_not_invoked(serve: Serve) -> None:
    """The connection stays open; the handshake has taken the first of two."""
    default = Probe()
    gateway = await serve({"$default": default}, throttle=ThrottleConfig(0.001, 2))
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("one")
        await default.arrival()
        wire.send_text("two")
        frame = msgspec.json.decode(await wire.text())

    assert ("Too Many Requests", {"message", "connectionId", "requestId"}) == (frame["message"], set(frame))
    assert ["one"] == [event.body for event in default.events]


async def test_a_handshake_beyond_the_throttle_is_429(serve: Serve) -> None:
    """Before any function is asked."""
    connected = Probe()
    gateway = await serve({"$connect": connected}, throttle=ThrottleConfig(0.001, 1))
    async with await Wire.upgrade(gateway.port):
        assert 429 == await status_of(gateway.port, handshake())

    assert 1 == len(connected.events)


# Custom domains: E.107.


@pytest.mark.parametrize(
    ("expected", "host", "path"),
    [
        (101, "chat.example.com", "/room"),
        (101, "CHAT.example.com:443", "/room/"),
        (403, "chat.example.com", "/prod"),
        (403, "chat.example.com", "/"),
        (101, "ws.example.com", "/"),
        (403, "ws.example.com", "/prod"),
        (101, "other.example.com", "/prod"),
        (403, "other.example.com", "/room"),
    ],
)
async def test_on_a_custom_domain_the_mapping_stands_in_for_the_stage(
    serve: Serve, expected: int, host: str, path: str
) -> None:
    """And on every other host the path names the stage."""
    gateway = await serve({}, custom_domains={"chat.example.com": "room", "ws.example.com": ""})

    assert expected == await status_of(gateway.port, handshake(path, [("Host", host)]))


async def test_events_name_the_custom_domain(serve: Serve) -> None:
    """As captured: `domainName` is the host that the client used, `stage` the mapped one."""
    connected = Probe()
    gateway = await serve({"$connect": connected}, custom_domains={"chat.example.com": ""})
    async with await Wire.upgrade(gateway.port, "/", [("Host", "chat.example.com")]):
        context = (await connected.arrival()).request_context

    assert ("chat.example.com", "prod") == (context.domain_name, context.stage)


# AWS_IAM on $connect: B.44.


async def test_a_handshake_that_iam_refuses_is_answered_so_and_not_integrated(serve: Serve) -> None:
    """With the message of whoever checks signatures."""
    connected = Probe()

    def refuse(_request: HandshakeRequest) -> tuple[int, str]:
        return 403, "Missing Authentication Token"

    gateway = await serve({"$connect": connected}, iam=refuse)
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        response = await wire.response()

    assert 403 == response.status
    assert {"message", "connectionId", "requestId"} == set(msgspec.json.decode(response.body))
    assert [] == connected.events


async def test_iam_sees_the_target_as_the_client_sent_it(serve: Serve) -> None:
    """Signatures cover the spelling."""
    seen: list[str] = []

    def admit(request: HandshakeRequest) -> None:
        seen.append(request.target)

    gateway = await serve({}, iam=admit)
    async with await Wire.upgrade(gateway.port, "/prod?X-Amz-Credential=a%2Fb&x=%20"):
        assert ["/prod?X-Amz-Credential=a%2Fb&x=%20"] == seen


# Routes: timeouts and models.


async def test_a_route_may_have_a_shorter_timeout_of_its_own(serve: Serve) -> None:
    """`TimeoutInMillis` of its integration."""
    gate = Gate()
    slow, patient = Probe(gate), Probe(gate)
    gateway = await serve({"slow": Route(slow, timeout_s=2), "patient": Route(patient)})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text('{"action":"patient"}')
        wire.send_text('{"action":"slow"}')
        event = await slow.arrival()
        await gateway.skip(3)
        frame = msgspec.json.decode(await wire.text())
        gate.open()

    assert ("Endpoint request timed out", event.request_context.request_id) == (frame["message"], frame["requestId"])


async def test_a_routes_timeout_is_never_longer_than_the_quota(serve: Serve) -> None:
    """29 s, or what the gateway is configured for."""
    gate = Gate()
    slow = Probe(gate)
    gateway = await serve({"$default": Route(slow, timeout_s=600)}, limits=GatewayLimits(integration_timeout_s=5))
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")
        await slow.arrival()
        await gateway.skip(6)

        assert "Endpoint request timed out" == msgspec.json.decode(await wire.text())["message"]
        gate.open()


async def test_connect_may_have_a_shorter_timeout_of_its_own(serve: Serve) -> None:
    """A.13 with `TimeoutInMillis`."""
    gate = Gate()
    connected = Probe(gate)
    gateway = await serve({"$connect": Route(connected, timeout_s=2)})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()
        await gateway.skip(3)
        response = await wire.response()
        gate.open()

    assert 504 == response.status


async def test_a_message_that_breaks_its_routes_model_gets_the_guides_frame(serve: Serve) -> None:
    """D.87: byte for byte, and the integration is not asked."""
    connected, default = Probe(), Probe()
    gateway = await serve({"$connect": connected, "$default": Route(default, accepts=TAKES_NUMBERS)})
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        wire.send_text('"text"')
        frame = await wire.text()

    message_id = msgspec.json.decode(frame)["messageId"]
    assert (
        f'{{"message" : "Bad request body", "connectionId": "{connection_id}", "messageId": "{message_id}"}}' == frame
    )
    assert (16, []) == (len(message_id), default.events)


async def test_a_message_that_satisfies_its_routes_model_is_invoked(serve: Serve) -> None:
    """D.87."""
    gateway = await serve({"$default": Route(Probe(repeat), route_response=True, accepts=TAKES_NUMBERS)})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("42")

        assert "42" == await wire.text()


async def test_an_idle_connection_may_be_dropped_without_a_close_frame(serve: Serve) -> None:
    """Section 6: both has been seen on AWS; `$disconnect` says 1001 in either case."""
    disconnected = Probe()
    gateway = await serve({"$disconnect": disconnected}, limits=GatewayLimits(idle_close="abrupt"))
    async with await Wire.upgrade(gateway.port) as wire:
        await gateway.skip(601)

        assert b"" == await wire.rest()
        assert (1001, "Going away") == closure(await disconnected.arrival())
