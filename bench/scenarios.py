"""What is measured, as a table: each scenario's load, its servers, and the numbers it gives."""

from collections.abc import Mapping
from dataclasses import dataclass

EVERYONE = ("talkroom", "ws", "socketio")
BOTH_DURABILITIES = ("talkroom", "talkroom-os", "ws", "socketio")
OURS = ("talkroom", "talkroom-os")

FLOW = ("deliveries_per_s", "latency_p50_ms", "latency_p99_ms", "server_cpu_percent")
STORED = ("messages_per_s", "latency_p50_ms", "latency_p99_ms", "server_cpu_percent")
OPEN = ("latency_p99_ms", "latency_p50_ms", "latency_max_ms", "backlog", "server_cpu_percent")


@dataclass(frozen=True)
class Scenario:
    """One kind of load. `options` are the generator's; `metrics` the rows of the table, the first one leading."""

    name: str
    title: str
    mode: str
    options: Mapping[str, object]
    metrics: tuple[str, ...]
    servers: tuple[str, ...] = EVERYONE
    quick: bool = True


def _fan_out(in_flight: int) -> Scenario:
    title = f"fan-out to 500 members, {in_flight} in flight"
    options = {"rooms": 1, "members": 500, "in_flight": in_flight}
    return Scenario(f"fanout-{in_flight}", title, "fanout", options, FLOW, BOTH_DURABILITIES)


def _open(rate: int, quick: bool = False) -> Scenario:
    title = f"open loop to 500 members, {rate:,} messages/s"
    options = {"rooms": 1, "members": 500, "rate": rate}
    return Scenario(f"open-{rate}", title, "open", options, OPEN, quick=quick)


SCENARIOS = (
    _fan_out(1),
    _fan_out(8),
    _fan_out(64),
    _open(200),
    _open(500),
    _open(1000, quick=True),
    _open(2000),
    Scenario("rooms", "500 rooms of 4, 64 in flight", "rooms", {"rooms": 500, "members": 4, "in_flight": 64}, FLOW),
    Scenario(
        "store",
        "stored and acknowledged, 64 in flight",
        "store",
        {"rooms": 64, "members": 1, "in_flight": 64},
        STORED,
        OURS,
    ),
    Scenario("idle", "5,000 idle connections", "idle", {"rooms": 500, "members": 10}, ("kib_per_connection",)),
    Scenario(
        "handshakes",
        "connect, upgrade, close; 32 at once",
        "handshakes",
        {"rooms": 32},
        ("handshakes_per_s", "latency_p99_ms"),
    ),
    Scenario("echo", "echo, 64 connections", "echo", {"rooms": 64}, ("echoes_per_s", "latency_p99_ms")),
)
