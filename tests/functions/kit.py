"""Functions as real processes, and what is known of them from outside."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from talkroom.functions.failures import FunctionFailed
from talkroom.functions.host import Credentials, FunctionHost, HostSettings
from talkroom.functions.settings import inherit_variables
from talkroom.functions.specs import FunctionSpec

PATIENCE_S = 60.0
TIMEOUT_S = 60.0
"""Of functions that are not meant to reach it, on a machine that may be very busy."""

ARN = "arn:aws:lambda:us-east-1:000000000000:function:echo-function"


def some_settings(**fields: Any) -> HostSettings:
    """Those of a developer's machine."""
    credentials = Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="a secret of the tests")
    given = {"region": "us-east-1", "account_id": "000000000000", "credentials": credentials}
    return HostSettings(**{**given, "inherited": inherit_variables(os.environ), **fields})


def a_spec(code: Path | str, **fields: Any) -> FunctionSpec:
    """A Python function named Echo."""
    given = {
        "logical_id": "Echo",
        "name": "echo-function",
        "arn": ARN,
        "runtime": "python3.12",
        "handler": "app.handler",
        "timeout_s": TIMEOUT_S,
        "code": code,
        **fields,
    }
    return FunctionSpec(**given)


@asynccontextmanager
async def hosting(spec: FunctionSpec, waiting_max: int = 1_000, **settings: Any) -> AsyncIterator[FunctionHost]:
    """A host that is stopped at the end, with all its processes gone."""
    host = FunctionHost(spec, some_settings(**settings), waiting_max=waiting_max)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield host
    finally:
        pids = host.pids
        await host.stop()
        for pid in pids:
            await until_gone(pid)


async def call(host: FunctionHost, do: str, **event: Any) -> Any:
    """The decoded result of what tests/functions/sources.py says under this name."""
    return json.loads(await host.invoke(json.dumps({"do": do, **event}).encode()))


async def failure(host: FunctionHost, do: str, **event: Any) -> FunctionFailed:
    """Why it failed."""
    try:
        result = await call(host, do, **event)
    except FunctionFailed as failed:
        return failed
    raise AssertionError(f"{do} did not fail but gave {result!r}")


def state_of(pid: int) -> str | None:
    """The letter that proc(5) has for a process's state; None when there is no such process, or only its remains."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else state


async def until(condition: Callable[[], bool]) -> None:
    """Return when the system says so: it tells nobody when the state of somebody else's process, or of a file, changes."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # nothing in this process happens that could be awaited
            await asyncio.sleep(0.005)


async def until_gone(pid: int) -> None:
    """Return when there is no such process any more."""
    await until(lambda: state_of(pid) is None)


async def until_frozen(pid: int) -> None:
    """Return when the process is stopped."""
    await until(lambda: state_of(pid) == "T")


class Records(logging.Handler):
    """The records of the functions' logger, for a test to wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self._changed = asyncio.Event()

    def __enter__(self) -> Self:
        logger = logging.getLogger("talkroom.functions")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logger = logging.getLogger("talkroom.functions")
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)
        self._changed.set()

    @property
    def texts(self) -> list[str]:
        """What was logged, without the function and the request."""
        return [record.getMessage().partition(" | ")[2] for record in self.records]

    def find(self, text: str) -> logging.LogRecord | None:
        """The first record with this text in it."""
        return next((record for record in self.records if text in record.getMessage()), None)

    async def seen(self, text: str) -> logging.LogRecord:
        """Such a record, when there is one."""
        async with asyncio.timeout(PATIENCE_S):
            while (record := self.find(text)) is None:
                self._changed.clear()
                await self._changed.wait()
        return record
