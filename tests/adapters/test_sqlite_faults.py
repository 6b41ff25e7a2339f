"""What a SQLite message log does when something goes wrong: with a draft, the disk, a lock or its caller."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Appended, Draft
from talkroom.storage.retention import UNLIMITED
from talkroom.storage.sqlite import LogCounters, SqliteMessageLog
from talkroom.storage.sqlite.connections import open_writer
from talkroom.storage.sqlite.reader import READS_QUEUED_MAX, Reader
from talkroom.storage.sqlite.writer import DRAFTS_QUEUED_MAX
from tests.adapters.sqlite_files import opened, query
from tests.contracts.given import ATTIC, LOBBY, Clock, Epochs, a_draft


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a file that is not there yet."""
    return tmp_path / "log.db"


@pytest.fixture
async def disk(path: Path) -> AsyncIterator[tuple[SqliteMessageLog, sqlite3.Connection]]:
    """A log, and its connection, through which the test sets how many pages the disk has."""
    clock, epochs = Clock(), Epochs()
    connection = open_writer(path, durability="full", lock_timeout_s=1.0, clock=clock, new_epoch=epochs, boot_id="boot")
    log = SqliteMessageLog(connection, Reader(path, UNLIMITED, 1.0), UNLIMITED, clock, epochs)
    yield log, connection
    await log.close()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes to the file, and does not come to an end within the block."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_a_full_disk_makes_appends_unavailable(disk: tuple[SqliteMessageLog, sqlite3.Connection]) -> None:
    """What was acknowledged before stays readable, and what failed is not there."""
    log, connection = disk
    first = (await log.append(a_draft("id-1"))).message
    connection.execute("PRAGMA max_page_count = 1")

    with pytest.raises(Unavailable, match="full"):
        await log.append(a_draft("id-2", text="x" * 100_000))

    assert (first,) == (await log.read_after(LOBBY, 0, 10)).messages


async def test_the_log_goes_on_when_the_disk_has_room_again(
    disk: tuple[SqliteMessageLog, sqlite3.Connection],
) -> None:
    """The same draft is stored then, with the next sequence."""
    log, connection = disk
    await log.append(a_draft("id-1"))
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(Unavailable):
        await log.append(a_draft("id-2", text="x" * 100_000))
    connection.execute("PRAGMA max_page_count = 1000000")

    appended = await log.append(a_draft("id-2", text="x" * 100_000))

    assert (appended.message.sequence, appended.duplicate) == (2, False)


async def test_a_full_disk_fails_all_of_a_group_and_stores_none_of_it(
    disk: tuple[SqliteMessageLog, sqlite3.Connection],
) -> None:
    """A group is one transaction."""
    log, connection = disk
    connection.execute("PRAGMA max_page_count = 1")
    drafts = [a_draft(f"id-{number}", text="x" * 10_000) for number in range(20)]

    results = await asyncio.gather(*[log.append(draft) for draft in drafts], return_exceptions=True)

    assert [Unavailable] * 20 == [type(result) for result in results]
    assert (await log.position(LOBBY)).last == 0
    assert LogCounters(drafts_failed=20, last_commit_s=log.counters.last_commit_s) == log.counters


async def test_a_lock_held_too_long_makes_appends_unavailable(path: Path) -> None:
    """Beyond the lock timeout; reads go on meanwhile."""
    async with opened(path, lock_timeout_s=0.01) as log:
        first = (await log.append(a_draft("id-1"))).message
        with locked(path):
            with pytest.raises(Unavailable, match="locked"):
                await log.append(a_draft("id-2"))
            page = await log.read_after(LOBBY, 0, 10)

    assert (first,) == page.messages


async def test_the_log_goes_on_when_the_lock_is_released(path: Path) -> None:
    """In the same room and in new ones."""
    async with opened(path, lock_timeout_s=0.01) as log:
        await log.append(a_draft("id-1"))
        with locked(path):
            await asyncio.gather(
                log.append(a_draft("id-2")), log.append(a_draft("id-1", room=ATTIC)), return_exceptions=True
            )

        appended = await asyncio.gather(log.append(a_draft("id-2")), log.append(a_draft("id-1", room=ATTIC)))

    assert [(each.message.sequence, each.duplicate) for each in appended] == [(2, False), (1, False)]


async def test_an_append_waits_for_a_lock_within_the_timeout(path: Path) -> None:
    """Another program's short transaction is nobody's error."""
    async with opened(path, lock_timeout_s=60) as log:
        await log.append(a_draft("id-1"))
        with locked(path):
            append = asyncio.ensure_future(log.append(a_draft("id-2")))
            await log.position(LOBBY)  # by now the append is under way, and cannot be done
            assert not append.done()

        appended = await append

    assert appended.message.sequence == 2


@pytest.mark.parametrize(
    "wrong",
    [{"sent_at_ms": 2**63}, {"text": b"bytes"}, {"name": None}, {"text": ["a list"]}, {"sent_at_ms": "now"}],
    ids=str,
)
async def test_a_draft_that_cannot_be_stored_fails_alone(path: Path, wrong: dict[str, object]) -> None:
    """A mistake in our own code, since no client can make one; those that happen to be in its group do not notice."""
    drafts = [a_draft("id-1"), msgspec.structs.replace(a_draft("id-2"), **wrong), a_draft("id-3")]
    async with opened(path) as log:
        await log.append(a_draft("id-0"))
        results = await asyncio.gather(*[log.append(draft) for draft in drafts], return_exceptions=True)

    assert [each.message.sequence if isinstance(each, Appended) else None for each in results] == [2, None, 3]
    assert not isinstance(results[1], Unavailable)


async def test_a_cancelled_append_does_no_harm(path: Path) -> None:
    """Its message may be stored or not; those beside it are, and nothing hangs."""
    async with opened(path) as log:
        appends = [asyncio.ensure_future(log.append(a_draft(f"id-{number}"))) for number in range(3)]
        await asyncio.sleep(0)  # lets each of them begin
        appends[1].cancel()
        results = await asyncio.gather(*appends, return_exceptions=True)
        after = await log.append(a_draft("id-3"))
        last = (await log.position(LOBBY)).last

    assert [each.message.sequence if isinstance(each, Appended) else None for each in results] == [1, None, 3]
    assert (after.message.sequence, last) == (4, 4)
    assert log.counters.queue_length == 0


async def test_a_cancelled_append_is_recognised_when_it_is_repeated(path: Path) -> None:
    """A message that was stored after nobody waited any more is stored once."""
    async with opened(path) as log:
        append = asyncio.ensure_future(log.append(a_draft()))
        await asyncio.sleep(0)  # lets it begin
        append.cancel()

        again = await log.append(a_draft())

    assert (again.message.sequence, again.duplicate) == (1, True)


async def test_a_cancelled_read_does_no_harm(path: Path) -> None:
    """The next one is answered."""
    async with opened(path) as log:
        await log.append(a_draft())
        read = asyncio.ensure_future(log.read_after(LOBBY, 0, 10))
        await asyncio.sleep(0)  # lets it begin
        read.cancel()
        await asyncio.gather(read, return_exceptions=True)

        page = await log.read_after(LOBBY, 0, 10)

    assert len(page.messages) == 1


async def test_more_drafts_than_the_queue_takes_are_refused(path: Path) -> None:
    """The one too many gets Unavailable at once, the others their messages."""
    drafts = [a_draft(f"id-{number}") for number in range(DRAFTS_QUEUED_MAX + 1)]
    async with opened(path) as log:
        results = await asyncio.gather(*[log.append(draft) for draft in drafts], return_exceptions=True)
        again = await log.append(drafts[-1])

    assert sum(isinstance(each, Appended) for each in results) == DRAFTS_QUEUED_MAX
    assert isinstance(results[-1], Unavailable)
    assert again.message.sequence == DRAFTS_QUEUED_MAX + 1


async def test_more_reads_than_the_queue_takes_are_refused(path: Path) -> None:
    """As with drafts."""
    async with opened(path) as log:
        reads = [log.position(LOBBY) for _ in range(READS_QUEUED_MAX + 1)]
        results = await asyncio.gather(*reads, return_exceptions=True)
        again = await log.position(LOBBY)

    assert [Unavailable] == [type(each) for each in results if isinstance(each, Exception)]
    assert again.last == 0


async def test_a_damaged_file_makes_reads_unavailable(path: Path) -> None:
    """The error is not the database library's own."""
    async with opened(path) as log:
        await log.append(a_draft())
    query(path, "ALTER TABLE messages RENAME TO gone")

    async with opened(path) as log:
        with pytest.raises(Unavailable):
            await log.read_after(LOBBY, 0, 10)


async def test_counters_tell_what_the_writer_did(path: Path) -> None:
    """Groups, messages, duplicates, refusals; the queue is empty at the end."""
    retry: Draft = a_draft("id-9", retry_after=99)
    async with opened(path) as log:
        await log.append(a_draft("id-1"))
        await log.append(a_draft("id-1"))
        await asyncio.gather(log.append(retry), return_exceptions=True)
        counters = msgspec.structs.replace(log.counters)

    expected = LogCounters(groups_committed=3, messages_appended=1, duplicates=1, drafts_refused=1)
    assert counters.last_commit_s > 0
    assert expected == msgspec.structs.replace(counters, last_commit_s=0.0)


async def test_the_queue_length_is_of_drafts_under_way(path: Path) -> None:
    """It grows with every append and is zero when all are answered."""
    async with opened(path) as log:
        appends = [asyncio.ensure_future(log.append(a_draft(f"id-{number}"))) for number in range(7)]
        await asyncio.sleep(0)  # lets each of them begin
        lengths = [log.counters.queue_length]
        await asyncio.gather(*appends)
        lengths.append(log.counters.queue_length)

    assert lengths == [7, 0]
