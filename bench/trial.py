"""One trial: one server, fresh and alone, under one load."""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import generator
import machine
import servers
from scenarios import Scenario

SETTLE_S = 2  # for a server to finish what opening connections left to do, before its memory is read


@dataclass(frozen=True)
class Pace:
    """How long each trial loads a server. The warm-up is for compilers (Node's) and caches."""

    warmup_s: float
    seconds: float
    drain_s: float


def measure(
    scenario: Scenario, server: servers.Server, cores: machine.Cores, pace: Pace, disk: Path
) -> generator.Result:
    """The numbers of one trial, with the share of the machine that others took meanwhile."""
    folder = Path(tempfile.mkdtemp(dir=disk))
    with servers.started(server, cores.server, folder) as running:
        options = {
            **scenario.options,
            "flavour": server.flavour,
            "port": running.port,
            "server_pid": running.pid,
            "cpu": cores.generator,
            "warmup": pace.warmup_s,
            "seconds": pace.seconds,
            "drain": pace.drain_s,
        }
        if scenario.mode == "idle":
            return _idle(running, options)
        return _loaded(scenario, running, options)


def _loaded(scenario: Scenario, running: servers.Running, options: dict[str, object]) -> generator.Result:
    begun, busy, ours = time.monotonic(), machine.busy_cpu_s(), _used_by_us(running.pid)
    result = generator.run(scenario.mode, options, running.token)
    lasted_s = time.monotonic() - begun
    others_s = machine.busy_cpu_s() - busy - (_used_by_us(running.pid) - ours)
    return {
        **result,
        "memory_kib": machine.Memory.of(running.pid).pss_kib,
        "others_cpu_percent": max(0.0, 100 * others_s / lasted_s),
    }


def _used_by_us(server_pid: int) -> float:
    """Processor time of the server, and of the generators that have ended. The rest is somebody else's."""
    times = os.times()
    return machine.cpu_s(server_pid) + times.children_user + times.children_system


def _idle(running: servers.Running, options: dict[str, object]) -> generator.Result:
    time.sleep(SETTLE_S)
    before = machine.Memory.of(running.pid)
    with generator.Crowd(options, running.token) as result:
        time.sleep(SETTLE_S)
        after = machine.Memory.of(running.pid)
    connections = result["connections"]
    return {
        **result,
        "kib_per_connection": (after.pss_kib - before.pss_kib) / connections,
        "rss_kib_per_connection": (after.rss_kib - before.rss_kib) / connections,
        "memory_before_kib": before.pss_kib,
    }
