"""How a SQLite message log frees the space of what retention has removed."""

import asyncio
from pathlib import Path

import pytest

from talkroom.chat.model.room import RoomId
from talkroom.storage.retention import Retention
from talkroom.storage.sqlite.sweep_plan import LOGS_PER_STEP, ROWS_PER_STEP
from tests.adapters.sqlite_files import opened, query
from tests.contracts.given import ATTIC, LOBBY, Clock, Epochs, a_draft
from tests.contracts.message_log_pages import sequences


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a file that is not there yet."""
    return tmp_path / "log.db"


async def test_messages_over_the_count_leave_the_file(path: Path) -> None:
    """However many steps it takes."""
    async with opened(path, retention=Retention(max_messages=10)) as log:
        await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number in range(3 * ROWS_PER_STEP)])

        await log.purge()

        assert query(path, "SELECT min(sequence), max(sequence), count(*) FROM messages") == [
            (3 * ROWS_PER_STEP - 9, 3 * ROWS_PER_STEP, 10)
        ]


async def test_messages_past_their_age_leave_the_file(path: Path) -> None:
    """Of a log that lives on, its beginning."""
    clock = Clock()
    async with opened(path, retention=Retention(max_age_s=10), clock=clock) as log:
        await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number in range(2 * ROWS_PER_STEP + 1)])
        clock.advance(seconds=6)
        await log.append(a_draft("id-last"))
        clock.advance(seconds=4)

        await log.purge()

        assert query(path, "SELECT sequence FROM messages") == [(2 * ROWS_PER_STEP + 2,)]


async def test_expired_logs_leave_the_file(path: Path) -> None:
    """With all their messages and every trace of their rooms."""
    clock = Clock()
    async with opened(path, retention=Retention(max_age_s=10), clock=clock) as log:
        drafts = [a_draft(f"id-{number}", room=RoomId(f"room-{number % 50}")) for number in range(2 * ROWS_PER_STEP)]
        await asyncio.gather(*[log.append(draft) for draft in drafts])
        clock.advance(seconds=10)

        await log.purge()

        assert query(path, "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM logs)") == [(0, 0)]


async def test_more_logs_than_a_step_looks_at_are_all_reached(path: Path) -> None:
    """The sweep goes on where the last step ended."""
    rooms = [RoomId(f"room-{number}") for number in range(2 * LOGS_PER_STEP + 10)]
    async with opened(path, retention=Retention(max_messages=1)) as log:
        for name in ("id-1", "id-2"):
            await asyncio.gather(*[log.append(a_draft(name, room=room)) for room in rooms])

        await log.purge()

        assert [(len(rooms), 2)] == query(path, "SELECT count(*), min(sequence) FROM messages")


async def test_a_log_begins_again_before_the_old_one_has_left_the_file(path: Path) -> None:
    """The first message of the next log does not wait until thousands of old ones are removed."""
    clock = Clock()
    async with opened(path, retention=Retention(max_age_s=10), clock=clock) as log:
        await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number in range(3 * ROWS_PER_STEP)])
        clock.advance(seconds=10)

        appended = await log.append(a_draft("id-1"))

        assert (appended.message.sequence, appended.duplicate) == (1, False)
        assert query(path, "SELECT room, count(*) FROM messages JOIN logs USING (log) GROUP BY log ORDER BY log") == [
            (None, 3 * ROWS_PER_STEP),
            ("lobby", 1),
        ]
        await log.purge()
        assert query(path, "SELECT room, sequence FROM messages JOIN logs USING (log)") == [("lobby", 1)]


async def test_appends_go_on_during_a_purge(path: Path) -> None:
    """They take turns with its steps."""
    async with opened(path, retention=Retention(max_messages=1)) as log:
        await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number in range(4 * ROWS_PER_STEP)])
        purge = asyncio.ensure_future(log.purge())

        for number in range(3):
            await log.append(a_draft(f"during-{number}"))
        finished_early = purge.done()
        await purge

        assert not finished_early
        assert (await log.position(LOBBY)).last == 4 * ROWS_PER_STEP + 3


async def test_stricter_limits_apply_to_what_is_there(path: Path) -> None:
    """A changed configuration is obeyed from the first read on."""
    async with opened(path) as log:
        await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number in range(10)])

    async with opened(path, retention=Retention(max_messages=2)) as log:
        page = await log.read_after(LOBBY, 0, 10)

    assert sequences(page) == [9, 10]


async def test_what_another_process_believes_of_an_expired_log_does_not_matter(path: Path) -> None:
    """A writer that remembers a log, which another has detached and emptied, begins the next one instead."""
    clock, epochs = Clock(), Epochs()
    forgetful = Retention(max_age_s=10)
    async with (
        opened(path, clock=clock, epochs=epochs) as believer,
        opened(path, clock=clock, epochs=epochs, retention=forgetful) as other,
    ):
        first = (await believer.append(a_draft("id-1"))).message
        clock.advance(seconds=10)
        await other.purge()

        appended = (await believer.append(a_draft("id-2"))).message

    assert appended.sequence == 1
    assert first.epoch != appended.epoch


async def test_what_another_process_believes_of_the_last_sequence_does_not_matter(path: Path) -> None:
    """Also when retention has removed all that it knew, and more has come since."""
    epochs = Epochs()
    async with (
        opened(path, epochs=epochs) as believer,
        opened(path, epochs=epochs, retention=Retention(max_messages=1)) as other,
    ):
        await believer.append(a_draft("id-1"))
        for number in range(2, 6):
            await other.append(a_draft(f"id-{number}"))
        await other.purge()

        appended = await believer.append(a_draft("id-6"))

    assert appended.message.sequence == 6


async def test_the_first_epoch_to_come_is_replaced_when_a_log_expires(path: Path) -> None:
    """In rooms that never had a message, too: a client that compares starts afresh, and loses nothing by it."""
    clock = Clock()
    async with opened(path, retention=Retention(max_age_s=10), clock=clock) as log:
        await log.append(a_draft(room=LOBBY))
        before = await log.position(ATTIC)
        clock.advance(seconds=10)
        await log.purge()

        after = await log.position(ATTIC)

    assert before.epoch != after.epoch
