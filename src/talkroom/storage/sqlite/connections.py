"""Opens connections to the database file, and says in words why one cannot be opened."""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from talkroom.chat.ports import Clock
from talkroom.storage.sqlite.migrations import NewerDatabase, migrate, migrations
from talkroom.storage.sqlite.sessions import begin_session

_logger = logging.getLogger("talkroom.storage")

Durability = Literal["full", "os"]
"""What an acknowledged message survives. `full`: power loss, by an fsync of every commit. `os`: the end of the process,
also by kill -9, but not the end of the operating system; SQLite then syncs at checkpoints only."""

SQLITE_MIN: Final = (3, 38, 0)
"""The first with JSON functions built in by default; strict tables are older (3.37)."""

WAL_BYTES_MAX: Final = 64 * 1024 * 1024
"""To what size the write-ahead log is cut back after it had to grow, because a long read kept its pages in use."""

_APPLICATION_ID: Final = 0x54616C6B
_SYNCHRONOUS: Final = {"full": "FULL", "os": "NORMAL"}
_BUSY_PAUSE_S: Final = 0.01


class DatabaseUnusable(Exception):
    """The database cannot be opened. The message is for whoever runs the server: one sentence, with what to do."""


def check_sqlite_version(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> None:
    """Raises DatabaseUnusable when the SQLite library of this Python is too old."""
    if version < SQLITE_MIN:
        found, needed = (".".join(map(str, each)) for each in (version, SQLITE_MIN))
        raise DatabaseUnusable(
            f"This Python comes with SQLite {found}, and Talkroom needs {needed}: use a newer Python."
        )


def open_writer(
    path: Path,
    *,
    durability: Durability,
    lock_timeout_s: float,
    clock: Clock,
    new_epoch: Callable[[], str],
    boot_id: str,
) -> sqlite3.Connection:
    """A connection that may write, to a database with the current schema, made when there is none.

    A new file is readable for its owner only: it will hold what people say to each other. Statements commit by themselves
    unless a transaction was begun. Raises DatabaseUnusable.
    """
    check_sqlite_version()
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=lock_timeout_s, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnusable(f"{path} cannot be opened: {error}. Check the folder and its permissions.") from error
    try:
        _check_owner(connection, path)
        _set_up(connection, path, lock_timeout_s)
        migrate(connection, migrations(), clock, new_epoch())
        with transaction(connection):
            if begin_session(connection, durability, boot_id, new_epoch):
                _logger.warning("the machine stopped before all messages were on disk: every room begins a new epoch")
        connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")
    except BaseException as error:
        connection.close()
        reason = _find_reason(error, path)
        if reason is None:
            raise
        raise DatabaseUnusable(reason) from error
    return connection


def open_reader(path: Path, lock_timeout_s: float) -> sqlite3.Connection:
    """A connection that can only read, to a database that a writer has open. Raises sqlite3.Error."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=lock_timeout_s, isolation_level=None, check_same_thread=False)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Holds the write lock from beginning to end, so that what is read inside cannot change before it is written.

    Raises sqlite3.Error, with nothing changed and no transaction left open.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors, and not after others.
        connection.rollback()
        raise


def _check_owner(connection: sqlite3.Connection, path: Path) -> None:
    """Raises DatabaseUnusable when the file is another program's; nothing has been written to it then."""
    connection.execute("BEGIN")
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    connection.execute("COMMIT")
    if application_id != _APPLICATION_ID and (application_id or tables):
        raise DatabaseUnusable(f"{path} is a database of another program: choose another path.")


def _set_up(connection: sqlite3.Connection, path: Path, lock_timeout_s: float) -> None:
    # SQLite does not wait for other processes while it changes the journal mode of a new file, so we do.
    deadline = time.monotonic() + lock_timeout_s
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_PAUSE_S)
    if mode != "wal":
        raise DatabaseUnusable(f"{path} lies where SQLite cannot keep a write-ahead log: choose a local disk.")
    # Until the session is recorded, whatever the durability.
    connection.execute("PRAGMA synchronous = FULL")
    # Only macOS knows it: there fsync does not reach the disk without.
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")


def _find_reason(error: BaseException, path: Path) -> str | None:
    if isinstance(error, NewerDatabase):
        return f"{path} was last used by a newer version of Talkroom ({error}): use that one."
    if isinstance(error, sqlite3.OperationalError):
        return f"{path} cannot be used: {error}. Is another program holding it, or the disk full?"
    if isinstance(error, sqlite3.DatabaseError):
        return f"{path} is not a database ({error}): choose another path, or move the file away."
    return None
