"""Processes with clocks of their own, lost requests and answers, processes that stop in the middle, and TTL, all at once."""

import asyncio
import random
from collections import defaultdict
from dataclasses import replace

import pytest
from aiodynamo.http.types import HttpImplementation, Request, RequestFailed, Response

from talkroom.chat.model.errors import ClientError, Unavailable
from talkroom.chat.model.message import Appended
from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.entries import Closing, Entry, decode
from talkroom.storage.dynamodb.schema import GENESIS_ROOM
from talkroom.storage.dynamodb.tail import EXPIRY_MARGIN_S
from talkroom.storage.retention import Retention
from tests.adapters.dynamodb_log import PurgedLog, delete, open_log, stored_rows
from tests.contracts.given import Clock, a_draft
from tests.dynamodb.faults import action_of, payload_of

AGE_S = 5
SKEW_S = 2
MARGIN_S = 2 * SKEW_S
"""What a day is in production: longer than clocks differ."""
ROOMS = [RoomId("lobby"), RoomId("attic")]
STEPS = 120


class Stopped(Exception):
    """The process does not exist any more."""


class Weather:
    """The port to HTTP: loses requests and answers, stops processes, and writes down what was stored."""

    def __init__(self, http: HttpImplementation, chance: random.Random) -> None:
        self._http = http
        self._chance = chance
        self.stored: list[Entry | Closing] = []

    async def __call__(self, request: Request) -> Response:
        """Sometimes as it should be."""
        luck = self._chance.random()
        if luck < 0.02:
            raise Stopped
        if luck < 0.05:
            raise RequestFailed(TimeoutError())
        response = await self._http(request)
        if response.status == 200 and action_of(request) == "PutItem":
            self._write_down(payload_of(request)["Item"])
        if luck > 0.98:
            raise Stopped
        if luck > 0.95:
            raise RequestFailed(TimeoutError())
        return response

    def _write_down(self, item: dict[str, dict[str, str]]) -> None:
        if item["roomId"]["S"] != GENESIS_ROOM and isinstance(row := decode(item), Entry | Closing):
            self.stored.append(row)


class World:
    """Four processes, the clock that all of theirs follow, and what they were told."""

    def __init__(self, client: DynamoDbClient, table: str, retention: Retention, seed: int) -> None:
        self.chance = random.Random(seed)
        self.weather = Weather(client.http, self.chance)
        self.appended: list[Appended] = []
        self._plain = client
        self._client = replace(client, http=self.weather)
        self._table = table
        self._retention = retention
        self._clocks = [Clock() for _ in range(4)]
        for clock in self._clocks:
            clock.advance(self.chance.uniform(-SKEW_S, SKEW_S))
        self._logs = [self._start(number) for number in range(4)]

    async def step(self) -> None:
        """Something happens; often several things at once."""
        match self.chance.choice(["append", "append", "append", "read", "time", "ttl"]):
            case "append":
                await asyncio.gather(*[self._append() for _ in range(self.chance.randint(1, 5))])
            case "read":
                await asyncio.gather(self._read(), self._append(), self._append())
            case "time":
                seconds = self.chance.choice([1, 2, 4, 12])
                for clock in self._clocks:
                    clock.advance(seconds)
            case "ttl":
                await asyncio.gather(self._remove(), self._append())

    def _start(self, number: int) -> PurgedLog:
        clock = self._clocks[number]
        return open_log(self._client, self._table, retention=self._retention, clock=clock, epochs=self._epoch)

    def _epoch(self) -> str:
        return f"{self.chance.getrandbits(64):x}"

    async def _append(self) -> None:
        number = self.chance.randrange(4)
        draft = a_draft(f"id-{self.chance.randrange(30)}", room=self.chance.choice(ROOMS))
        try:
            self.appended.append(await self._logs[number].append(draft))
        except (Stopped, Unavailable, ClientError):
            self._logs[number] = self._start(number)

    async def _read(self) -> None:
        number = self.chance.randrange(4)
        try:
            page = await self._logs[number].read_before(self.chance.choice(ROOMS), None, 20)
        except (Stopped, Unavailable):
            return
        sequences = [message.sequence for message in page.messages]
        assert sequences == list(range(page.position.last + 1 - len(sequences), page.position.last + 1))
        assert {page.position.epoch} >= {message.epoch for message in page.messages}

    async def _remove(self) -> None:
        """As TTL does: any of what nobody can see, by any clock."""
        seen_from_ms = min(clock() for clock in self._clocks) - (AGE_S + MARGIN_S) * 1000
        for row in await stored_rows(self._plain, self._table):
            gone = isinstance(row, Entry) and row.expires_at_s is not None and row.stored_at_ms < seen_from_ms
            if gone and self.chance.random() < 0.7:
                await delete(self._plain, self._table, row)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("retention", [Retention(), Retention(max_age_s=AGE_S)], ids=["unlimited", "age"])
async def test_no_history_has_a_hole_or_a_message_twice(
    dynamodb: DynamoDbClient, messages: str, retention: Retention, seed: int
) -> None:
    """Whatever was ever stored, and whatever the processes were told."""
    world = World(dynamodb, messages, retention, seed)

    for _ in range(STEPS):
        await world.step()

    # Answers may overtake each other, so the order in which they arrived says nothing.
    stored = sorted(world.weather.stored, key=lambda row: (row.generation, row.sequence))
    entries = [row for row in stored if isinstance(row, Entry)]
    check_sequences(entries)
    check_names(entries, retention)
    check_closings([row for row in stored if isinstance(row, Closing)], entries)
    check_answers(entries, world.appended)
    assert len(entries) > 30


def check_sequences(entries: list[Entry]) -> None:
    """From 1 on, each once, without a hole, in each generation; one epoch for each."""
    sequences, epochs = defaultdict(list), defaultdict(set)
    for entry in entries:
        sequences[entry.message.room, entry.generation].append(entry.sequence)
        epochs[entry.message.room, entry.generation].add(entry.message.epoch)
    assert {log: list(range(1, len(found) + 1)) for log, found in sequences.items()} == sequences
    assert {1} == {len(found) for found in epochs.values()}


def check_names(entries: list[Entry], retention: Retention) -> None:
    """The same name again is in another generation, or long after the first one."""
    last: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        name = entry.message.room, entry.message.id
        before = last.get(name)
        if before is not None:
            assert retention.max_age_s is not None
            age_ms = entry.stored_at_ms - before.stored_at_ms
            assert entry.generation > before.generation or age_ms >= (retention.max_age_s - 2 * SKEW_S) * 1000
        last[name] = entry


def check_closings(closings: list[Closing], entries: list[Entry]) -> None:
    """What was closed ends there; TTL may have removed messages behind that, which had been past their age for long."""
    for closing in closings:
        closed_at_ms = (closing.expires_at_s - EXPIRY_MARGIN_S - AGE_S) * 1000
        log = [each for each in entries if (each.message.room, each.generation) == (closing.room, closing.generation)]
        assert closing.sequence <= len(log) + 1
        assert all(each.stored_at_ms < closed_at_ms - AGE_S * 1000 for each in log if each.sequence >= closing.sequence)


def check_answers(entries: list[Entry], appended: list[Appended]) -> None:
    """Every answer is a stored message, and no two claim to have stored it first."""
    messages = [entry.message for entry in entries]
    first = [each.message for each in appended if not each.duplicate]
    assert all(each.message in messages for each in appended)
    assert len(first) == len({(each.room, each.epoch, each.sequence) for each in first})
