"""Processes and their groups, as the system sees them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from talkroom.functions.process import FunctionProcess
from tests.functions.kit import PATIENCE_S, state_of, until, until_frozen, until_gone

Start = Callable[[str], FunctionProcess]

GATEWAY = """
import asyncio, sys
from pathlib import Path
from tests.functions.kit import a_spec, call, some_settings
from talkroom.functions.host import FunctionHost

async def main():
    spec = a_spec(Path(sys.argv[1]), runtime=sys.argv[2])
    host = FunctionHost(spec, some_settings(freeze=sys.argv[3] == "frozen"))
    print(await call(host, "pid"), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(params=[True, False], ids=["pidfd", "thread"])
async def start(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a shell with a script, in both ways of waiting for its end."""
    started: list[FunctionProcess] = []

    def begin(script: str) -> FunctionProcess:
        process = FunctionProcess(
            ["/bin/sh", "-c", script],
            folder=tmp_path,
            variables={"PATH": os.defpath},
            output=devnull,
            on_exit=codes.append,
            has_pidfd=request.param,
        )
        started.append(process)
        return process

    codes: list[int] = []
    devnull = os.open(os.devnull, os.O_WRONLY)
    async with asyncio.timeout(PATIENCE_S):
        yield begin
        for process in started:
            process.kill()
            await process.wait()
    os.close(devnull)
    assert len(codes) == len(started)


async def test_a_process_has_a_group_of_its_own(start: Start) -> None:
    """Named like itself."""
    process = start("sleep 1000")
    assert process.pid == os.getpgid(process.pid)


async def test_killing_ends_the_whole_group(start: Start, tmp_path: Path) -> None:
    """What the process has started too."""
    process = start("sleep 1000 & echo $! > child; wait")
    child = await read_pid(tmp_path / "child")
    process.kill()
    await process.wait()
    await until_gone(child)


async def test_a_process_that_ends_takes_its_group_with_it(start: Start, tmp_path: Path) -> None:
    """What it has left running has nobody."""
    process = start("sleep 1000 & echo $! > child")
    await process.wait()
    await until_gone(await read_pid(tmp_path / "child"))


async def test_a_frozen_group_stands_still_until_it_is_thawed(start: Start, tmp_path: Path) -> None:
    """All of it."""
    process = start("sleep 1000 & echo $! > child; wait")
    child = await read_pid(tmp_path / "child")
    process.freeze()
    process.freeze()
    await until_frozen(process.pid)
    await until_frozen(child)
    process.thaw()
    await until(lambda: "T" not in (state_of(process.pid), state_of(child)))


async def test_a_frozen_group_can_be_killed(start: Start, tmp_path: Path) -> None:
    """It need not be thawed first."""
    process = start("echo $$ > pid; exec sleep 1000")
    assert process.pid == await read_pid(tmp_path / "pid")
    process.freeze()
    await until_frozen(process.pid)
    process.kill()
    await process.wait()
    assert state_of(process.pid) is None


async def test_nothing_is_signalled_after_the_end(start: Start) -> None:
    """The id may be another process's by then."""
    process = start("true")
    await process.wait()
    process.freeze()
    process.thaw()
    process.kill()


async def test_there_may_be_nothing_to_start(tmp_path: Path) -> None:
    """The caller says what that means."""
    with pytest.raises(OSError, match="nowhere"):
        FunctionProcess(["/nowhere"], folder=tmp_path, variables={}, output=1, on_exit=print)


@pytest.mark.parametrize("frozen", ["frozen", "waiting"])
@pytest.mark.parametrize("runtime", ["python3.12", "nodejs20.x"])
async def test_functions_end_when_the_gateway_is_killed(tmp_path: Path, runtime: str, frozen: str) -> None:
    """With no chance to stop them, whether they are frozen or wait for an invocation."""
    (tmp_path / "app.py").write_text("import os\ndef handler(event, context):\n    return os.getpid()")
    (tmp_path / "app.js").write_text("exports.handler = async () => process.pid;")
    command = [sys.executable, "-c", GATEWAY, str(tmp_path), runtime, frozen]
    gateway = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert gateway.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        pid = int(await gateway.stdout.readline())
        if frozen == "frozen":
            await until_frozen(pid)
        gateway.send_signal(signal.SIGKILL)
        await gateway.wait()
        await until_gone(pid)


async def read_pid(file: Path) -> int:
    """What the shell has written."""
    text = ""

    def is_whole() -> bool:
        nonlocal text
        text = file.read_text() if file.exists() else ""
        return text.endswith("\n")

    await until(is_whole)
    return int(text)
