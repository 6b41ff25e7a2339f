"""Several processes on one table, and processes that are killed between any two of their requests."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from talkroom.chat.model.message import Appended
from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.entries import Entry
from talkroom.storage.retention import Retention
from tests.adapters.dynamodb_log import open_log, sequences_of, stored_entries
from tests.contracts.given import Clock, Epochs, a_draft
from tests.dynamodb.local import DynamoDbLocal

PROGRAM = Path(__file__).with_name("dynamodb_process.py")
REQUESTS_MAX = 12
"""More than any of the appends below sends."""
ROOMS = [RoomId(f"room-{number}") for number in range(1, REQUESTS_MAX + 1)]
"""Of the processes that are killed after 1, 2, … requests."""
KILLED_ID = "of a killed process"


async def run(mode: str, *arguments: object) -> list[Any]:
    """The lines that the program prints in that mode."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(PROGRAM.parents[2]), *sys.path]))}
    command = [sys.executable, str(PROGRAM), mode, *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, env=environment)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in output.splitlines()]


async def test_eight_processes_in_one_room_leave_no_hole_and_no_duplicate(
    dynamodb_local: DynamoDbLocal, dynamodb: DynamoDbClient, messages: str
) -> None:
    """Half of their drafts have the same names, and half of those claim to be retries: each attempt gets the first result."""
    lines = await run("workers", dynamodb_local.endpoint, messages, 8, 24, 1)

    appended = [tuple(line) for line in lines if isinstance(line, list)]
    stored = [line[:5] for line in appended if not line[5]]
    found = await stored_entries(dynamodb, messages)
    page = await open_log(dynamodb, messages).read_after(RoomId("room-0"), 0, 1000)
    assert 8 * 24 == len(appended)
    assert 12 + 8 * 12 == len(stored)
    assert list(range(1, len(stored) + 1)) == sequences_of(page.messages) == sequences_of(found)
    assert sorted(stored) == [(each.room, each.sequence, each.sender, each.id, each.text) for each in page.messages]
    assert set(stored) == {line[:5] for line in appended}


LIMITS = [{}, {"max_age_s": 10}, {"max_messages": 3}]


@pytest.mark.parametrize("limits", LIMITS, ids=["unlimited", "age", "count"])
async def test_a_first_append_that_is_killed_anywhere_is_made_good(
    dynamodb_local: DynamoDbLocal, dynamodb: DynamoDbClient, messages: str, limits: dict[str, int]
) -> None:
    """After any of its requests: the same draft, sent again to another process, is stored once, as the log's first."""
    clock = Clock()
    ends = await run("killed", dynamodb_local.endpoint, messages, REQUESTS_MAX, json.dumps(limits), clock.now_ms)
    stored = await find_stored(dynamodb, messages)

    again = await send_again(dynamodb, messages, limits, clock)

    assert {1} == {each.message.sequence for each in again}
    assert 1 == len({each.message.epoch for each in again})
    assert {(1,)} == set(sequences_by_room(await stored_entries(dynamodb, messages)).values())
    assert stored == [each.duplicate for each in again]
    assert {-9, 0} == set(ends)
    assert {False, True} == set(stored)


async def test_an_append_that_is_killed_anywhere_is_made_good(
    dynamodb_local: DynamoDbLocal, dynamodb: DynamoDbClient, messages: str
) -> None:
    """Also in a room where others have spoken."""
    clock = Clock()
    await speak(dynamodb, messages, {}, clock, count=2)
    ends = await run("killed", dynamodb_local.endpoint, messages, REQUESTS_MAX, "{}", clock.now_ms)
    stored = await find_stored(dynamodb, messages)

    again = await send_again(dynamodb, messages, {}, clock)

    assert {3} == {each.message.sequence for each in again}
    assert stored == [each.duplicate for each in again]
    assert {-9, 0} == set(ends)
    assert {False, True} == set(stored)
    assert {(1, 2, 3)} == set(sequences_by_room(await stored_entries(dynamodb, messages)).values())


async def test_a_generations_beginning_that_is_killed_anywhere_is_made_good(
    dynamodb_local: DynamoDbLocal, dynamodb: DynamoDbClient, messages: str
) -> None:
    """The new log has one message, under an epoch that is not the old one's, however far the killed process came."""
    clock, limits = Clock(), {"max_age_s": 10}
    old = await speak(dynamodb, messages, limits, clock, count=2)
    clock.advance(seconds=10)
    ends = await run("killed", dynamodb_local.endpoint, messages, REQUESTS_MAX, json.dumps(limits), clock.now_ms)
    stored = await find_stored(dynamodb, messages)

    again = await send_again(dynamodb, messages, limits, clock)

    assert {1} == {each.message.sequence for each in again}
    assert stored == [each.duplicate for each in again]
    assert {-9, 0} == set(ends)
    assert {False, True} == set(stored)
    new = {each.message.epoch for each in again}
    assert (1, set()) == (len(new), new & {each.message.epoch for each in old})
    by_room = sequences_by_room([each for each in await stored_entries(dynamodb, messages) if each.generation])
    assert {(1,)} == set(by_room.values())


async def test_a_clean_up_that_is_killed_anywhere_is_made_good(
    dynamodb_local: DynamoDbLocal, dynamodb: DynamoDbClient, messages: str
) -> None:
    """The message is stored, nothing that is kept is gone, and the next clean-up removes what this one left."""
    clock, limits = Clock(), {"max_messages": 3}
    await speak(dynamodb, messages, limits, clock, count=24)
    clock.advance(seconds=7200)
    ends = await run("killed", dynamodb_local.endpoint, messages, REQUESTS_MAX, json.dumps(limits), clock.now_ms)
    stored = await find_stored(dynamodb, messages)

    again = await send_again(dynamodb, messages, limits, clock)
    log = open_log(dynamodb, messages, retention=Retention(**limits), clock=clock)
    pages = [await log.read_before(each.message.room, None, 10) for each in again]
    await speak(dynamodb, messages, limits, clock, count=25, name="later")

    assert stored == [each.duplicate for each in again]
    assert {-9, 0} == set(ends)
    assert {False, True} == set(stored)
    assert [[23, 24, 25]] * len(again) == [sequences_of(page.messages) for page in pages]
    assert {tuple(range(25, 51))} == set(sequences_by_room(await stored_entries(dynamodb, messages)).values())


async def send_again(client: DynamoDbClient, table: str, limits: dict[str, int], clock: Clock) -> list[Appended]:
    """Each killed process' draft, by another process."""
    log = open_log(client, table, retention=Retention(**limits), clock=clock)
    return [await log.append(a_draft(KILLED_ID, room=room)) for room in ROOMS]


async def speak(
    client: DynamoDbClient, table: str, limits: dict[str, int], clock: Clock, *, count: int, name: str = "before"
) -> list[Appended]:
    """Messages in every room."""
    log = open_log(client, table, retention=Retention(**limits), clock=clock, epochs=Epochs())

    async def speak_in(room: RoomId) -> list[Appended]:
        return [await log.append(a_draft(f"{name}-{each}", room=room)) for each in range(count)]

    found = await asyncio.gather(*[speak_in(room) for room in ROOMS])
    return [appended for each in found for appended in each]


async def find_stored(client: DynamoDbClient, table: str) -> list[bool]:
    """Whether each killed process had stored its message."""
    stored = {each.message.room for each in await stored_entries(client, table) if each.message.id == KILLED_ID}
    return [room in stored for room in ROOMS]


def sequences_by_room(entries: list[Entry]) -> dict[RoomId, tuple[int, ...]]:
    """In order of position."""
    rooms = {entry.message.room for entry in entries}
    return {room: tuple(entry.sequence for entry in entries if entry.message.room == room) for room in rooms}
