"""Appends of one process to one room come one after another, so that they never race each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from talkroom.chat.model.room import RoomId


class Turns:
    """A queue for each room in which anybody waits: first come, first served."""

    def __init__(self) -> None:
        self._queues: dict[RoomId, _Queue] = {}

    def __len__(self) -> int:
        """Rooms in which anybody waits or works."""
        return len(self._queues)

    @asynccontextmanager
    async def turn(self, room: RoomId) -> AsyncIterator[None]:
        """The block runs when all that came before have left theirs."""
        queue = self._queues.setdefault(room, _Queue())
        queue.length += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[room]


class _Queue:
    __slots__ = ("length", "lock")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.length = 0
