"""One function: its warm environments, and who waits for one of them."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any, Final

from talkroom.functions.environment import Environment
from talkroom.functions.failures import FunctionFailed, rate_exceeded, stopped
from talkroom.functions.function_log import WAITING, FunctionLog
from talkroom.functions.invocation import Invocation, make_invocation
from talkroom.functions.settings import Credentials, HostSettings
from talkroom.functions.specs import FunctionSpec

__all__ = ["WAITING_MAX", "Credentials", "FunctionHost", "HostSettings"]

WAITING_MAX: Final = 1_000
"""Invocations that wait while every environment is busy; one more fails as Lambda's throttle makes it."""


class Generation:
    """The environments that were begun with the same code and settings."""

    def __init__(self, spec: FunctionSpec, settings: HostSettings) -> None:
        self.spec = spec
        reserved = settings.concurrency_max if spec.concurrency_max is None else spec.concurrency_max
        self.environments_max = min(settings.concurrency_max, reserved)
        self.environments: set[Environment] = set()
        self.idle: list[Environment] = []
        """The most recently used last."""


class FunctionHost:
    """Invokes one function, in environments that it begins when they are needed and keeps.

    An environment is begun for an invocation and never otherwise, but for the one of `start` and `replace`: so a function that
    fails at its beginning costs one process an invocation, and no more.
    """

    def __init__(self, spec: FunctionSpec, settings: HostSettings, *, waiting_max: int = WAITING_MAX) -> None:
        self._settings = settings
        self._waiting_max = waiting_max
        self._generation = Generation(spec, settings)
        self._waiting: deque[asyncio.Future[Environment]] = deque()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._environments: set[Environment] = set()
        """Of all generations, until they are released."""
        self._is_stopped = False
        self._log = FunctionLog(spec.logical_id, WAITING)

    @property
    def pids(self) -> list[int]:
        """Of the processes that run now, frozen ones included."""
        return [one.pid for one in self._environments if one.pid is not None and not one.is_over]

    async def start(self) -> None:
        """Begin one environment, and return when it is ready. What fails is logged: the first invocation tries again."""
        environment = None if self._is_stopped else self._take_or_begin()
        if environment is not None:
            await asyncio.shield(self._spawn(self._warm_up(environment)))

    async def invoke(self, payload: bytes, *, trace_id: str | None = None) -> bytes:
        """The result's JSON, for the event's. Raises FunctionFailed.

        A caller that is cancelled does not end its invocation, as on Lambda; one that still waited for an environment does.
        """
        try:
            environment = await self._acquire()
        except FunctionFailed as failure:
            self._log.failed(failure)
            raise
        spec = environment.spec
        invocation = make_invocation(payload, spec.arn, spec.timeout_s, trace_id)
        return await asyncio.shield(self._spawn(self._run(environment, invocation)))

    async def replace(self, spec: FunctionSpec | None = None) -> None:
        """The code has changed, or what the template says of the function: later invocations get new environments.

        Those that run end where they are. Returns when one new environment is ready.
        """
        old, self._generation = self._generation, Generation(spec or self._generation.spec, self._settings)
        for environment in tuple(old.idle):
            self._retire(environment, old)
        self._serve_waiting()
        await self.start()

    async def stop(self) -> None:
        """End every process, and fail whatever runs or waits."""
        self._is_stopped = True
        for future in self._waiting:
            if not future.done():
                future.set_exception(stopped())
        self._waiting.clear()
        await asyncio.gather(*(self._stop(environment) for environment in tuple(self._environments)))
        while self._tasks:
            await asyncio.wait(self._tasks)

    # an invocation

    async def _run(self, environment: Environment, invocation: Invocation) -> bytes:
        try:
            if not environment.has_begun:
                await environment.begin()
            return await environment.invoke(invocation)
        finally:
            self._spawn(self._release(environment))

    async def _warm_up(self, environment: Environment) -> None:
        try:
            if not environment.has_begun:
                await environment.begin()
        except FunctionFailed:  # which the environment has logged
            pass
        await self._release(environment)

    async def _release(self, environment: Environment) -> None:
        """When it waits for the next invocation, which may be long after the result came."""
        if environment.has_begun:
            await environment.settle()
        if environment.is_over or self._is_stopped or environment not in self._generation.environments:
            self._retire(environment, self._generation)
        else:
            self._generation.idle.append(environment)
        self._serve_waiting()

    # who gets an environment

    async def _acquire(self) -> Environment:
        """An environment that nobody else has, in the order of the calls. Raises FunctionFailed."""
        if self._is_stopped:
            raise stopped()
        if self._generation.environments_max < 1:
            raise rate_exceeded("The function's ReservedConcurrentExecutions is 0.")
        environment = self._take_or_begin()
        if environment is not None:
            return environment
        if len(self._waiting) >= self._waiting_max:
            raise rate_exceeded(f"{self._waiting_max} invocations wait already.")
        future: asyncio.Future[Environment] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._spawn(self._release(future.result()))
            elif future in self._waiting:
                self._waiting.remove(future)
            raise

    def _take_or_begin(self) -> Environment | None:
        """An idle one, or a new one; None when as many as may be are busy. Nobody waits while there is one to take."""
        generation = self._generation
        if generation.idle:
            return generation.idle.pop()
        if len(generation.environments) < generation.environments_max:
            environment = Environment(generation.spec, self._settings, self._over)
            generation.environments.add(environment)
            self._environments.add(environment)
            return environment
        return None

    def _serve_waiting(self) -> None:
        while self._waiting and not self._is_stopped:
            if self._waiting[0].done():
                self._waiting.popleft()
                continue
            environment = self._take_or_begin()
            if environment is None:
                return
            self._waiting.popleft().set_result(environment)

    def _over(self, environment: Environment) -> None:
        """It ended while it was idle."""
        self._retire(environment, self._generation)
        self._serve_waiting()

    def _retire(self, environment: Environment, generation: Generation) -> None:
        generation.environments.discard(environment)
        if environment in generation.idle:
            generation.idle.remove(environment)
        self._spawn(self._stop(environment))

    async def _stop(self, environment: Environment) -> None:
        await environment.stop()
        self._environments.discard(environment)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # the caller has it, unless it was cancelled
