"""Several processes on one file, and processes that are killed while they write to it."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from talkroom.chat.model.room import RoomId
from talkroom.storage.sqlite import SqliteMessageLog
from tests.adapters.sqlite_files import opened, query
from tests.contracts.given import Epochs, a_draft

PROGRAM = Path(__file__).with_name("sqlite_process.py")
ROOMS = (RoomId("room-0"), RoomId("room-1"))

Line = tuple[str, int, str, str, bool]
"""Room, sequence, sender, id, duplicate: one acknowledged append."""


async def start(path: Path, name: str, *, count: int, workers: int) -> Process:
    """A process that has opened the file and waits for the word."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    arguments = (str(PROGRAM), str(path), name, str(count), str(workers))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=PIPE, stdout=PIPE, env=environment)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def run(process: Process) -> list[Line]:
    """All that it acknowledges until it ends."""
    output, _ = await process.communicate(b"go\n")
    assert process.returncode == 0
    return [tuple(json.loads(line)) for line in output.splitlines()]


async def run_and_kill(process: Process, after: int) -> list[Line]:
    """All that it acknowledges until it is killed in the middle of its work; a last line may have been cut off."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"go\n")
    lines = [await process.stdout.readline() for _ in range(after)]
    process.kill()
    lines += (await process.stdout.read()).splitlines(keepends=True)
    process.stdin.close()
    await process.wait()
    return [tuple(json.loads(line)) for line in lines if line.endswith(b"\n")]


async def read_all(log: SqliteMessageLog) -> set[Line]:
    """Every message of both rooms, as if its append had just been acknowledged."""
    pages = [await log.read_after(room, 0, 1_000_000) for room in ROOMS]
    return {(each.room, each.sequence, each.sender, each.id, False) for page in pages for each in page.messages}


def holes(path: Path) -> list[tuple[object, ...]]:
    """Rooms whose sequences are not consecutive from 1, or that have a sender and id twice."""
    return query(
        path,
        """
        SELECT room, count(*), min(sequence), max(sequence), count(DISTINCT sender || ' ' || id)
        FROM logs JOIN messages USING (log) GROUP BY log
        HAVING min(sequence) <> 1 OR max(sequence) <> count(*) OR count(DISTINCT sender || ' ' || id) <> count(*)
        """,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a file that is not there yet."""
    return tmp_path / "log.db"


async def test_processes_that_write_to_one_file_leave_no_hole_and_no_duplicate(path: Path) -> None:
    """Three processes in the same two rooms; half of their drafts have the same names."""
    processes = await asyncio.gather(*[start(path, name, count=200, workers=10) for name in ("anna", "ben", "cleo")])

    acknowledged = await asyncio.gather(*[run(process) for process in processes])

    lines = [line for each in acknowledged for line in each]
    stored = [line for line in lines if not line[4]]
    assert len(lines) == 600
    assert holes(path) == []
    async with opened(path) as log:
        assert set(stored) == await read_all(log)
    assert 100 + 3 * 100 == len(stored) == len(set(stored))
    assert {(*line[:4], False) for line in lines} == set(stored)


@pytest.mark.parametrize("workers", [1, 30])
async def test_what_a_killed_process_acknowledged_is_there(path: Path, workers: int) -> None:
    """Killed again and again in the middle of appends: nothing acknowledged is lost, no hole, and the next process goes on."""
    acknowledged: list[Line] = []
    for round_number in range(5):
        process = await start(path, f"round-{round_number}", count=0, workers=workers)
        acknowledged += await run_and_kill(process, after=40 + 37 * round_number)

        async with opened(path) as log:
            found = await read_all(log)

        assert set() == {(*line[:4], False) for line in acknowledged} - found
        assert holes(path) == []


async def test_what_a_killed_process_was_sent_is_stored_once_when_it_is_sent_again(path: Path) -> None:
    """Clients that got no reply send the same drafts again after the restart: those that were stored are recognised."""
    process = await start(path, "round-0", count=0, workers=30)
    acknowledged = await run_and_kill(process, after=100)

    async with opened(path, epochs=Epochs()) as log:
        before = await read_all(log)
        again = [await log.append(a_draft(line[3], room=RoomId(line[0]), sender=line[2])) for line in sorted(before)]
        after = await read_all(log)

    assert {line[:4] for line in acknowledged} <= {line[:4] for line in before}
    assert before == after
    assert [(line[1], True) for line in sorted(before)] == [(each.message.sequence, each.duplicate) for each in again]
