"""A process of its own that appends to a SQLite message log, for the tests that need several, or one to kill.

usage: python sqlite_process.py PATH NAME COUNT WORKERS

Waits for a line on standard input, then appends COUNT drafts (0: without end) by WORKERS tasks to two rooms, and prints one line
of JSON for each append as soon as it is acknowledged. Every other draft has a name that all processes use.
"""

import asyncio
import json
import sys
import time
import uuid
from pathlib import Path

from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.storage.retention import UNLIMITED
from talkroom.storage.sqlite import SqliteMessageLog


def now_ms() -> int:
    """The real clock: this is a real process."""
    return int(time.time() * 1000)


async def main(path: Path, name: str, count: int, workers: int) -> None:
    """Append and print."""
    log = await SqliteMessageLog.open(
        path,
        durability="full",
        retention=UNLIMITED,
        clock=now_ms,
        new_epoch=lambda: uuid.uuid4().hex,
        lock_timeout_s=30,
    )

    async def work(worker: int) -> None:
        number = worker
        while count == 0 or number < count:
            shared = number % 2 == 0
            draft = Draft(
                room=RoomId(f"room-{number % 4 // 2}"),
                sender="everybody" if shared else name,
                name=name,
                id=f"id-{number}",
                text=f"{name} says {number}",
                sent_at_ms=now_ms(),
            )
            appended = await log.append(draft)
            message = appended.message
            line = [message.room, message.sequence, message.sender, message.id, appended.duplicate]
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
            number += workers

    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.gather(*[work(worker) for worker in range(workers)])
    await log.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
