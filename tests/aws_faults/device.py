"""What every client has: a connection at a time, over the `websockets` package, and a name for it."""

import asyncio
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

PATIENCE_S = 25.0
"""For anything that must come; far more than it takes."""
ATTEMPTS_MAX = 60
"""Of anything that is tried again because something failed."""
OPTIONS: dict[str, Any] = {"compression": None, "ping_interval": None, "max_queue": None, "close_timeout": PATIENCE_S}


class Device:
    """A client without a protocol."""

    def __init__(self, url: str, name: str, issue: Callable[[], str]) -> None:
        """`issue` makes a fresh token."""
        self.name = name
        self.opened = 0
        self._url = url
        self._issue = issue
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def user_agent(self) -> str:
        """By which the gateway's events name the connection."""
        return f"{self.name}/{self.opened}"

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as this end knows."""
        return self._reader is not None and not self._reader.done()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when something that was received has made it true."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def vanish(self) -> None:
        """Drop the TCP connection without a close frame."""
        if self._connection is not None:
            self._connection.transport.abort()
        await self._end()

    async def close(self) -> None:
        """Close it properly."""
        if self._connection is not None:
            await self._connection.close()
        await self._end()

    async def _open(self, offer: Callable[[], list[str]]) -> None:
        """Try until a handshake is accepted; what is refused with 5xx may be tried again."""
        for _ in range(ATTEMPTS_MAX):
            self.opened += 1
            try:
                self._connection = await connect(
                    self._url,
                    subprotocols=offer(),  # type: ignore[arg-type]
                    user_agent_header=self.user_agent,
                    open_timeout=PATIENCE_S,
                    **OPTIONS,
                )
            except InvalidStatus as refused:
                assert refused.response.status_code >= 500, refused
                continue
            self._reader = asyncio.ensure_future(self._read(self._connection))
            return
        raise AssertionError(f"{self.name}: no handshake was accepted")

    async def _end(self) -> None:
        if self._reader is not None:
            await self._reader
        self._connection = self._reader = None

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for text in connection:
                self._received(str(text))
                self._changed.set()
        except ConnectionClosed:
            pass
        self._ended()
        self._changed.set()

    def _received(self, text: str) -> None:
        """A message came."""
        raise NotImplementedError

    def _ended(self) -> None:
        """The connection is over."""
