"""An HTTP server that does to each request what a test tells it: answers, hangs, breaks off, resets."""

import asyncio
import socket
import struct
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import unquote

import aiohttp

from talkroom.aws.credentials import Credentials
from talkroom.aws.signed_http import SignedHttp, open_session

CREDENTIALS = Credentials("AKIDEXAMPLE", "a key of the tests", "a token of the tests")
PATIENCE_S = 30.0


class Received(NamedTuple):
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def name(self) -> str:
        """What the script calls it: the last part of the path, decoded."""
        return unquote(self.target.rpartition("/")[2])


Deed = Callable[["Connection"], Awaitable[None]]
"""What is done with a request; the next one of the connection is read afterwards."""


class Connection:
    """A TCP connection from a caller."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def reset(self) -> None:
        """End it with RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def status(code: int, name: str = "", body: bytes = b"") -> Deed:
    """An answer."""

    async def answer(connection: Connection) -> None:
        typed = f"x-amzn-ErrorType: {name}\r\n" if name else ""
        head = f"HTTP/1.1 {code} Scripted\r\n{typed}Content-Length: {len(body)}\r\n\r\n"
        connection.writer.write(head.encode() + body)

    return answer


def raw(sent: bytes) -> Deed:
    """These bytes, and the end of the connection."""

    async def answer(connection: Connection) -> None:
        connection.writer.write(sent)
        connection.writer.close()

    return answer


def after(gate: asyncio.Event, deed: Deed) -> Deed:
    """Something, when the gate has opened."""

    async def answer(connection: Connection) -> None:
        await gate.wait()
        await deed(connection)

    return answer


def together(parties: int) -> Deed:
    """200, to so many requests at a time: the first are answered when the last of them has come."""
    barrier = asyncio.Barrier(parties)

    async def answer(connection: Connection) -> None:
        await barrier.wait()
        await OK(connection)

    return answer


async def hang(_connection: Connection) -> None:
    """No answer, ever."""
    await asyncio.Event().wait()


async def reset(connection: Connection) -> None:
    """RST in place of an answer."""
    connection.reset()


OK = status(200)


class ScriptedServer:
    """Each name has a list of deeds, done one after the other; when there are none left, it is answered 200."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.script: defaultdict[str, deque[Deed]] = defaultdict(deque)
        self.otherwise: Deed = OK
        self.connections = 0
        self.under_way = 0
        self.most_under_way = 0
        self.most_tasks = 0
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrival = asyncio.Event()

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:{port}`."""
        return f"http://127.0.0.1:{self.port}"

    def names(self) -> list[str]:
        """Of the requests so far, in their order."""
        return [one.name for one in self.received]

    async def arrived(self, times: int) -> None:
        """Return when so many requests have come."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.received) < times:
                self._arrival.clear()
                await self._arrival.wait()

    def tell(self, name: str, *deeds: Deed) -> None:
        """What becomes of the next requests of that name."""
        self.script[name].extend(deeds)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection's life."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while not writer.is_closing():
                await self._answer(Connection(reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, connection: Connection) -> None:
        request = await _read(connection.reader)
        self.received.append(request)
        self._arrival.set()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.most_tasks = max(self.most_tasks, len(asyncio.all_tasks()))
        try:
            waiting = self.script.get(request.name)
            await (waiting.popleft() if waiting else self.otherwise)(connection)
        finally:
            self.under_way -= 1

    async def stop(self) -> None:
        """End every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def scripted() -> AsyncIterator[ScriptedServer]:
    """The server, on a port of the system's choice."""
    server = ScriptedServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await server.stop()


@asynccontextmanager
async def signed(
    connections_max: int = 64, credentials: Credentials = CREDENTIALS, clock_s: Callable[[], float] = time.time
) -> AsyncIterator[SignedHttp]:
    """Signed calls, on a session that ends with the context."""
    session: aiohttp.ClientSession = open_session(connections_max, clock_s=clock_s)
    async with session:
        yield SignedHttp(session, credentials, "eu-west-1")


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Received(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))
