"""Bringing a database to the current schema."""

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest

from talkroom.storage.sqlite.migrations import Migration, NewerDatabase, migrate, migrations
from tests.contracts.given import Clock

FIRST = Migration(1, "first", "CREATE TABLE next_epoch (only INTEGER PRIMARY KEY, epoch TEXT);")
SECOND = Migration(2, "second", "CREATE TABLE more (a);\nCREATE TABLE\n  even_more (a); -- and a remark\n")
BROKEN = Migration(3, "broken", "CREATE TABLE last (a);\nCREATE TABLE more (a);")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """To an empty database."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def tables(connection: sqlite3.Connection) -> set[str]:
    """By name."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def applied(connection: sqlite3.Connection) -> list[int]:
    """The recorded numbers."""
    return [number for (number,) in connection.execute("SELECT number FROM migrations ORDER BY number")]


def test_all_steps_are_applied_to_an_empty_database(connection: sqlite3.Connection) -> None:
    """Every statement of each, and the record."""
    migrate(connection, [FIRST, SECOND], Clock(), "epoch-1")

    assert {"migrations", "next_epoch", "more", "even_more"} == tables(connection)
    assert [1, 2] == applied(connection)


def test_only_missing_steps_are_applied(connection: sqlite3.Connection) -> None:
    """And the first epoch stays the first."""
    migrate(connection, [FIRST], Clock(), "epoch-1")
    migrate(connection, [FIRST, SECOND], Clock(), "epoch-2")
    migrate(connection, [FIRST, SECOND], Clock(), "epoch-3")

    assert [1, 2] == applied(connection)
    assert ("epoch-1",) == connection.execute("SELECT epoch FROM next_epoch").fetchone()


def test_a_step_that_fails_leaves_the_database_as_it_was(connection: sqlite3.Connection) -> None:
    """With the steps before it in the same run, and without a transaction."""
    migrate(connection, [FIRST], Clock(), "epoch-1")

    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, [FIRST, SECOND, BROKEN], Clock(), "epoch-1")

    assert {"migrations", "next_epoch"} == tables(connection)
    assert [1] == applied(connection)
    assert not connection.in_transaction


def test_a_newer_database_is_refused(connection: sqlite3.Connection) -> None:
    """With both numbers."""
    migrate(connection, [FIRST, SECOND], Clock(), "epoch-1")

    with pytest.raises(NewerDatabase, match="it has migration 2, and this version knows no later one than 1"):
        migrate(connection, [FIRST], Clock(), "epoch-1")


def test_the_steps_of_this_version_are_numbered_without_a_gap() -> None:
    """From 1; the number of steps applied is the number of the last."""
    numbers = [step.number for step in migrations()]

    assert list(range(1, len(numbers) + 1)) == numbers
