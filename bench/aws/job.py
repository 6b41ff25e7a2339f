"""What every caller shares: it is given a job on its standard input, is ready, measures itself, prints what it used.

Standard library only, because callers run in the peers' environment as well as in ours.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

CALLS_AT_ONCE = 64
THREADS = 32

Job = dict[str, Any]


def read_job() -> Job:
    """Where to call, with what, how often."""
    return dict(json.load(sys.stdin))


def report(results: dict[str, dict[str, float]]) -> None:
    """To the runner."""
    print(json.dumps(results))


class Stopwatch:
    """Processor time of this process, all threads of it, and wall time."""

    def __enter__(self) -> "Stopwatch":
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.result = {"cpu_s": time.process_time() - self._cpu, "wall_s": time.perf_counter() - self._wall}


async def in_tasks(call: Callable[[int], Awaitable[None]], times: int, warm_up: int) -> dict[str, float]:
    """Calls numbered from 0, so many at once; those that open connections are made before."""
    await _in_tasks(call, warm_up)
    with Stopwatch() as stopwatch:
        await _in_tasks(call, times)
    return stopwatch.result


async def _in_tasks(call: Callable[[int], Awaitable[None]], times: int) -> None:
    numbers = iter(range(times))

    async def work() -> None:
        for number in numbers:
            await call(number)

    await asyncio.gather(*(work() for _ in range(CALLS_AT_ONCE)))


def in_threads(call: Callable[[int], None], times: int, warm_up: int) -> dict[str, float]:
    """The same in threads."""
    with ThreadPoolExecutor(THREADS) as threads:
        _exhaust(threads, call, range(warm_up))
        with Stopwatch() as stopwatch:
            _exhaust(threads, call, range(times))
    return stopwatch.result


def _exhaust(threads: ThreadPoolExecutor, call: Callable[[int], None], numbers: Sequence[int]) -> None:
    for _ in threads.map(call, numbers):
        pass
