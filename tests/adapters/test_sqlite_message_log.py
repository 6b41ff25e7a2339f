"""The message log in SQLite passes the suite, with either durability."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from talkroom.storage.retention import Retention
from talkroom.storage.sqlite import Durability, SqliteMessageLog
from tests.contracts.given import Clock, Epochs
from tests.contracts.message_log import MessageLogContract
from tests.contracts.message_log_fixtures import OpenLog, PurgeableLog


class SqliteFixtures(MessageLogContract):
    """The suite, on a new file for each log."""

    durability: Durability

    @pytest.fixture
    async def open_log(self, clock: Clock, epochs: Epochs, tmp_path: Path) -> AsyncIterator[OpenLog]:
        """Each log has a file of its own and is closed when the test ends."""
        opened: list[SqliteMessageLog] = []

        async def open_log(retention: Retention) -> PurgeableLog:
            path = tmp_path / f"log-{len(opened)}.db"
            log = await SqliteMessageLog.open(
                path, durability=self.durability, retention=retention, clock=clock, new_epoch=epochs
            )
            opened.append(log)
            return log

        yield open_log
        for log in opened:
            await log.close()


class TestSqliteMessageLogFull(SqliteFixtures):
    durability: Durability = "full"


class TestSqliteMessageLogOs(SqliteFixtures):
    durability: Durability = "os"
