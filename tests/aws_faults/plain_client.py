"""The article's client."""

import contextlib
import json
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed

from tests.aws_faults.device import Device


class PlainClient(Device):
    """Raw texts, and no answers."""

    def __init__(self, url: str, name: str, room: str, issue: Callable[[], str]) -> None:
        super().__init__(url, name, issue)
        self.room = room
        self.texts: list[str] = []
        """What came, on any connection of this device."""
        self.echoed: list[str] = []
        """What came on the connection that had sent it."""
        self.errors: list[dict[str, Any]] = []
        self._sent: dict[str, int] = {}
        self._numbers = count(1)

    async def connect(self) -> None:
        """Open a connection to its room."""
        await self._open(lambda: [self._issue(), quote(self.room, safe="")])

    async def send(self) -> str:
        """Say something new; the text."""
        text = f"text of {self.name}-{next(self._numbers)}"
        self._sent[text] = self.opened
        if self._connection is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._connection.send(
                    json.dumps({"action": "sendmessage", "data": {"roomId": self.room, "message": text}})
                )
        return text

    def _received(self, text: str) -> None:
        if text.startswith("{"):
            self.errors.append(json.loads(text))
        else:
            self.texts.append(text)
            if self._sent.get(text) == self.opened:
                self.echoed.append(text)
