"""Interleaved rounds of callers: each in a fresh process on one core, in turn, so that a slow minute strikes all alike."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import machine

HERE = Path(__file__).parent
TIMEOUT_S = 300.0

Results = dict[str, list[dict[str, dict[str, float]]]]
"""What each caller used, by what it did, round by round."""


@dataclass(frozen=True)
class Caller:
    """A program of this folder, and the interpreter that has what it imports."""

    title: str
    program: str
    python: str
    options: Mapping[str, object] = field(default_factory=dict)
    """Added to its job."""


def measure(callers: Sequence[Caller], job: Mapping[str, object], rounds: int, cores: machine.Cores) -> Results:
    """Every caller once a round."""
    results: Results = {caller.title: [] for caller in callers}
    for number in range(1, rounds + 1):
        for caller in callers:
            print(f"round {number}, {caller.title}", file=sys.stderr, flush=True)
            results[caller.title].append(
                run_once(caller, {**job, "room": f"room-{number}-{caller.title}", "first": 1}, cores.generator)
            )
    return results


def run_once(caller: Caller, job: Mapping[str, object], core: int) -> dict[str, dict[str, float]]:
    """A fresh process, pinned."""
    done = subprocess.run(
        [caller.python, HERE / caller.program],
        input=json.dumps({**job, **caller.options}),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    if done.returncode != 0:
        raise SystemExit(f"bench: {caller.title} failed: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def table(results: Results, times: int) -> str:
    """Medians as Markdown; the ratios are to the first caller, of the medians."""
    lines = ["| | caller | CPU, µs a call | ratio | wall, s for all | ratio |", "| --- | --- | --- | --- | --- | --- |"]
    ours = next(iter(results))
    for verb in results[ours][0]:
        middle = {title: _medians(rounds, verb) for title, rounds in results.items()}
        for title, numbers in middle.items():
            cpu_us = numbers["cpu_s"] * 1e6 / times
            ratios = {name: numbers[name] / middle[ours][name] for name in numbers}
            lines.append(
                f"| {verb} | {title} | {cpu_us:,.0f} | {ratios['cpu_s']:.1f} | {numbers['wall_s']:.2f} | {ratios['wall_s']:.1f} |"
            )
    return "\n".join(lines)


def cpu_ratio(results: Results, title: str, verb: str) -> float:
    """How many times the first caller's CPU another one takes."""
    ours = next(iter(results))
    return _medians(results[title], verb)["cpu_s"] / _medians(results[ours], verb)["cpu_s"]


def _medians(rounds: Sequence[Mapping[str, Mapping[str, float]]], verb: str) -> dict[str, float]:
    return {name: statistics.median(one[verb][name] for one in rounds) for name in ("cpu_s", "wall_s")}
