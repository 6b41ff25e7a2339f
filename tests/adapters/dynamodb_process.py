"""Processes of their own that append to a DynamoDB message log, for the tests that need several, or some to kill.

usage: python dynamodb_process.py MODE ENDPOINT TABLE ARGUMENTS

The modes are the functions at the end, and say what each prints: lines of JSON. The program imports everything once and forks,
because starting Python takes longer than what a process has to do here.
"""

import asyncio
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from aiodynamo.http.types import Request, Response

from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.message_log import DynamoDbMessageLog
from talkroom.storage.retention import UNLIMITED, Retention
from tests.contracts.given import a_draft
from tests.dynamodb.tables import connected

PATIENCE_S = 120.0
PUT = "DynamoDB_20120810.PutItem"


def now_ms() -> int:
    """The real clock: these are real processes."""
    return int(time.time() * 1000)


class CountedPuts:
    """The port to HTTP, which counts."""

    def __init__(self, http: Callable[[Request], Coroutine[Any, Any, Response]]) -> None:
        self._http = http
        self.puts = 0

    async def __call__(self, request: Request) -> Response:
        """Send it."""
        self.puts += (request.headers or {})["X-Amz-Target"] == PUT
        return await self._http(request)


class Deadly:
    """The port to HTTP, which kills its process after so many requests."""

    def __init__(self, http: Callable[[Request], Coroutine[Any, Any, Response]], *, after: int) -> None:
        self._http = http
        self._left = after

    async def __call__(self, request: Request) -> Response:
        """Send it, and die of it."""
        response = await self._http(request)
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return response


async def work(endpoint: str, table: str, name: str, count: int, rooms: int) -> None:
    """Append drafts, of which every other one has a name that all processes use; print what each append gave.

    Of the shared ones, every other is a retry of somebody who had seen nothing yet.
    """
    async with connected(endpoint, deadline_s=PATIENCE_S) as client:
        counted = CountedPuts(client.http)
        log = DynamoDbMessageLog(
            replace(client, http=counted),
            table,
            clock=now_ms,
            new_epoch=lambda: uuid.uuid4().hex,
            retention=UNLIMITED,
            deadline_s=PATIENCE_S,
        )
        lines = []
        for number in range(count):
            shared = number % 2 == 0
            draft = Draft(
                room=RoomId(f"room-{number % rooms}"),
                sender="everybody" if shared else name,
                name=name,
                id=f"id-{number}",
                text=f"{name} says {number}",
                sent_at_ms=now_ms(),
                retry_after=0 if number % 4 == 0 else None,
            )
            appended = await log.append(draft)
            message = appended.message
            lines.append([message.room, message.sequence, message.sender, message.id, message.text, appended.duplicate])
        await log.close()
    print("".join(json.dumps(line) + "\n" for line in lines) + json.dumps(counted.puts), flush=True)


async def die(endpoint: str, table: str, room: str, after: int, limits: dict[str, int], at_ms: int) -> None:
    """Append one draft and be killed after so many requests. Prints nothing."""
    async with connected(endpoint, deadline_s=PATIENCE_S) as client:
        log = DynamoDbMessageLog(
            replace(client, http=Deadly(client.http, after=after)),
            table,
            clock=lambda: at_ms,
            new_epoch=lambda: uuid.uuid4().hex,
            retention=Retention(**limits),
            deadline_s=PATIENCE_S,
        )
        await log.append(a_draft("of a killed process", room=RoomId(room)))


def fork(run: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """The id of a process that does that and ends."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        asyncio.run(run())
        status = 0
    finally:
        os._exit(status)


def workers(endpoint: str, table: str, processes: str, count: str, rooms: str) -> None:
    """So many processes, each with so many drafts, to so many rooms. Prints what `work` does."""
    started = [
        fork(lambda name=f"process-{number}": work(endpoint, table, name, int(count), int(rooms)))
        for number in range(int(processes))
    ]
    assert [0] * len(started) == [os.waitpid(process, 0)[1] for process in started]


def killed(endpoint: str, table: str, after: str, limits: str, at_ms: str) -> None:
    """For each number of requests up to a last one: a process that dies after so many, in a room of its own.

    Prints how each ended: with the signal's number, negative, or with 0 when it had no more requests to send.
    """
    for number in range(1, int(after) + 1):
        room = f"room-{number}"
        process = fork(lambda n=number, room=room: die(endpoint, table, room, n, json.loads(limits), int(at_ms)))
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


if __name__ == "__main__":
    {"workers": workers, "killed": killed}[sys.argv[1]](*sys.argv[2:])
