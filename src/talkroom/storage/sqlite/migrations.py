"""Brings a database to the schema that this version of Talkroom works with.

A migration is a numbered file in migrations/. It is applied in one transaction together with the record that it was, so
that a crash leaves either both or neither. Several processes may open the same file at once: each looks again once it holds
the write lock. There is no way back: a database from a newer version is refused, and said to be one.
"""

import re
import sqlite3
from collections.abc import Iterator
from importlib import resources
from typing import Final, NamedTuple

from talkroom.chat.ports import Clock

_FILE_NAME: Final = re.compile(r"(\d{4})_(\w+)\.sql")

_CREATE_RECORD: Final = """
CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL)
STRICT
"""


class NewerDatabase(Exception):
    """The database was last used by a newer version of Talkroom."""


class Migration(NamedTuple):
    """One step, by ascending number from 1."""

    number: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All steps that this version knows, in order."""
    files = resources.files("talkroom.storage.sqlite").joinpath("migrations").iterdir()
    matches = ((file, _FILE_NAME.fullmatch(file.name)) for file in files)
    return sorted(
        Migration(int(match[1]), match[2], file.read_text(encoding="utf-8"))
        for file, match in matches
        if match is not None
    )


def migrate(connection: sqlite3.Connection, steps: list[Migration], clock: Clock, first_epoch: str) -> None:
    """Apply the steps that the database lacks, all in one transaction.

    `first_epoch` is the epoch of the first logs of a database that is new. Raises NewerDatabase, sqlite3.Error; the
    database is then as it was.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_CREATE_RECORD)
        (applied,) = connection.execute("SELECT ifnull(max(number), 0) FROM migrations").fetchone()
        if applied > steps[-1].number:
            raise NewerDatabase(
                f"it has migration {applied}, and this version knows no later one than {steps[-1].number}"
            )
        for step in steps[applied:]:
            for sql in _split(step.sql):
                connection.execute(sql)
            connection.execute("INSERT INTO migrations VALUES (?, ?, ?)", (step.number, step.name, clock()))
        connection.execute("INSERT OR IGNORE INTO next_epoch VALUES (1, ?)", (first_epoch,))
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _split(script: str) -> Iterator[str]:
    """The statements of a script, each of which ends its line. `executescript` would commit our transaction first."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
