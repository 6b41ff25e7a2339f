"""How the tests of this folder open a DynamoDB message log, and do to its table what TTL does."""

from collections.abc import Callable
from random import Random
from typing import Any

from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import Clock
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.entries import Closing, Entry, Header, Row, decode, encode, key, position_of
from talkroom.storage.dynamodb.message_log import DynamoDbMessageLog
from talkroom.storage.dynamodb.schema import GENESIS_ROOM
from talkroom.storage.retention import UNLIMITED, Retention
from tests.contracts.given import Clock as StandingClock
from tests.contracts.given import Epochs
from tests.dynamodb.tables import rows

PATIENCE_S = 60.0


class PurgedLog(DynamoDbMessageLog):
    """A log that can be told to delete what TTL would delete in the days to come."""

    client: DynamoDbClient
    table: str

    async def purge(self) -> None:
        """Delete all that retention has removed, in every room."""
        stored = await stored_rows(self.client, self.table)
        for room in {_room(row) for row in stored}:
            position = await self.position(room)
            await self._purge(
                [row for row in stored if _room(row) == room], position.epoch, position.oldest, position.last
            )

    async def purge_some(self, chance: Random) -> None:
        """Delete any of what retention has removed, in any order, as TTL does while it is at work."""
        stored = await stored_entries(self.client, self.table)
        for room in {_room(row) for row in stored}:
            position = await self.position(room)
            for row in [row for row in stored if _room(row) == room]:
                removed = row.message.epoch != position.epoch or row.sequence < position.oldest
                if removed and chance.random() < 0.5:
                    await delete(self.client, self.table, row)

    async def _purge(self, room_rows: list[Row], epoch: str, oldest: int, last: int) -> None:
        entries = [row for row in room_rows if isinstance(row, Entry)]
        kept = {row.sequence for row in entries if row.message.epoch == epoch and row.sequence >= oldest}
        assert kept == set(range(oldest, last + 1))
        for row in entries:
            if row.message.epoch != epoch or row.sequence < oldest:
                await delete(self.client, self.table, row)
        for header in [row for row in room_rows if isinstance(row, Header) and not kept]:
            # By the time that TTL has removed a whole log, its header no longer says that the log may be empty.
            past = Header(room=header.room, generation=header.generation, empty_until_ms=0)
            await self.client.send_request(action="PutItem", payload={"TableName": self.table, "Item": encode(past)})


def open_log(
    client: DynamoDbClient,
    table: str,
    *,
    retention: Retention = UNLIMITED,
    clock: Clock | None = None,
    epochs: Callable[[], str] | None = None,
    incarnation: str = "",
    deadline_s: float = PATIENCE_S,
) -> PurgedLog:
    """A log as one process has it, patient enough for a busy machine."""
    log = PurgedLog(
        client,
        table,
        clock=clock or StandingClock(),
        new_epoch=epochs or Epochs(),
        retention=retention,
        incarnation=incarnation,
        deadline_s=deadline_s,
    )
    log.client, log.table = client, table
    return log


async def stored_rows(client: DynamoDbClient, table: str) -> list[Row]:
    """Everything in the table but its genesis, in order of position within a room."""
    found = [decode(item) for item in await rows(client, table) if item["roomId"]["S"] != GENESIS_ROOM]
    return sorted(found, key=lambda row: (_room(row), _position(row)))


async def stored_entries(client: DynamoDbClient, table: str) -> list[Entry]:
    """The messages in the table."""
    return [row for row in await stored_rows(client, table) if isinstance(row, Entry)]


async def delete(client: DynamoDbClient, table: str, row: Row) -> None:
    """As TTL does: without asking anybody."""
    await client.send_request(action="DeleteItem", payload={"TableName": table, "Key": key(_room(row), _position(row))})


def sequences_of(found: Any) -> list[int]:
    """Of entries or messages, in their order."""
    return [each.sequence for each in found]


def _room(row: Row) -> RoomId:
    return row.message.room if isinstance(row, Entry) else row.room


def _position(row: Row) -> int:
    match row:
        case Entry() | Closing():
            return position_of(row.generation, row.sequence)
        case Header():
            return 0
