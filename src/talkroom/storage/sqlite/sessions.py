"""Whether a file may have lost what it once held.

With durability `os` a loss of power takes back the newest messages, and the log would give their sequences to others, in the same
epoch: clients that saw the lost ones would never know. So every opening of the file is a session that is recorded on disk. A
session with `os` that did not end, on a machine that has started again since, may have lost something: then every log begins a new
epoch, and every client is told.
"""

import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path

from talkroom.storage.sqlite.queries import statement


def read_boot_id() -> str:
    """Names the time since this machine was started. Where the system does not say (it is Linux that does), no two calls agree:
    better one new epoch too many than one too few.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_hex(8)


def begin_session(connection: sqlite3.Connection, durability: str, boot_id: str, new_epoch: Callable[[], str]) -> bool:
    """Record a session, inside a transaction of the caller's that is synced; whether the logs began new epochs.

    Raises sqlite3.Error.
    """
    (in_doubt,) = connection.execute(statement("session_in_doubt"), (boot_id,)).fetchone()
    if in_doubt:
        for (log,) in connection.execute(statement("all_logs")).fetchall():
            connection.execute(statement("renew_log"), (new_epoch(), log))
        connection.execute(statement("renew_next_epoch"), (new_epoch(),))
    connection.execute(statement("begin_session"), (boot_id, durability))
    return bool(in_doubt)


def end_session(connection: sqlite3.Connection) -> None:
    """Record that the session ended with everything on disk. Raises sqlite3.Error."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(statement("end_session"))
