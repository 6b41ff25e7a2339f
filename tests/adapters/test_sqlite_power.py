"""What a SQLite message log does after a loss of power may have taken messages back."""

import secrets
import shutil
from pathlib import Path

import pytest

from talkroom.chat.model.message import BEGINNING
from talkroom.storage.retention import UNLIMITED
from talkroom.storage.sqlite import Durability, SqliteMessageLog
from tests.contracts.given import LOBBY, Clock, a_draft


def new_epoch() -> str:
    """No name twice, over all the servers of a test."""
    return secrets.token_hex(4)


async def open_log(path: Path, durability: Durability, boot_id: str) -> SqliteMessageLog:
    """The log, on a machine that was started then."""
    return await SqliteMessageLog.open(
        path, durability=durability, retention=UNLIMITED, clock=Clock(), new_epoch=new_epoch, boot_id=boot_id
    )


async def left_open(tmp_path: Path, durability: Durability) -> tuple[str, Path]:
    """The epoch of a log with one message, and its files as they lie on disk while the server still runs."""
    path = tmp_path / "running.db"
    log = await open_log(path, durability, "first boot")
    appended = await log.append(a_draft())
    copy = tmp_path / "after.db"
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    await log.close()
    return appended.message.epoch, copy


@pytest.mark.parametrize(
    ("durability", "boot_id", "renewed"),
    [("os", "second boot", True), ("os", "first boot", False), ("full", "second boot", False)],
)
async def test_a_log_that_may_have_lost_messages_begins_a_new_epoch(
    tmp_path: Path, durability: Durability, boot_id: str, renewed: bool
) -> None:
    """That is: without sync, without an end, and on a machine that was started again."""
    epoch, path = await left_open(tmp_path, durability)
    log = await open_log(path, durability, boot_id)
    position = await log.position(LOBBY)
    await log.close()

    assert renewed == (epoch != position.epoch)
    assert 1 == position.last


async def test_the_messages_that_are_left_carry_the_new_epoch(tmp_path: Path) -> None:
    """And the next one follows them in it."""
    _, path = await left_open(tmp_path, "os")
    log = await open_log(path, "os", "second boot")
    appended = await log.append(a_draft(id="next"))
    page = await log.read_after(LOBBY, BEGINNING, 10)
    await log.close()

    assert [(1, appended.message.epoch), (2, appended.message.epoch)] == [
        (message.sequence, message.epoch) for message in page.messages
    ]


async def test_a_log_that_was_closed_keeps_its_epoch(tmp_path: Path) -> None:
    """Everything was on disk before the machine stopped."""
    path = tmp_path / "talkroom.db"
    log = await open_log(path, "os", "first boot")
    appended = await log.append(a_draft())
    await log.close()
    log = await open_log(path, "os", "second boot")
    position = await log.position(LOBBY)
    await log.close()

    assert appended.message.epoch == position.epoch
