"""The registry: who is open, and one write per connection and event-loop turn."""

import time

import pytest

from talkroom.contract.close_codes import DELETED
from talkroom.gateway.api import GatewayLimits
from talkroom.gateway.connection import Ended, Lost
from talkroom.gateway.registry import Registry, wall_clock_ms
from tests.unit.gateway.live import StandingClock, a_gateway, opened, pending, turn


async def test_a_connection_is_open_from_accept_to_the_close_frame() -> None:
    """Its socket is known from the request to the end of the TCP connection."""
    gateway, registry = a_gateway()
    connection, _ = pending(gateway)
    before = (dict(registry.open), set(registry.sockets))
    connection, _ = opened(gateway, 1)
    while_open = dict(registry.open)
    connection.happen(Ended(DELETED))
    closing = (dict(registry.open), connection in registry.sockets)
    connection.connection_lost(None)

    assert {} == before[0]
    assert 1 == len(before[1])
    assert {connection.facts.connection_id: connection} == while_open
    assert ({}, True) == closing
    assert connection not in registry.sockets


async def test_the_end_of_a_tcp_connection_is_announced() -> None:
    """To a drain, which waits for it."""
    gateway, registry = a_gateway()
    connection, _ = opened(gateway)
    before = registry.released.is_set()
    connection.connection_lost(None)

    assert (False, True) == (before, registry.released.is_set())


async def test_frames_of_one_turn_are_one_write() -> None:
    """However many there are."""
    gateway, _ = a_gateway()
    connection, transport = opened(gateway)
    for number in range(100):
        connection.send(b"%d " % number)
    before = list(transport.writes)
    await turn()

    assert [] == before
    assert ["".join(f"{number} " for number in range(100)).encode()] == transport.writes


async def test_a_turn_may_hold_more_than_an_outbox_for_a_client_that_reads() -> None:
    """What waits is written early; nothing is refused, and the order stays."""
    gateway, registry = a_gateway(outbox_bytes_max=10)
    connection, transport = opened(gateway)
    refused = [registry.post([connection], b"%d......." % number) for number in range(3)]
    await turn()

    assert [[], [], []] == refused
    assert b"0.......1.......2......." == b"".join(transport.writes)


async def test_frames_of_two_turns_are_two_writes() -> None:
    """Nothing waits longer than its turn."""
    gateway, _ = a_gateway()
    connection, transport = opened(gateway)
    connection.send(b"1")
    await turn()
    connection.send(b"2")
    await turn()

    assert [b"1", b"2"] == transport.writes


async def test_every_connection_gets_its_own_write() -> None:
    """In one turn."""
    gateway, _ = a_gateway()
    connections = [opened(gateway, number) for number in range(3)]
    for number, (connection, _) in enumerate(connections):
        connection.send(b"%d" % number)
    await turn()

    assert [[b"0"], [b"1"], [b"2"]] == [transport.writes for _, transport in connections]


async def test_a_connection_that_is_lost_before_the_turn_ends_disturbs_no_other() -> None:
    """Its frames go nowhere."""
    gateway, _ = a_gateway()
    (lost, _), (other, transport) = opened(gateway, 1), opened(gateway, 2)
    lost.send(b"x")
    other.send(b"y")
    lost.happen(Lost())
    await turn()

    assert [b"y"] == transport.writes


async def test_frames_wait_while_the_client_does_not_read() -> None:
    """And leave in one write when it reads again."""
    gateway, _ = a_gateway()
    connection, transport = opened(gateway)
    connection.pause_writing()
    connection.send(b"1")
    await turn()
    connection.send(b"2")
    await turn()
    before = list(transport.writes)
    connection.resume_writing()

    assert [] == before
    assert [b"12"] == transport.writes


async def test_a_client_that_reads_is_never_refused() -> None:
    """A turn that has more for it than its outbox holds writes early, and in order."""
    gateway, registry = a_gateway(outbox_bytes_max=10)
    connection, transport = opened(gateway)
    refused = [registry.post([connection], b"%04d" % number) for number in range(100)]
    await turn()

    assert [[]] * 100 == refused
    assert b"".join(b"%04d" % number for number in range(100)) == b"".join(transport.writes)


async def test_a_client_that_does_not_read_is_refused_at_its_limit() -> None:
    """And named; the other one of the same post is not."""
    gateway, registry = a_gateway(outbox_bytes_max=10)
    (slow, _), (quick, transport) = opened(gateway, 1), opened(gateway, 2)
    slow.pause_writing()
    refused = [registry.post([slow, quick], b"12345") for _ in range(3)]
    await turn()

    assert [[], [], [slow]] == refused
    assert b"12345" * 3 == b"".join(transport.writes)


async def test_writing_keeps_a_connection_from_idling() -> None:
    """What waits for a client that does not read does not."""
    clock = StandingClock()
    gateway, registry = a_gateway(clock=clock)
    (listening, _), (slow, _) = opened(gateway, 1), opened(gateway, 2)
    slow.pause_writing()
    clock.now_s += 100
    registry.post([listening, slow], b"x")
    await turn()

    assert (1100.0, 1000.0) == (listening.last_active_s, slow.last_active_s)


def test_the_wall_clock_is_the_systems() -> None:
    """In milliseconds since the epoch."""
    before = time.time_ns() // 1_000_000

    assert before <= wall_clock_ms() <= time.time_ns() // 1_000_000


def test_a_new_registry_counts_from_zero() -> None:
    """All of its counters."""
    counters = Registry(GatewayLimits()).counters

    assert {0} == {getattr(counters, name) for name in type(counters).__struct_fields__}


async def test_a_connection_that_cannot_be_written_to_costs_the_others_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is dropped, and the log says so."""
    gateway, registry = a_gateway()
    broken, broken_transport = opened(gateway, 1)
    sound, sound_transport = opened(gateway, 2)

    def write(_data: bytes) -> None:
        raise RuntimeError("the transport is in no state to write")

    broken_transport.write = write  # type: ignore[method-assign]
    registry.post([broken, sound], b"frame")
    await turn()

    assert ["abort"] == broken_transport.done
    assert [b"frame"] == sound_transport.writes
    assert "connection cannot be written to" in caplog.text


async def test_a_connection_that_the_client_has_reset_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """The transport refuses to write before it tells of the end; nothing is wrong with the server."""
    gateway, registry = a_gateway()
    broken, transport = opened(gateway, 1)

    def write(_data: bytes) -> None:
        transport.is_closing = lambda: True  # type: ignore[method-assign]
        raise RuntimeError("the handler is closed")

    transport.write = write  # type: ignore[method-assign]
    registry.post([broken], b"frame")
    await turn()

    assert ["abort"] == transport.done
    assert [] == [record for record in caplog.records if record.levelname == "ERROR"]
