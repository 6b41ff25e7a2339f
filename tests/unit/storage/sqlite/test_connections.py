"""How the database file is opened."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from talkroom.storage.sqlite import Durability
from talkroom.storage.sqlite.connections import open_reader, open_writer, transaction
from tests.contracts.given import Clock, Epochs


def writer(path: Path, durability: Durability = "full") -> contextlib.closing[sqlite3.Connection]:
    """A connection that is closed at the end of the block."""
    return contextlib.closing(
        open_writer(path, durability=durability, lock_timeout_s=1, clock=Clock(), new_epoch=Epochs(), boot_id="boot")
    )


@pytest.mark.parametrize(("durability", "synchronous"), [("full", 2), ("os", 1)])
def test_durability_is_sqlites_synchronous(tmp_path: Path, durability: Durability, synchronous: int) -> None:
    """2 is FULL, an fsync of each commit; 1 is NORMAL, at checkpoints; both with a write-ahead log."""
    with writer(tmp_path / "log.db", durability) as connection:
        found = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("synchronous", "journal_mode")]

    assert [(synchronous,), ("wal",)] == found


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """Not by mistake either."""
    path = tmp_path / "log.db"
    with writer(path), contextlib.closing(open_reader(path, 1)) as reader, pytest.raises(sqlite3.OperationalError):
        reader.execute("UPDATE next_epoch SET epoch = 'mine'")


def test_a_transaction_that_fails_is_undone_and_ended(tmp_path: Path) -> None:
    """By any error, ours too."""
    with writer(tmp_path / "log.db") as connection:

        def update_and_fail() -> None:
            with transaction(connection):
                connection.execute("UPDATE next_epoch SET epoch = 'mine'")
                raise KeyError

        with pytest.raises(KeyError):
            update_and_fail()

        assert not connection.in_transaction
        assert ("epoch-1",) == connection.execute("SELECT epoch FROM next_epoch").fetchone()
