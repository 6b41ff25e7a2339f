"""What the suites of the message log need from an adapter."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from talkroom.chat.ports import MessageLog
from talkroom.storage.retention import Retention
from tests.contracts.given import Clock, Epochs


class PurgeableLog(MessageLog, Protocol):
    """A log that can be told to free now what retention has removed."""

    async def purge(self) -> None:
        """Nothing that can be read changes."""
        ...


OpenLog = Callable[[Retention], Awaitable[PurgeableLog]]


class MessageLogFixtures:
    """An adapter overrides `open_log`."""

    @pytest.fixture
    def clock(self) -> Clock:
        """The clock of the logs that `open_log` opens."""
        return Clock()

    @pytest.fixture
    def epochs(self) -> Epochs:
        """Where those logs get their epochs from."""
        return Epochs()

    @pytest.fixture
    def open_log(self, clock: Clock, epochs: Epochs) -> OpenLog:
        """Opens a log that is closed when the test ends. Another adapter may take what it needs from other fixtures."""
        raise NotImplementedError("the adapter's test class provides the fixture open_log")

    @pytest.fixture
    async def log(self, open_log: OpenLog) -> PurgeableLog:
        """A log that keeps everything."""
        return await open_log(Retention())
