"""How the tests of this folder open a SQLite message log, and look at its file behind its back."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from talkroom.chat.ports import Clock
from talkroom.storage.retention import UNLIMITED, Retention
from talkroom.storage.sqlite import Durability, SqliteMessageLog
from tests.contracts.given import Clock as StandingClock
from tests.contracts.given import Epochs


@contextlib.asynccontextmanager
async def opened(
    path: Path,
    *,
    durability: Durability = "os",
    retention: Retention = UNLIMITED,
    clock: Clock | None = None,
    epochs: Callable[[], str] | None = None,
    lock_timeout_s: float = 5.0,
) -> AsyncIterator[SqliteMessageLog]:
    """A log on that file, closed at the end of the block."""
    log = await SqliteMessageLog.open(
        path,
        durability=durability,
        retention=retention,
        clock=clock or StandingClock(),
        new_epoch=epochs or Epochs(),
        lock_timeout_s=lock_timeout_s,
    )
    try:
        yield log
    finally:
        await log.close()


def query(path: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a statement of the test's own gives on that file."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql, parameters).fetchall()


def lose(path: Path) -> None:
    """The disk was replaced, or somebody tidied up."""
    path.unlink()


def overwrite(path: Path, content: bytes) -> None:
    """Something of another program's."""
    path.write_bytes(content)


def read(path: Path) -> bytes:
    """All of it."""
    return path.read_bytes()
