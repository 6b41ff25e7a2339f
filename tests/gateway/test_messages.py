"""Messages: routing, error frames byte for byte, route responses, concurrency: section 9 D of the contract page."""

import asyncio

import msgspec
import pytest

from talkroom.conformance.wire import CONTINUATION, PING, PONG, TEXT, Frame, Wire, close, frame
from talkroom.contract.integration import IntegrationResult
from talkroom.gateway.api import GatewayLimits, Route
from tests.gateway.kit import Gate, Probe, Serve, answer, echo, fail, opened, repeat


def responding(answered_by: object = repeat) -> Route:
    """A route whose results travel to the client."""
    return Route(Probe(answered_by), route_response=True)


async def nothing_came(wire: Wire) -> bool:
    """Whether the next thing that the client gets is the answer to a ping sent now."""
    wire.send(frame(PING, b"nothing?"))
    return Frame(PONG, b"nothing?") == await wire.frame()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"action":"sendmessage"}', "sendmessage"),
        ('{"action":"unknown"}', "$default"),
        ("not JSON", "$default"),
        ("", "$default"),
        ('{"other":1}', "$default"),
        ('["sendmessage"]', "$default"),
        ('"sendmessage"', "$default"),
        ("5", "$default"),
        ('{"action":5}', "5"),
        ('{"action":true}', "true"),
        ('{"action":["a","b"]}', "[a, b]"),
        ('{"action":null}', "$default"),
        ('{"action":"$connect"}', "$default"),
        ('{"action":"$disconnect"}', "$default"),
        ('{"action":"$default"}', "$default"),
        ('{"action":"SENDMESSAGE"}', "$default"),
        ("[" * 30_000, "$default"),
    ],
    ids=lambda value: value[:30],
)
async def test_the_selected_route_is_invoked_under_its_own_key(serve: Serve, body: str, expected: str) -> None:
    """D.65 to D.69, D.86: `$default` takes what nothing else does, and says so in its event."""
    probe, lifecycle = Probe(), Probe()
    routes = dict.fromkeys(("sendmessage", "5", "true", "[a, b]", "$default"), probe)
    gateway = await serve({**routes, "$disconnect": lifecycle})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text(body)
        event = await probe.arrival()

        assert (expected, body) == (event.request_context.route_key, event.body)
        assert [] == lifecycle.events


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$request.body.service.do", "do"),
        ("${request.body.a}/${request.body.service.do}", "a/do"),
        ("\\$default", "$default"),
    ],
)
async def test_other_selection_expressions(serve: Serve, expression: str, expected: str) -> None:
    """D.70."""
    probe = Probe()
    gateway = await serve(dict.fromkeys(("do", "a/do", "$default"), probe), route_selection_expression=expression)
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text('{"a":"a","service":{"do":"do"}}')

        assert expected == (await probe.arrival()).request_context.route_key


async def test_without_a_route_the_client_is_told_forbidden(serve: Serve) -> None:
    """D.71, D.72: byte for byte; the connection stays open."""
    connected = Probe()
    gateway = await serve({"$connect": connected})
    wire, connection_id = await opened(gateway, connected)
    async with wire:
        wire.send_text('{"action":"unknown"}')
        told = await wire.text()
        request_id = msgspec.json.decode(told)["requestId"]

        assert f'{{"message": "Forbidden", "connectionId":"{connection_id}", "requestId":"{request_id}"}}' == told
        assert await nothing_came(wire)


async def test_a_handler_that_raises(serve: Serve) -> None:
    """D.73: byte for byte, with the request id of the event; the connection stays open."""
    probe = Probe(fail)
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")
        told = await wire.text()
        context = probe.events[0].request_context

        assert (
            f'{{"message": "Internal server error", "connectionId":"{context.connection_id}",'
            f' "requestId":"{context.request_id}"}}'
        ) == told
        assert await nothing_came(wire)


async def test_a_handler_that_takes_too_long(serve: Serve) -> None:
    """D.74: byte for byte; the handler goes on, and its late result goes nowhere."""
    gate = Gate(IntegrationResult(200, body="late"))
    probe = Probe(gate)
    gateway = await serve({"$default": Route(probe, route_response=True)})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")
        context = (await probe.arrival()).request_context
        await gateway.skip(28.5)
        assert await nothing_came(wire)
        await gateway.skip(1)
        told = await wire.text()

        assert (
            f'{{"message": "Endpoint request timed out", "connectionId":"{context.connection_id}",'
            f' "requestId":"{context.request_id}"}}'
        ) == told
        assert 1 == gate.waiting
        gate.open()
        assert await nothing_came(wire)


async def test_a_handler_that_fails_after_its_deadline_is_not_reported_twice(serve: Serve) -> None:
    """One message has one answer."""
    gate = asyncio.Event()

    async def late_failure(_event: object) -> IntegrationResult:
        await gate.wait()
        raise ZeroDivisionError

    probe = Probe(late_failure)
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")
        await probe.arrival()
        await gateway.skip(30)
        assert "timed out" in await wire.text()
        gate.set()

        assert await nothing_came(wire)
    assert (1, 1) == (gateway.registry.counters.integration_timeouts, gateway.registry.counters.integration_errors)


@pytest.mark.parametrize("status", [200, 301, 401, 500, 501])
async def test_without_a_route_response_results_are_ignored(serve: Serve, status: int) -> None:
    """D.75, D.76: whatever the status."""
    probe = Probe(answer(status, body="not for you"))
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")
        await probe.arrival()

        assert await nothing_came(wire)
        assert await nothing_came(wire)


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_with_a_route_response_the_body_is_sent(serve: Serve, status: int) -> None:
    """D.77, D.78: as one text message, whatever the status."""
    gateway = await serve({"$default": responding(answer(status, body="こんにちは"))})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")

        assert Frame(TEXT, "こんにちは".encode()) == await wire.frame()


async def test_what_utf8_cannot_hold_is_replaced(serve: Serve) -> None:
    """An unpaired surrogate in an integration's own text must not cost its client the answer."""
    gateway = await serve({"$default": responding(answer(200, body="a\ud800b"))})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")

        assert "a?b" == await wire.text()


async def test_an_empty_body_is_not_sent(serve: Serve) -> None:
    """D.77."""
    gateway = await serve({"$default": responding(answer(200, body=""))})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")

        assert await nothing_came(wire)
        assert await nothing_came(wire)


async def test_a_result_that_is_none_is_silence(serve: Serve) -> None:
    """A function that returns nothing, as many do."""

    async def nothing(_event: object) -> None:
        return None

    gateway = await serve({"$default": responding(nothing)})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")

        assert await nothing_came(wire)
        assert await nothing_came(wire)


async def test_messages_of_one_connection_run_at_the_same_time(serve: Serve) -> None:
    """D.79: the second begins while the first is at work; D.80: its response overtakes."""
    gate = Gate(IntegrationResult(200, body="slow"))

    async def by_body(event: object) -> IntegrationResult:
        return await gate(event) if event.body == "1" else IntegrationResult(200, body="quick")

    gateway = await serve({"$default": responding(by_body)})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("1")
        wire.send_text("2")
        assert "quick" == await wire.text()
        gate.open()

        assert "slow" == await wire.text()


async def test_messages_arrive_in_order_when_nothing_waits(serve: Serve) -> None:
    """No order is promised, but none is broken without need."""
    probe = Probe()
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        for number in range(200):
            wire.send_text(str(number))
        bodies = [(await probe.arrival()).body for _ in range(200)]

    assert [str(number) for number in range(200)] == bodies


async def test_fragments_are_one_message(serve: Serve) -> None:
    """D.83: cut inside a character, too."""
    body = "あ" * 33_000
    encoded = body.encode()
    probe = Probe()
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(frame(TEXT, encoded[:32_768], fin=False))
        wire.send(frame(CONTINUATION, encoded[32_768:65_536], fin=False))
        wire.send(frame(CONTINUATION, encoded[65_536:98_304], fin=False))
        wire.send(frame(CONTINUATION, encoded[98_304:]))

        assert body == (await probe.arrival()).body


async def test_a_message_of_the_largest_size_is_accepted(serve: Serve) -> None:
    """D.84, D.85: 32768 bytes in a frame, 131072 in a message."""
    probe = Probe()
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(frame(TEXT, "x" * 32_768))
        first = (await probe.arrival()).body
        wire.send(frame(TEXT, "y" * 32_768, fin=False) + frame(CONTINUATION, "y" * 32_768, fin=False) * 2)
        wire.send(frame(CONTINUATION, "y" * 32_768))
        second = (await probe.arrival()).body

    assert ("x" * 32_768, "y" * 131_072) == (first, second)


async def test_a_large_response_comes_in_frames_of_32_kib(serve: Serve) -> None:
    """A client is never sent a larger frame than it may send itself."""
    gateway = await serve({"$default": responding(answer(200, body="x" * 100_000))})
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")
        frames = [await wire.frame()]
        while not frames[-1].fin:
            frames.append(await wire.frame())

    assert [(TEXT, 32_768), (CONTINUATION, 32_768), (CONTINUATION, 32_768), (CONTINUATION, 1_696)] == [
        (one.opcode, len(one.payload)) for one in frames
    ]


async def test_a_message_in_single_bytes(serve: Serve) -> None:
    """However TCP cuts it."""
    probe = Probe(echo)
    gateway = await serve({"$default": probe})
    async with await Wire.upgrade(gateway.port) as wire:
        for byte in frame(TEXT, "あいう" * 50):
            wire.send(bytes([byte]))
            await wire.writer.drain()
            await asyncio.sleep(0)

        assert "あいう" * 50 == (await probe.arrival()).body


async def test_no_more_than_the_limit_of_messages_is_in_hand(serve: Serve) -> None:
    """However many come in one read: the rest waits, in order, and none is lost."""
    gate = Gate()
    probe = Probe(gate)
    gateway = await serve({"$default": probe}, limits=GatewayLimits(invocations_per_connection_max=5))
    async with await Wire.upgrade(gateway.port) as wire, await Wire.upgrade(gateway.port) as other:
        wire.send(b"".join(frame(TEXT, str(number)) for number in range(1000)))
        for _ in range(5):
            await probe.arrival()
        assert await nothing_came(other)
        waiting = gate.waiting
        gate.open()
        for _ in range(995):
            await probe.arrival()

    assert 5 == waiting
    assert 5 == gate.most_waiting
    assert [str(number) for number in range(1000)] == [event.body for event in probe.events]


async def test_a_close_behind_waiting_messages_comes_after_them(serve: Serve) -> None:
    """What the client sent before its close frame is handled before it."""
    gate = Gate(IntegrationResult(200, body="done"))
    probe = Probe(gate)
    gateway = await serve(
        {"$default": Route(probe, route_response=True)}, limits=GatewayLimits(invocations_per_connection_max=1)
    )
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(frame(TEXT, "1") + frame(TEXT, "2") + frame(TEXT, "3") + close(1000))
        await probe.arrival()
        gate.open()

        assert ["done", "done"] == [await wire.text(), await wire.text()]
        await wire.closed()
        await wire.ended()
    assert ["1", "2", "3"] == [event.body for event in probe.events]


async def test_messages_that_wait_when_their_connection_is_deleted_are_not_handled(serve: Serve) -> None:
    """The client's answer to the close frame is read all the same, and at once."""
    gate = Gate()
    probe = Probe(gate)
    gateway = await serve(
        {"$default": probe}, limits=GatewayLimits(invocations_per_connection_max=1, close_timeout_s=3600)
    )
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send(frame(TEXT, "1") + frame(TEXT, "2"))
        connection_id = (await probe.arrival()).request_context.connection_id
        await gateway.management.delete_connection(connection_id)
        await wire.closed()
        wire.send(close(1000))
        await wire.ended()
    gate.open()
    await gateway.stop()

    assert ["1"] == [event.body for event in probe.events]
