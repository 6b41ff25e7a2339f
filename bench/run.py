"""`make bench`: the real server and two peers, under the same loads, in one run, as a table and as JSON.

    python bench/run.py                     all of it: three rounds, about ten minutes
    python bench/run.py --quick             one short round, under two minutes
    python bench/run.py --only fanout,idle  the scenarios whose names begin so
    python bench/run.py --peer-only         the peers alone

The exit status is 1 when a server fails or an answer is wrong, 0 otherwise: a bar that is not
reached is a result, not an error.
"""

import argparse
import json
import shlex
import signal
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import generator
import machine
import report
import servers
import trial
from scenarios import SCENARIOS, Scenario

RESULTS = Path(__file__).parent / "build" / "results.json"
EXIT_TERMINATED = 128 + signal.SIGTERM


@dataclass
class Bench:
    """One run of everything: what is measured, how, and what came of it so far."""

    scenarios: Sequence[Scenario]
    measured: Sequence[servers.Server]
    pace: trial.Pace
    cores: machine.Cores = field(default_factory=machine.Cores.choose)
    trials: dict[tuple[str, str], list[generator.Result]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def round(self, number: int, disk: Path) -> None:
        """Every scenario for each server in turn, so that a slow minute of the machine strikes all of them alike."""
        for scenario in self.scenarios:
            for server in self.measured:
                if server.name in scenario.servers:
                    self._try(f"round {number}, {scenario.name}, {server.title}", scenario, server, disk)

    def _try(self, where: str, scenario: Scenario, server: servers.Server, disk: Path) -> None:
        print(where, file=sys.stderr, flush=True)
        try:
            result = trial.measure(scenario, server, self.cores, self.pace, disk)
        except (generator.RunFailed, servers.ServerFailed) as failure:
            self.failures.append("\n".join((f"{where}: {failure}", *getattr(failure, "__notes__", ()))))
        else:
            self.trials.setdefault((scenario.name, server.name), []).append(result)

    def show(self) -> None:
        """The table, and what speaks against trusting it."""
        middle = report.medians(self.trials)
        verdicts = report.verdicts(middle)
        verified = sum(result.get("verified_deliveries", 0) for results in self.trials.values() for result in results)
        print(report.table(self.scenarios, self.measured, middle))
        print(f"\n{verified:,.0f} deliveries were checked.", end=" ")
        print(f"{sum(reached for *_, reached in verdicts)} of {len(verdicts)} bars were reached.")
        for warning in report.warnings(self.trials):
            print(f"warning: {warning}")
        for failure in self.failures:
            print(f"FAILED {failure}")


def main(arguments: Sequence[str]) -> int:
    """Measure everything that was asked for; the result is the exit status."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))  # so that what we started ends with us
    generator.build()
    servers.install_peers()
    bench = Bench(
        scenarios=[scenario for scenario in SCENARIOS if _is_wanted(scenario, options)],
        measured=_servers(options),
        pace=trial.Pace(warmup_s=options.warmup, seconds=options.seconds, drain_s=options.drain),
    )
    with machine.folder_on_disk() as disk:
        facts = machine.facts(disk) | _versions()
        facts |= {"rounds": options.rounds, "seconds": options.seconds, "shared_core": bench.cores.shared}
        print(", ".join(f"{name} {value}" for name, value in facts.items()), end="\n\n", flush=True)
        for number in range(1, options.rounds + 1):
            bench.round(number, disk)

    bench.show()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    report.write_json(options.json, facts, bench.trials, bench.failures)
    return 1 if bench.failures else 0


def _servers(options: argparse.Namespace) -> list[servers.Server]:
    talkroom = shlex.split(options.talkroom) if options.talkroom else servers.talkroom_command()
    every = servers.every_server(talkroom)
    return [server for server in every if not (options.peer_only and server.flavour == "talkroom")]


def _is_wanted(scenario: Scenario, options: argparse.Namespace) -> bool:
    if options.only:
        return any(scenario.name.startswith(start) for start in options.only.split(","))
    return scenario.quick or not options.quick


def _versions() -> dict[str, object]:
    """Of what is measured, from what says which one it is."""
    project = tomllib.loads((servers.REPOSITORY / "pyproject.toml").read_text())["project"]
    packages = servers.PEERS / "node_modules"
    peers = {name: json.loads((packages / name / "package.json").read_text()) for name in ("ws", "socket.io")}
    return {"talkroom": project["version"], **{name: package["version"] for name, package in peers.items()}}


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.py", description="Measure Talkroom beside Node ws and Socket.IO.")
    add = parser.add_argument
    add("--rounds", type=int, help="rounds, of which the median counts (3; quick: 1)")
    add("--seconds", type=float, help="how long each trial measures (2; quick: 1)")
    add("--quick", action="store_true", help="one short round without the slower scenarios")
    add("--only", metavar="NAMES", help="scenarios whose names begin so, separated by commas")
    add("--peer-only", action="store_true", help="leave Talkroom out")
    add("--talkroom", metavar="COMMAND", help="measure what this command starts, instead of this checkout's server")
    add("--json", type=Path, default=RESULTS, help="where the results go (bench/build/results.json)")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1.0 if options.quick else 2.0)
    options.warmup = 0.5
    options.drain = 1.0 if options.quick else 2.0
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
