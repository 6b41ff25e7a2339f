"""An execution environment: one process of a function, with its Runtime API, its output and its deadline.

Its life: begun, then idle and invoked in turns, then over, which comes of an exit, of a deadline, or of `stop`. It is never begun
twice; whoever needs another invocation after that takes another environment. The Runtime API and the process tell what
happens by plain calls, so that everything here but beginning and stopping happens at once.
"""

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from talkroom.functions.code_folder import CodeFolder
from talkroom.functions.commands import make_command
from talkroom.functions.failures import (
    FunctionFailed,
    cannot_begin,
    exited,
    init_timed_out,
    result_not_json,
    stopped,
    timed_out,
)
from talkroom.functions.function_log import INIT, FunctionLog
from talkroom.functions.invocation import Invocation
from talkroom.functions.output import ProcessOutput
from talkroom.functions.process import FunctionProcess
from talkroom.functions.runtime_api import RuntimeApi
from talkroom.functions.settings import HostSettings
from talkroom.functions.specs import FunctionSpec
from talkroom.functions.variables import make_variables

EXIT_GRACE_S: Final = 1.0
"""How long a process that has reported a failed initialization may take to end by itself."""

NEXT_GRACE_S: Final = 0.1
"""How long a result waits for the client to ask for its next invocation, as all of them do at once: a caller that goes on with
the result then finds this environment idle, and not another one to begin."""

STOP_TIMEOUT_S: Final = 5.0
"""How long a killed process may take to be gone; only one that is stuck in the system takes more than an instant."""


class Environment:
    """One process of the function. `on_over` is called when it ends while nobody has an invocation in it."""

    def __init__(self, spec: FunctionSpec, settings: HostSettings, on_over: Callable[["Environment"], None]) -> None:
        self._spec = spec
        self._settings = settings
        self._on_over = on_over
        self._log = FunctionLog(spec.logical_id)
        self._api = RuntimeApi(self)
        self._output = ProcessOutput(self._log.output)
        self._code: CodeFolder | None = None
        self._process: FunctionProcess | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()
        self._answer: asyncio.Future[bytes] | None = None
        self._outcome: bytes | FunctionFailed | None = None
        """Of the invocation, while it waits for the client to ask for the next one."""
        self._failure: FunctionFailed | None = None
        self._request_id = INIT
        self._began_at_s = 0.0
        self._invoked_at_s = 0.0
        self._init_s: float | None = None
        self._is_cold = False
        self._is_stopping = False
        self._beginning = asyncio.Lock()
        self.has_begun = False
        self.is_over = False

    @property
    def spec(self) -> FunctionSpec:
        """What it was begun with."""
        return self._spec

    @property
    def pid(self) -> int | None:
        """Of the process, which is also its group's id; None before there is one."""
        return None if self._process is None else self._process.pid

    async def begin(self) -> None:
        """Start the process. Raises FunctionFailed when there is none to start, and is over then."""
        self.has_begun = True
        self._began_at_s = time.perf_counter()
        async with self._beginning:
            try:
                await self._begin()
            except FunctionFailed as failure:
                self._failure = failure
                self._fail(failure)
                self._end()
                raise
        self._arm(self._init_limit_s())

    async def invoke(self, invocation: Invocation) -> bytes:
        """The result's JSON. Raises FunctionFailed. One at a time, and only when begun."""
        if self.is_over or self._failure is not None:
            raise self._failure or stopped()
        self._settled.clear()
        self._request_id = invocation.request_id
        self._is_cold = self._init_s is None
        self._answer = asyncio.get_running_loop().create_future()
        if self._process is not None:
            self._process.thaw()
        self._api.offer(invocation)
        return await self._answer

    async def settle(self) -> None:
        """Return when the process waits for an invocation, or is over."""
        await self._settled.wait()

    async def stop(self) -> None:
        """End the process and everything that it started, and release what belongs to it."""
        self._is_stopping = True
        async with self._beginning:
            self._cancel_deadline()
            if self._process is not None:
                await self._stop_process(self._process)
            await self._api.stop()
            if self._code is not None:
                self._code.remove()

    # what the runtime client does

    def next_asked(self, *, waits: bool) -> None:
        """It is ready, for the first time or again."""
        self._output.drain()
        if self._init_s is None:
            self._init_s = time.perf_counter() - self._began_at_s
        if waits and self._failure is None and not self._is_stopping:  # else its process is about to end
            self._cancel_deadline()
            self._settled.set()
            self._hand_back()
            if self._settings.freeze and self._process is not None:
                self._process.freeze()

    def delivered(self, invocation: Invocation) -> None:
        """The invocation begins now."""
        self._output.drain()
        self._log.request_id = invocation.request_id
        self._invoked_at_s = time.perf_counter()
        self._arm(self._spec.timeout_s)

    def answered(self, result: bytes) -> None:
        """It is not over yet: the process may go on until it asks for the next one, within the function's timeout."""
        self._output.drain()
        try:
            msgspec.json.decode(result)
        except msgspec.DecodeError as error:
            self._fail(result_not_json(str(error)))
        else:
            self._conclude(result)

    def failed(self, failure: FunctionFailed) -> None:
        """The function raised, say."""
        self._output.drain()
        self._fail(failure)

    def init_failed(self, failure: FunctionFailed) -> None:
        """The function cannot be imported, say. The client ends now, by itself or not."""
        self._output.drain()
        self._failure = failure
        self._fail(failure)
        self._cancel_deadline()
        self._deadline = asyncio.get_running_loop().call_later(EXIT_GRACE_S, self._kill)

    # what else happens

    async def _begin(self) -> None:
        try:
            self._must_go_on()
            self._code = CodeFolder(self._spec)
            address = await self._api.start()
            self._must_go_on()
            self._process = self._start_process(self._code, address)
        except (
            OSError,
            ValueError,
        ) as error:  # nothing left of what a process needs, or a variable with a null character
            raise cannot_begin(f"{self._spec.logical_id}: it cannot be started: {error}.") from error

    def _start_process(self, code: CodeFolder, address: str) -> FunctionProcess:
        variables = make_variables(
            self._spec, self._settings, code=code.path, runtime_api=address, now=datetime.now(UTC)
        )
        command = make_command(self._spec, self._settings, code=code.path, path=variables["PATH"])
        writing_end = self._output.open()
        try:
            return FunctionProcess(
                command, folder=code.path, variables=variables, output=writing_end, on_exit=self._exited
            )
        except OSError as error:
            raise cannot_begin(f"{self._spec.logical_id}: {command[0]} cannot be started: {error}.") from error
        finally:
            os.close(writing_end)

    def _must_go_on(self) -> None:
        if self._is_stopping:
            raise stopped()

    async def _stop_process(self, process: FunctionProcess) -> None:
        process.kill()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            self._log.warn(f"process {process.pid} was killed, and is not gone after {STOP_TIMEOUT_S:g} seconds")

    def _exited(self, returncode: int) -> None:
        self._output.drain()
        if self._is_stopping:
            self._failure = stopped()
            if self._is_pending():
                self._fail(self._failure)
        elif self._failure is None:  # else it was killed for that, or has told it
            self._failure = exited(self._request_id, returncode)
            if self._is_pending() or self._init_s is None:
                self._fail(self._failure)
            else:
                self._log.warn(f"the process ended after its invocation. {self._failure.message}")
        self._end()

    def _end(self) -> None:
        self._cancel_deadline()
        self._output.close()
        self.is_over = True
        is_idle = self._settled.is_set()
        self._settled.set()
        self._hand_back()
        if is_idle and not self._is_stopping:
            self._on_over(self)

    def _timed_out(self) -> None:
        self._output.drain()
        if self._init_s is None:
            self._failure = init_timed_out(self._init_limit_s())
        else:
            self._failure = timed_out(self._request_id, self._spec.timeout_s)
        self._fail(self._failure)
        self._kill()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _fail(self, failure: FunctionFailed) -> None:
        """Tell the developer, and whoever waits for the result."""
        self._log.failed(failure)
        self._conclude(failure)

    def _conclude(self, outcome: bytes | FunctionFailed) -> None:
        if not self._is_pending():
            return
        self._outcome = outcome
        if self._init_s is not None:
            error_type = outcome.error_type if isinstance(outcome, FunctionFailed) else None
            duration_s = time.perf_counter() - self._invoked_at_s
            self._log.report(duration_s, self._init_s if self._is_cold else None, error_type)
        asyncio.get_running_loop().call_later(NEXT_GRACE_S, self._hand_back)

    def _hand_back(self) -> None:
        outcome, self._outcome = self._outcome, None
        if outcome is None or self._answer is None or self._answer.done():
            return
        if isinstance(outcome, FunctionFailed):
            self._answer.set_exception(outcome)
        else:
            self._answer.set_result(outcome)

    def _is_pending(self) -> bool:
        return self._answer is not None and not self._answer.done() and self._outcome is None

    def _init_limit_s(self) -> float:
        # On Lambda an initialization that takes too long begins again within the invocation, and has the function's timeout
        # then. Here it goes on instead, for as long as both together.
        return self._settings.init_timeout_s + self._spec.timeout_s

    def _arm(self, timeout_s: float) -> None:
        self._cancel_deadline()
        self._deadline = asyncio.get_running_loop().call_later(timeout_s, self._timed_out)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
