"""What each access costs, as DynamoDB counts it, is what docs/topics/dynamodb.md says, row by row."""

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiodynamo.errors import ConditionalCheckFailed

from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.entries import encode
from talkroom.storage.retention import UNLIMITED, Retention
from tests.adapters.dynamodb_log import PurgedLog, open_log, stored_entries
from tests.adapters.test_dynamodb_connections_units import USES as CONNECTION_USES
from tests.contracts.given import ATTIC, LOBBY, Clock, a_draft
from tests.dynamodb.metering import READS, MeteredClient, metered

PAGE = Path(__file__).parents[2] / "docs" / "topics" / "dynamodb.md"
AGE = Retention(max_age_s=3600)
COUNT = Retention(max_messages=5)

Cost = tuple[list[str], float, float]
"""Requests, write units, read units."""


class AwsMeter(MeteredClient):
    """Counts what AWS charges where DynamoDB Local counts nothing: all differences between them are here."""

    async def send_request(self, *, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """See `DynamoDbClient.send_request`."""
        try:
            answer = await super().send_request(action=action, payload=payload)
        except ConditionalCheckFailed:
            # A put in vain costs the size of what is there, and ours is below 1 KB (developer guide, "Conditional writes").
            self.meter.actions.append(action)
            self.meter.write_units += 1
            raise
        if action == "Query" and not answer["Items"]:
            # A query that finds nothing costs as much as one that finds one small row.
            self.meter.read_units += 1 if payload.get("ConsistentRead") else 0.5
        return answer


def page_table() -> dict[str, Cost]:
    """The page's table of costs: use case to cost."""
    text = PAGE.read_text(encoding="utf-8").partition("| use case | requests | write units | read units |")[2]
    rows = re.findall(r"^\| (.+) \| (.+) \| ([0-9.]+) \| ([0-9.]+) \|$", text, re.MULTILINE)
    return {name: (requests.split(", "), float(writes), float(reads)) for name, requests, writes, reads in rows}


class Scene:
    """A table, the log that is measured, and another process."""

    def __init__(self, client: DynamoDbClient, table: str) -> None:
        self.clock = Clock()
        self._table = table
        self.plain = client
        counting = metered(client)
        self.client = AwsMeter(**{field: getattr(counting, field) for field in counting.__dataclass_fields__})

    def log(self, retention: Retention = UNLIMITED) -> PurgedLog:
        """One that is measured, in a process that has just begun."""
        return open_log(self.client, self._table, retention=retention, clock=self.clock, epochs=_epoch)

    async def speak(self, count: int, retention: Retention = UNLIMITED, log: PurgedLog | None = None) -> PurgedLog:
        """So many messages, of this log or of another process; then measuring begins."""
        log = log or open_log(self.plain, self._table, retention=retention, clock=self.clock, epochs=_epoch)
        for number in range(count):
            await log.append(a_draft(f"spoken-{number}"))
        self.client.meter.reset()
        return log

    async def warm(self, count: int, retention: Retention = UNLIMITED) -> PurgedLog:
        """A log that has stored all of the messages itself."""
        return await self.speak(count, retention, self.log(retention))


Use = Callable[[Scene], Awaitable[object]]
USES: dict[str, Use] = {}


def use(name: str) -> Callable[[Use], Use]:
    """Of the page's row of that name."""

    def add(function: Use) -> Use:
        USES[name] = function
        return function

    return add


@use("append, warm")
async def _(scene: Scene) -> None:
    await (await scene.warm(1)).append(a_draft())


@use("append, cold")
async def _(scene: Scene) -> None:
    await scene.speak(1)
    await scene.log().append(a_draft())


@use("append, first message of a room, first")
async def _(scene: Scene) -> None:
    await scene.speak(1)
    await scene.log().append(a_draft(room=ATTIC))


@use("append, first message of a room, with an age, first")
async def _(scene: Scene) -> None:
    await scene.speak(1)
    await scene.log(AGE).append(a_draft(room=ATTIC))


@use("append, first message of a table")
async def _(scene: Scene) -> None:
    await scene.log().append(a_draft())


@use("append, one conflict")
async def _(scene: Scene) -> None:
    log = await scene.warm(1)
    await (await scene.speak(0)).append(a_draft("of another"))
    await log.append(a_draft())


@use("append, two conflicts")
async def _(scene: Scene) -> None:
    log = await scene.warm(1)
    other = await scene.speak(0)
    for number in range(3):
        await other.append(a_draft(f"of another, {number}"))
    await log.append(a_draft())


@use("append, duplicate, warm")
async def _(scene: Scene) -> None:
    await (await scene.warm(2)).append(a_draft("spoken-0"))


@use("append, duplicate, cold")
async def _(scene: Scene) -> None:
    await scene.speak(2)
    await scene.log().append(a_draft("spoken-0"))


@use("append, retry that was not stored")
async def _(scene: Scene) -> None:
    await (await scene.warm(2)).append(a_draft(retry_after=1))


@use("append, retry that was not stored, with an age")
async def _(scene: Scene) -> None:
    await (await scene.warm(2, AGE)).append(a_draft(retry_after=1))


@use("append, a log that starts again, cold")
async def _(scene: Scene) -> None:
    log = await scene.speak(1, AGE)
    measured = scene.log(AGE)
    await measured.append(a_draft(room=ATTIC))
    scene.clock.advance(seconds=3600)
    scene.client.meter.reset()
    await measured.append(a_draft())
    assert 1 == (await log.position(LOBBY)).last


@use("append, every 25th with an age, warm")
async def _(scene: Scene) -> None:
    await (await scene.warm(24, AGE)).append(a_draft())


@use("append, every 25th with a count, warm")
async def _(scene: Scene) -> None:
    log = await scene.warm(25, COUNT)
    scene.clock.advance(seconds=7200)
    for number in range(24):
        await log.append(a_draft(f"spoken later, {number}"))
    scene.client.meter.reset()
    await log.append(a_draft())


@use("position")
async def _(scene: Scene) -> None:
    await scene.speak(1)
    await scene.log().position(LOBBY)


@use("position, room without messages, first")
async def _(scene: Scene) -> None:
    await scene.speak(1)
    await scene.log().position(ATTIC)


@use("position, with an age, nothing expired, first")
async def _(scene: Scene) -> None:
    await scene.speak(5, AGE)
    await scene.log(AGE).position(LOBBY)


@use("position, with an age, nothing expired, again")
async def _(scene: Scene) -> None:
    await scene.speak(5, AGE)
    log = scene.log(AGE)
    await log.position(LOBBY)
    scene.client.meter.reset()
    await log.position(LOBBY)


@use("position, with an age, 9 expired")
async def _(scene: Scene) -> None:
    log = await scene.speak(9, AGE)
    scene.clock.advance(seconds=3599)
    for number in range(7):
        await log.append(a_draft(f"id-{number}"))
    scene.clock.advance(seconds=1)
    assert 10 == (await scene.log(AGE).position(LOBBY)).oldest


@use("read_after, nothing new")
async def _(scene: Scene) -> None:
    await scene.speak(1)
    await scene.log().read_after(LOBBY, 1, 10)


@use("read_after, 10 messages")
async def _(scene: Scene) -> None:
    await scene.speak(12)
    await scene.log().read_after(LOBBY, 1, 10)


@use("read_before, newest 10 messages")
async def _(scene: Scene) -> None:
    await scene.speak(12)
    await scene.log().read_before(LOBBY, None, 10)


@use("read_before, 10 messages before a sequence")
async def _(scene: Scene) -> None:
    await scene.speak(12)
    await scene.log().read_before(LOBBY, 12, 10)


@pytest.mark.parametrize("name", USES)
async def test_an_access_of_the_message_log_costs_what_the_page_says(
    dynamodb: DynamoDbClient, messages: str, name: str
) -> None:
    """Requests in their order, and units."""
    scene = Scene(dynamodb, messages)

    await USES[name](scene)

    meter = scene.client.meter
    assert page_table()[name] == (meter.actions, meter.write_units, meter.read_units)


@pytest.mark.parametrize("name", CONNECTION_USES)
def test_an_access_of_connections_costs_what_the_page_says(name: str) -> None:
    """test_dynamodb_connections_units.py counts them, as DynamoDB Local does; AWS charges for a query that finds nothing."""
    _, _, actions, reads, writes = CONNECTION_USES[name]

    expected = page_table()[name]
    assert expected == (actions, writes, 1 if name == "end, nothing there" else reads)


def test_every_row_of_the_page_is_counted() -> None:
    """None is left over, and none is there twice."""
    assert sorted([*USES, *CONNECTION_USES]) == sorted(page_table())


async def test_the_units_of_long_messages_follow_the_formula(dynamodb: DynamoDbClient, messages: str) -> None:
    """Of 10,000 characters, stored and read."""
    scene = Scene(dynamodb, messages)
    log = await scene.warm(0)
    for number in range(3):
        await log.append(a_draft(f"id-{number}", text="x" * 10_000))
    meter = scene.client.meter
    sizes = [_size(encode(entry)) for entry in await stored_entries(dynamodb, messages)]
    meter.reset()

    await log.append(a_draft("id-3", text="x" * 10_000))
    appended = (meter.write_units, meter.read_units)
    meter.reset()
    await log.read_before(LOBBY, 4, 3)
    read = meter.read_units

    size = sizes[0]
    names = len("lobby" + "alice" + "Alice" + "id-0")
    assert 165 <= size - 10_000 - names <= 200
    assert (_ceil(size, 1024) + 1, 1) == appended
    assert _ceil(size, 4096) + _ceil(sum(sizes), 4096) == read


def test_reads_are_told_from_writes() -> None:
    """The requests that the log sends, by what they are paid with."""
    actions = {action for actions, _, _ in page_table().values() for action in actions}

    assert {"GetItem", "Query", "BatchGetItem"} == actions & READS


def _epoch() -> str:
    return uuid4().hex


def _ceil(size: int, unit: int) -> int:
    return -(-size // unit)


def _size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """By the developer guide, "Item sizes and formats": names and text in UTF-8, numbers two digits a byte and one more."""
    size = 0
    for name, attribute in item.items():
        ((kind, value),) = attribute.items()
        size += len(name)
        match kind:
            case "S":
                size += len(value.encode())
            case "N":
                size += (len(value.strip("-").rstrip("0")) + 1) // 2 + 1
            case "B":
                size += 32
    return size
