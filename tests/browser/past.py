"""Conversations that took place before the test began."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from talkroom.bootstrap import new_epoch
from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.storage.retention import UNLIMITED
from talkroom.storage.sqlite import SqliteMessageLog

BEGAN_AT_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""

SPEAKERS: Final = (("bob", "Bob"), ("carol", "Carol"), ("alice", "Alice"))
BETWEEN_MESSAGES_MS: Final = 60_000


async def remember(database: Path, room: str, texts: Iterable[str], *, between_ms: int = BETWEEN_MESSAGES_MS) -> None:
    """Write messages into a log that no server has open, in this order, each speaker saying three in a row."""
    log = await SqliteMessageLog.open(
        database, durability="os", retention=UNLIMITED, clock=lambda: BEGAN_AT_MS, new_epoch=new_epoch
    )
    try:
        async with asyncio.TaskGroup() as all_of_them:
            for number, text in enumerate(texts):
                all_of_them.create_task(log.append(_draft(room, number, text, between_ms)))
    finally:
        await log.close()


def numbered(count: int) -> list[str]:
    """Texts that can be told apart, some longer than a line, some of several."""
    return [_numbered(number) for number in range(1, count + 1)]


def _numbered(number: int) -> str:
    if number % 7 == 0:
        return f"message {number}, which goes on " + "and on " * (number % 40)
    if number % 11 == 0:
        return f"message {number}\nin two lines"
    return f"message {number}"


def _draft(room: str, number: int, text: str, between_ms: int) -> Draft:
    sender, name = SPEAKERS[number // 3 % len(SPEAKERS)]
    return Draft(
        room=RoomId(room),
        sender=sender,
        name=name,
        id=f"past-{number}",
        text=text,
        sent_at_ms=BEGAN_AT_MS + number * between_ms,
    )
