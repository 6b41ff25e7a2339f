"""The results for people (a table) and for programs (JSON)."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bars import BARS, Bar, Medians
from generator import Result
from scenarios import Scenario
from servers import Server

Trials = Mapping[tuple[str, str], Sequence[Result]]
"""Every trial of each (scenario, server), in the order of the rounds."""

LABELS = {
    "deliveries_per_s": "deliveries/s",
    "messages_per_s": "messages/s",
    "handshakes_per_s": "handshakes/s",
    "echoes_per_s": "echoes/s",
    "latency_p50_ms": "latency p50, ms",
    "latency_p99_ms": "latency p99, ms",
    "latency_max_ms": "latency max, ms",
    "backlog": "backlog, messages",
    "server_cpu_percent": "server's core, %",
    "kib_per_connection": "KiB a connection",
}
PEERS = {"ws": "/ Node ws", "socketio": "/ Socket.IO"}
LABEL_WIDTH, NUMBER_WIDTH, RATIO_WIDTH = 22, 11, 22
OTHERS_CPU_PERCENT_MAX = 5.0
GENERATOR_CPU_PERCENT_MAX = 90.0


def medians(trials: Trials) -> Medians:
    """The middle of the rounds, number by number: one disturbed round does not move it."""
    return {
        where: {name: statistics.median(result[name] for result in results) for name in results[0]}
        for where, results in trials.items()
        if results
    }


def table(scenarios: Iterable[Scenario], servers: Sequence[Server], middle: Medians) -> str:
    """One block for each scenario, one row for each number, the ratios and bars at its end."""
    head = " " * LABEL_WIDTH + "".join(f"{server.title:>{NUMBER_WIDTH}}" for server in servers)
    lines = [head + "".join(f"{title:>{RATIO_WIDTH}}" for title in (*PEERS.values(), "alone"))]
    for scenario in scenarios:
        if not any((scenario.name, server.name) in middle for server in servers):
            continue
        lines += ["", scenario.title]
        for metric in scenario.metrics:
            numbers = [middle.get((scenario.name, server.name), {}).get(metric) for server in servers]
            cells = "".join(f"{_number(number):>{NUMBER_WIDTH}}" for number in numbers)
            lines.append(f"  {LABELS[metric]:<{LABEL_WIDTH - 2}}{cells}{_ratios(scenario, metric, middle)}".rstrip())
    return "\n".join(lines)


def warnings(trials: Trials) -> list[str]:
    """Reasons to trust the table less."""
    found = []
    for (scenario, server), results in trials.items():
        others = max(result.get("others_cpu_percent", 0) for result in results)
        load = statistics.median(result.get("generator_cpu_percent", 0) for result in results)
        if others > OTHERS_CPU_PERCENT_MAX:
            found.append(f"{scenario}, {server}: other programs took up to {others:.0f} % of a core")
        if load > GENERATOR_CPU_PERCENT_MAX:
            found.append(f"{scenario}, {server}: the generator was busy for {load:.0f} %; the server might do better")
    return found


def verdicts(middle: Medians) -> list[tuple[Bar, float, bool]]:
    """Each bar that could be judged, its value, and whether it is reached."""
    judged = [(bar, bar.value(middle)) for bar in BARS]
    return [(bar, value, bar.is_reached(value)) for bar, value in judged if value is not None]


def write_json(path: Path, facts: Mapping[str, object], trials: Trials, failures: Sequence[str]) -> None:
    """Every trial's numbers, their medians and the bars, with what they were measured on."""
    middle = medians(trials)
    document = {
        "machine": facts,
        "medians": [{"scenario": where[0], "server": where[1], **numbers} for where, numbers in middle.items()],
        "bars": [{**asdict(bar), "value": value, "reached": reached} for bar, value, reached in verdicts(middle)],
        "trials": [
            {"scenario": where[0], "server": where[1], "round": index + 1, **result}
            for where, results in trials.items()
            for index, result in enumerate(results)
        ],
        "warnings": warnings(trials),
        "failures": list(failures),
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def _ratios(scenario: Scenario, metric: str, middle: Medians) -> str:
    """The leading number beside each peer's, and every number's own bar, with the verdicts."""
    cells = [""] * len(PEERS)
    if metric == scenario.metrics[0]:
        beside = [_find_bar(scenario, metric, peer) or Bar(scenario.name, metric, peer) for peer in PEERS]
        cells = [_judged(bar, bar.value(middle)) for bar in beside]
    alone = _find_bar(scenario, metric, None)
    cells.append(_judged(alone, alone.value(middle)) if alone else "")
    return "".join(f"{cell:>{RATIO_WIDTH}}" for cell in cells)


def _find_bar(scenario: Scenario, metric: str, beside: str | None) -> Bar | None:
    return next(
        (bar for bar in BARS if (bar.scenario, bar.metric, bar.beside) == (scenario.name, metric, beside)), None
    )


def _judged(bar: Bar, value: float | None) -> str:
    if value is None:
        return ""
    shown = f"{value:.2f}" if bar.beside else ""
    if bar.limit is None:
        return shown
    verdict = "ok" if bar.is_reached(value) else "below"
    return f"{shown} ({bar.limit} {verdict})".strip()


def _number(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number:,.0f}" if number >= 1000 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
