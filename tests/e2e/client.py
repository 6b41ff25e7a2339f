"""A client of `talkroom.v1` over the `websockets` package: a program that somebody else could have written."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from itertools import count
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 60.0
"""How long to wait for what must come: functions may have to begin first, on a machine that is busy."""

C = TypeVar("C", bound=AbstractAsyncContextManager)


@asynccontextmanager
async def all_of(openings: Iterable[Awaitable[C]]) -> AsyncIterator[list[C]]:
    """Several connections, closed at the end whatever happens: a loop with open ones may never come to its own end."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(await opening) for opening in openings]


class Client:
    """One connection. What the server sends is read when it is asked for, and sorted into answers and pushes, which may come in
    any order.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.pushes: deque[dict[str, Any]] = deque()
        """What came while something else was waited for, and answers no command that has a ref."""
        self._answers: dict[int | str, dict[str, Any]] = {}
        self._refs = count(1)
        self._frames: deque[dict[str, Any]] = deque()

    @classmethod
    async def open(cls, port: int, token: str, room: str | None = None, *, stage: str = "prod", **options: Any) -> Self:
        """Connect to a server on this machine."""
        return await cls.connect(f"ws://127.0.0.1:{port}/{stage}", token, room, **options)

    @classmethod
    async def connect(cls, url: str, token: str, room: str | None = None, **options: Any) -> Self:
        """Connect with `talkroom.v1`."""
        offer = ["talkroom.v1", token] + ([] if room is None else [quote(room, safe="")])
        # Without a limit on its queue the library reads on while a test does not.
        options = {"compression": None, "ping_interval": None, "max_queue": None, "open_timeout": PATIENCE_S, **options}
        return cls(await connect(url, subprotocols=offer, **options))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.connection.close()

    async def frame(self) -> dict[str, Any]:
        """The next object that the server sends."""
        while not self._frames:
            await self._read()
        return self._frames.popleft()

    async def send(self, action: str, **data: Any) -> int:
        """Send a command and do not wait; returns its ref."""
        ref = next(self._refs)
        await self.connection.send(json.dumps({"action": action, "ref": ref, "data": data}, ensure_ascii=False))
        return ref

    async def answer(self, ref: int) -> dict[str, Any]:
        """The reply or the error to a command; whatever else comes before it is kept."""
        while ref not in self._answers:
            self._sort(await self.frame())
        return self._answers.pop(ref)

    async def ask(self, action: str, **data: Any) -> dict[str, Any]:
        """A command's reply, or its error."""
        return await self.answer(await self.send(action, **data))

    async def do(self, action: str, **data: Any) -> dict[str, Any]:
        """What a reply says; an error is an error of the test."""
        answer = await self.ask(action, **data)
        assert answer["type"] == "reply", answer
        return answer["data"]

    async def push(self) -> dict[str, Any]:
        """The next push; answers that come before it are kept."""
        while not self.pushes:
            self._sort(await self.frame())
        return self.pushes.popleft()

    async def said(self) -> str:
        """The text of the next push, which must be a message."""
        push = await self.push()
        assert push["type"] == "message", push
        return push["message"]

    def left(self) -> list[dict[str, Any]]:
        """What has come and was not asked for yet."""
        left = list(self._frames)
        self._frames.clear()
        return left

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the server's close, 1006 when there was none; what comes before it is `left`."""
        try:
            while True:
                await self._read()
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")

    def _sort(self, frame: dict[str, Any]) -> None:
        if "ref" in frame:
            self._answers[frame["ref"]] = frame
        else:
            self.pushes.append(frame)

    async def _read(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            sent = json.loads(await self.connection.recv())
        self._frames.extend(sent if isinstance(sent, list) else [sent])
