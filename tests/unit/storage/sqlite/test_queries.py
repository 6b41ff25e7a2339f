"""The statements of queries.sql."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from talkroom.storage.sqlite.connections import open_writer
from talkroom.storage.sqlite.queries import statement, statement_for_rows
from tests.contracts.given import Clock, Epochs

TEXT = resources.files("talkroom.storage.sqlite").joinpath("queries.sql").read_text(encoding="utf-8")
NAMES = re.findall(r"^-- name: (\w+)$", TEXT, flags=re.MULTILINE)

RUN_AT_MOST_ONCE_A_BOOT = {"all_logs"}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """To a new database."""
    path = tmp_path / "log.db"
    with contextlib.closing(
        open_writer(path, durability="os", lock_timeout_s=1, clock=Clock(), new_epoch=Epochs(), boot_id="boot")
    ) as connection:
        yield connection


@pytest.mark.parametrize("name", NAMES)
def test_every_statement_says_what_it_does(name: str) -> None:
    """A comment comes first."""
    assert statement(name).startswith("-- ")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in RUN_AT_MOST_ONCE_A_BOOT])
def test_no_statement_reads_all_of_a_table(connection: sqlite3.Connection, name: str) -> None:
    """Messages and logs are found by index, however many there are."""
    sql = statement(name)

    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()

    assert [] == [line[3] for line in plan if re.match(r"SCAN (messages|m|logs|l)\b", line[3])]


def test_places_are_made_for_the_next_power_of_two() -> None:
    """Filled up with NULL, and followed by the other parameters."""
    sql, parameters = statement_for_rows("find_logs", [("a",), ("b",), ("c",)], 4, 5)

    assert "VALUES (?), (?), (?), (?)" in sql
    assert ["a", "b", "c", None, 4, 5] == parameters


@pytest.mark.parametrize("count", [1, 2, 3, 500, 512])
def test_a_statement_takes_as_many_rows_as_a_group_has(connection: sqlite3.Connection, count: int) -> None:
    """Places that are left over store nothing."""
    connection.execute(*statement_for_rows("begin_logs", [(f"room-{number}", "epoch") for number in range(count)]))

    assert (count,) == connection.execute("SELECT count(*) FROM logs").fetchone()


@pytest.mark.parametrize(
    "entry",
    [(1, 3), (1, 1), (1, 2**40), (1, 0), (2, 1), (3, 1)],
    ids=["hole", "taken", "far away", "before the first", "of a detached log", "of no log"],
)
def test_the_database_refuses_an_entry_that_does_not_follow(
    connection: sqlite3.Connection, entry: tuple[int, int]
) -> None:
    """Log 1 has one message, log 2 has lost its room, and there is no log 3."""
    connection.execute(*statement_for_rows("begin_logs", [("lobby", "e"), ("attic", "e")]))
    connection.execute(*statement_for_rows("detach", [(2,)]))
    connection.execute(*statement_for_rows("append", [(1, 1, "sender", "id-1", "name", "text", 0, 0)]))

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(*statement_for_rows("append", [(*entry, "sender", "id-2", "name", "text", 0, 0)]))


def test_entries_are_stored_together_or_not_at_all(connection: sqlite3.Connection) -> None:
    """One that is refused takes the others of its statement with it."""
    connection.execute(*statement_for_rows("begin_logs", [("lobby", "e")]))
    entries = [(1, 1, "sender", "id-1", "name", "text", 0, 0), (1, 2, "sender", "id-1", "name", "text", 0, 0)]

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(*statement_for_rows("append", entries))

    assert (0,) == connection.execute("SELECT count(*) FROM messages").fetchone()
