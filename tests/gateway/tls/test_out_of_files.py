"""A process that may open no more files goes on with what it has, and accepts again when it may."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from talkroom.conformance.wire import PING, PONG, Frame, Wire, frame, handshake
from tests.gateway.tls.out_of_files_process import FILES_MAX

PROGRAM = Path(__file__).with_name("out_of_files_process.py")

PATIENCE_S = 60.0
"""For a process that begins on a busy machine, and for a pause between two tries to accept."""


LINE = b"cannot accept connections, trying again in 1 s: Too many open files\n"


async def test_more_clients_than_files(tmp_path: Path) -> None:
    """Who is connected is served all the while, who waits is served in the end, and the log has a line for each try and no more."""
    event_loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, event_loop, tmp_path, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            log = await run_out_of_files(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert 0 == process.returncode
    assert {LINE} >= set(log)
    assert len(log) < PATIENCE_S


async def run_out_of_files(process: Process) -> list[bytes]:
    """Open more connections than the process may, close them, open one more, and end it; the rest of its log."""
    assert process.stdout is not None
    assert process.stderr is not None
    port = int(await process.stdout.readline())
    async with await Wire.upgrade(port) as early:
        silent = [await Wire.connect(port) for _ in range(2 * FILES_MAX)]
        assert LINE == await process.stderr.readline()
        early.send(frame(PING, b"still here"))
        assert Frame(PONG, b"still here") == await early.frame()
        for wire in silent:
            await wire.drop()
        async with await Wire.connect(port, patience_s=PATIENCE_S) as late:
            late.send(handshake())
            assert 101 == (await late.response()).status
    _, log = await process.communicate(b"")
    return log.splitlines(keepends=True)
