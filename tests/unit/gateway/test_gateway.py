"""The gateway's core without sockets: what reaches a socket is tested in tests/gateway/."""

import asyncio
import logging

import pytest

from talkroom.conformance.wire import frame
from talkroom.contract.integration import IntegrationResult
from talkroom.gateway.api import Api, GatewayLimits, Route
from talkroom.gateway.connection import Lost, State
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.registry import Registry
from tests.gateway.kit import Gate, Probe, fail
from tests.unit.gateway.live import StandingClock, a_gateway, opened, pending, turn


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({}, 1.0), ({"idle_timeout_s": 2}, 0.5), ({"close_timeout_s": 0.1}, 0.025), ({"head_timeout_s": 100}, 1.0)],
)
def test_the_tick_is_a_quarter_of_the_shortest_deadline(limits: dict[str, float], expected: float) -> None:
    """And at most a second."""
    assert expected == Gateway(Api(routes={}), Registry(GatewayLimits(**limits))).wheel.tick_s


async def test_a_deadline_in_hand_is_forgotten_with_its_answer() -> None:
    """A message that was answered leaves nothing on the wheel but its connection."""
    clock = StandingClock()
    gateway, _ = a_gateway({"$default": Route(Probe())}, clock)
    connection, _ = opened(gateway)
    connection.data_received(frame(1, "hello"))
    await turn()
    await turn()
    clock.now_s += 100_000

    assert [connection] == gateway.wheel.advance(clock.now_s)


async def test_a_lost_connection_leaves_nothing_on_the_wheel() -> None:
    """Nor in the registry."""
    clock = StandingClock()
    gateway, registry = a_gateway(clock=clock)
    connection, _ = opened(gateway)
    connection.connection_lost(None)
    clock.now_s += 100_000

    assert [] == gateway.wheel.advance(clock.now_s)
    assert ({}, set()) == (registry.open, registry.sockets)


async def test_reading_stops_at_the_limit_of_messages_in_hand() -> None:
    """And goes on when one is done."""
    gate = Gate()
    gateway, _ = a_gateway({"$default": Route(Probe(gate))}, invocations_per_connection_max=2)
    connection, transport = opened(gateway)
    connection.data_received(frame(1, "1"))
    one = transport.reading
    connection.data_received(frame(1, "2"))
    two = transport.reading
    await turn()
    gate.open()
    for _ in range(3):
        await turn()

    assert (True, False, True) == (one, two, transport.reading)
    assert 0 == connection.in_flight


async def test_a_refusal_at_the_deadline_of_a_handshake_that_has_ended_does_nothing() -> None:
    """The client left first."""
    clock = StandingClock()
    gateway, _ = a_gateway(clock=clock)
    connection, transport = pending(gateway)
    connection.happen(Lost())
    connection.deadline_elapsed(clock.now_s + 100)

    assert State.CLOSED is connection.state
    assert [] == transport.writes


async def test_failures_are_logged_with_the_connection_and_without_the_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever reads the log may not read the chat."""
    gateway, registry = a_gateway({"$default": Route(Probe(fail))})
    connection, _ = opened(gateway)
    with caplog.at_level(logging.DEBUG):
        connection.data_received(frame(1, "a secret"))
        await turn()
        await turn()

    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert connection.facts.connection_id == record.connection_id
    assert "a secret" not in caplog.text
    assert 1 == registry.counters.integration_errors


async def test_a_connection_is_logged_once_at_each_end_and_its_messages_never(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Even at the lowest level."""
    gateway, _ = a_gateway({"$default": Route(Probe())})
    with caplog.at_level(logging.DEBUG):
        connection, _ = opened(gateway)
        for _ in range(10):
            connection.data_received(frame(1, "hello"))
        await turn()
        connection.connection_lost(None)

    ours = [record.getMessage() for record in caplog.records if record.name == "talkroom.gateway"]
    assert ["connection opened", "connection closed"] == ours


async def test_a_drain_without_connections_ends_at_once() -> None:
    """Nothing is waited for."""
    gateway, _ = a_gateway()
    gateway.start()
    async with asyncio.timeout(1):
        await gateway.drain(3600)


async def test_counters_tell_what_happened() -> None:
    """Metrics are read from them."""
    route = Route(Probe(Gate(IntegrationResult(200))))
    clock = StandingClock()
    gateway, registry = a_gateway({"$default": route}, clock)
    connection, _ = opened(gateway)
    connection.data_received(frame(1, "1") + frame(1, "2"))
    await turn()
    clock.now_s += 30
    for thing in gateway.wheel.advance(clock.now_s):
        thing.deadline_elapsed(clock.now_s)

    counters = registry.counters
    assert (1, 2, 2, 0) == (
        counters.handshakes_accepted,
        counters.messages_received,
        counters.integration_timeouts,
        counters.integration_errors,
    )
