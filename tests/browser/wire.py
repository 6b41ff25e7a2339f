"""The network between browsers and a server, which can be cut, closed, and made to lose what the server says."""

import asyncio
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65536


class Wire:
    """A TCP proxy on a port of 127.0.0.1 that stays the same. Counts the handshakes that browsers begin."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.handshakes = 0
        """WebSocket handshakes that were begun while the wire was whole."""
        self.loses_answers = False
        """Whether what the server says is thrown away on its way to the browser."""
        self.lost_bytes = 0
        self._lost = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    @property
    def origin(self) -> str:
        """`host:port`, as pages know it."""
        return f"127.0.0.1:{self.port}"

    async def mend(self) -> None:
        """Accept connections, on the same port as before."""
        self.loses_answers = False
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Drop every connection without a word, and refuse new ones until the wire is mended."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop()

    async def has_lost(self) -> None:
        """Wait until something that the server said was thrown away."""
        await self._lost.wait()

    def drop(self) -> None:
        """Drop every connection without a word; new ones are accepted."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there_reader, there = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        self._writers.add(there)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._copy(reader, there, from_browser=True))
                both.create_task(self._copy(there_reader, writer, from_browser=False))
        finally:
            for end in (writer, there):
                self._writers.discard(end)
                end.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_browser: bool) -> None:
        """Until one side ends; then the other one ends too."""
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                if from_browser and b"\r\nupgrade: websocket\r\n" in chunk.lower():
                    self.handshakes += 1
                if not from_browser and self.loses_answers:
                    self.lost_bytes += len(chunk)
                    self._lost.set()
                    continue
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except (ConnectionError, RuntimeError):
            pass  # RuntimeError: the transport was aborted between two chunks
        finally:
            if not from_browser:
                writer.close()
