"""What a SQLite message log does with its file: reopening, migrations, and files that it cannot use."""

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest

from talkroom.chat.model.message import Appended
from talkroom.storage.sqlite import DatabaseUnusable, SqliteMessageLog
from talkroom.storage.sqlite.connections import SQLITE_MIN, check_sqlite_version
from tests.adapters.sqlite_files import lose, opened, overwrite, query, read
from tests.contracts.given import LOBBY, Epochs, a_draft


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a file that is not there yet, under a name that means something to a URI, to SQL and to a shell."""
    return tmp_path / "what is said? #1 100%41 'quoted'.db"


async def test_messages_survive_reopening(path: Path) -> None:
    """With sequence, epoch and text."""
    async with opened(path) as log:
        appended = [(await log.append(a_draft(f"id-{number}", text="こんにちは 👋"))).message for number in range(3)]

    async with opened(path) as log:
        page = await log.read_after(LOBBY, 0, 10)

    assert tuple(appended) == page.messages


async def test_sequences_and_epoch_go_on_after_reopening(path: Path) -> None:
    """It is the same log."""
    epochs = Epochs()
    async with opened(path, epochs=epochs) as log:
        first = (await log.append(a_draft("id-1"))).message

    async with opened(path, epochs=epochs) as log:
        second = (await log.append(a_draft("id-2"))).message

    assert (first.epoch, 2) == (second.epoch, second.sequence)


async def test_a_draft_is_recognised_after_reopening(path: Path) -> None:
    """A client that did not get its reply before the server restarted sends again, and there is one message."""
    async with opened(path) as log:
        first = await log.append(a_draft())

    async with opened(path) as log:
        again = await log.append(a_draft())

    assert Appended(first.message, duplicate=True) == again


async def test_the_epoch_of_an_empty_room_survives_reopening(path: Path) -> None:
    """A client that was told of it before the restart is not told otherwise after."""
    epochs = Epochs()
    async with opened(path, epochs=epochs) as log:
        before = await log.position(LOBBY)

    async with opened(path, epochs=epochs) as log:
        after = await log.position(LOBBY)

    assert before == after


async def test_a_lost_file_means_a_new_epoch(path: Path) -> None:
    """Sequences start again, and whoever compares epochs notices."""
    epochs = Epochs()
    async with opened(path, epochs=epochs) as log:
        first = (await log.append(a_draft())).message
    lose(path)

    async with opened(path, epochs=epochs) as log:
        again = (await log.append(a_draft())).message

    assert again.sequence == 1
    assert first.epoch != again.epoch


async def test_a_closed_log_leaves_one_file(path: Path) -> None:
    """Which can be copied as it is."""
    async with opened(path) as log:
        await log.append(a_draft())
        await log.read_after(LOBBY, 0, 10)

    assert [path] == list(path.parent.iterdir())


async def test_a_new_file_is_its_owners_alone(path: Path) -> None:
    """It holds what people say to each other."""
    async with opened(path) as log:
        await log.append(a_draft())
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert {0o600} == modes


async def test_migrations_are_recorded(path: Path) -> None:
    """Each with its number, its name and when it was applied."""
    async with opened(path):
        pass

    assert query(path, "SELECT number, name, applied_at_ms FROM migrations") == [(1, "message_log", 1_700_000_000_000)]


async def test_a_newer_database_is_refused(path: Path) -> None:
    """The sentence says what to do, and the file stays as it was."""
    async with opened(path):
        pass
    query(path, "INSERT INTO migrations VALUES (9999, 'from_the_future', 0)")

    with pytest.raises(DatabaseUnusable, match=r"was last used by a newer version of Talkroom .*9999.*: use that one"):
        async with opened(path):
            pass

    assert query(path, "SELECT number FROM migrations ORDER BY number") == [(1,), (9999,)]


async def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    """And not written to."""
    overwrite(path, b"My diary. " * 1000)

    with pytest.raises(DatabaseUnusable, match=r"is not a database .*: choose another path"):
        async with opened(path):
            pass

    assert read(path) == b"My diary. " * 1000


async def test_a_database_of_another_program_is_refused(path: Path) -> None:
    """And not written to."""
    query(path, "CREATE TABLE songs (title TEXT)")
    before = read(path)

    with pytest.raises(DatabaseUnusable, match="is a database of another program: choose another path"):
        async with opened(path):
            pass

    assert before == read(path)


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Nothing is made on the way."""
    with pytest.raises(DatabaseUnusable, match=r"missing/log\.db cannot be opened: .*Check the folder"):
        async with opened(tmp_path / "missing" / "log.db"):
            pass


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(DatabaseUnusable, match="cannot be opened"):
        async with opened(tmp_path):
            pass


async def test_a_database_that_another_program_holds_is_refused(path: Path) -> None:
    """After the lock timeout, with a hint."""
    async with opened(path):
        pass
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseUnusable, match=r"cannot be used: database is locked\. Is another program holding it"):
        async with opened(path, lock_timeout_s=0.01):
            pass

    other.close()


def test_an_old_sqlite_is_refused() -> None:
    """With both versions and what to do."""
    with pytest.raises(DatabaseUnusable, match=r"comes with SQLite 3\.37\.9, and Talkroom needs 3\.38\.0"):
        check_sqlite_version((3, 37, 9))


def test_the_oldest_sqlite_that_is_named_is_accepted() -> None:
    """And so is this one."""
    check_sqlite_version(SQLITE_MIN)
    check_sqlite_version()


async def test_one_process_may_open_a_new_file_many_times_at_once(path: Path) -> None:
    """One of them makes the schema, all wait for it, and all write to one log."""
    epochs = Epochs()

    async def open_and_append(number: int) -> SqliteMessageLog:
        async with opened(path, epochs=epochs) as log:
            await log.append(a_draft(f"id-{number}"))
        return log

    await asyncio.gather(*[open_and_append(number) for number in range(8)])

    assert query(path, "SELECT min(sequence), max(sequence), count(*) FROM messages") == [(1, 8, 8)]
    assert query(path, "SELECT count(*) FROM logs") == [(1,)]
