"""Subscriptions in the connections table. schema.py has its keys, docs/topics/dynamodb.md what each access costs.

What belongs to a connection is read from the table, consistently. Who belongs to a room is read from its index, which DynamoDB
brings up to date after the table, usually in milliseconds and without a promise. Three things bound what that can do:

- `subscribe` ends when the index shows the row, so that who has joined receives the next push. A look is 0.5 read units, 5 % of
  what the write costs, and one round trip. What one replica shows is no proof for the next one; a push that was missed all the
  same is in the log, and read from there.
- A lease that has ended according to the index is looked up in the table before anyone is told, because a refresh may have renewed
  it. That is one unit for each such row, and each is removed next, for two.
- A row that is gone from the table and not from the index costs a post, which is answered with Gone.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Kind, Member, Recipients, Subscription
from talkroom.chat.ports import Clock
from talkroom.storage.dynamodb.batches import delete_rows, read_rows
from talkroom.storage.dynamodb.client import DynamoDbClient, within
from talkroom.storage.dynamodb.connection_rows import (
    LEASE_UNTIL,
    NAME,
    PRINCIPAL_ID,
    PROTOCOL,
    Row,
    is_kept,
    read_subscription,
    row_key,
    subscription_row,
)
from talkroom.storage.dynamodb.schema import CONNECTION_ID, EXPIRES_AT, GRANT_ROOM, ROOM_ID, ROOM_INDEX

log = logging.getLogger("talkroom.storage.dynamodb")

LOOKS_S: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""The delay before each look at the index."""
LOOKING_S: Final = 1.0
"""Looking ends then, whatever was seen."""

_OF_CONNECTION: Final = f"{CONNECTION_ID} = :connection"
_OF_ROOM: Final = f"{ROOM_ID} = :room"


class DynamoDbSubscriptions:
    """See the port `Subscriptions`. Each call ends inside the client's deadline, however many requests it takes."""

    def __init__(self, client: DynamoDbClient, table: str, clock: Clock, *, waits_for_index: bool = True) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._waits_for_index = waits_for_index

    async def subscribe(self, subscription: Subscription) -> None:
        """See `Subscriptions.subscribe`. Seen by `recipients` afterwards, unless the index takes more than a second."""
        row = subscription_row(subscription, self._clock())
        await self._client.send_request(action="PutItem", payload={"TableName": self._table, "Item": row})
        if self._waits_for_index:
            await self._wait_for_index(row)

    async def unsubscribe(self, connection_id: str, room: RoomId) -> bool:
        """See `Subscriptions.unsubscribe`. When the answer to a first attempt was lost, the second says that it was not there."""
        answer = await self._client.send_request(
            action="DeleteItem",
            payload={
                "TableName": self._table,
                "Key": row_key(connection_id, room),
                "ReturnValues": "ALL_OLD",
            },
        )
        return bool(answer.get("Attributes"))

    async def of_connection(self, connection_id: str) -> Sequence[Subscription]:
        """See `Subscriptions.of_connection`."""
        # A grant's row comes before the row of every room, so it is not even read.
        query = self._query(f"{_OF_CONNECTION} AND {ROOM_ID} > :grant", connection=connection_id, grant=GRANT_ROOM)
        now_ms = self._clock()
        async with within(self._client.deadline_s, "reading the subscriptions of a connection"):
            rows = [row async for row in self._pages({**query, "ConsistentRead": True})]
        return [read_subscription(row) for row in rows if is_kept(row, now_ms)]

    async def recipients(self, room: RoomId, now_ms: int) -> Recipients:
        """See `Subscriptions.recipients`. What was subscribed a moment ago may be missing, what has just gone may be there."""
        live: dict[str, list[str]] = {kind.value: [] for kind in Kind}
        lapsed: list[Row] = []
        async with within(self._client.deadline_s, "reading the recipients of a room"):
            async for row in self._rows_of_room(room, CONNECTION_ID, PROTOCOL, LEASE_UNTIL, EXPIRES_AT):
                if now_ms < int(row[LEASE_UNTIL]["N"]):
                    if is_kept(row, now_ms):
                        live[row[PROTOCOL]["S"]].append(row[CONNECTION_ID]["S"])
                else:
                    lapsed.append(row)
            still_lapsed = await self._confirm(room, lapsed, live, now_ms) if lapsed else ()
        return Recipients(tuple(live[Kind.PLAIN]), tuple(live[Kind.V1]), still_lapsed)

    async def members(self, room: RoomId, after: str, limit: int, now_ms: int) -> Sequence[Member]:
        """See `Subscriptions.members`. Reads the whole room for every page, because nothing keeps a room in order of principals."""
        names: dict[str, str] = {}
        async with within(self._client.deadline_s, "reading the members of a room"):
            async for row in self._rows_of_room(room, PRINCIPAL_ID, NAME, LEASE_UNTIL, EXPIRES_AT):
                if now_ms < int(row[LEASE_UNTIL]["N"]) and is_kept(row, now_ms):
                    names[row[PRINCIPAL_ID]["S"]] = row[NAME]["S"]
        later = sorted(pair for pair in names.items() if pair[0] > after)
        return [Member(*pair) for pair in later[: max(limit, 0)]]

    async def end(self, connection_id: str) -> Sequence[RoomId]:
        """See `Subscriptions.end`. A grant of the connection goes too."""
        query = self._query(_OF_CONNECTION, connection=connection_id)
        async with within(self._client.deadline_s, "removing a connection"):
            rows = [row async for row in self._pages({**query, "ConsistentRead": True})]
            rooms = [row[ROOM_ID]["S"] for row in rows]
            await delete_rows(self._client, self._table, [row_key(connection_id, room) for room in rooms])
        return [RoomId(room) for room in rooms if room != GRANT_ROOM]

    async def _confirm(
        self, room: RoomId, lapsed: Sequence[Row], live: dict[str, list[str]], now_ms: int
    ) -> tuple[Subscription, ...]:
        """Those whose lease has ended in the table too; the others of them that are there are added to `live`."""
        keys = [row_key(row[CONNECTION_ID]["S"], room) for row in lapsed if is_kept(row, now_ms)]
        still_lapsed = []
        for row in await read_rows(self._client, self._table, keys):
            subscription = read_subscription(row)
            if subscription.lease_until_ms <= now_ms:
                still_lapsed.append(subscription)
            else:
                live[subscription.kind.value].append(subscription.connection_id)
        return tuple(still_lapsed)

    async def _wait_for_index(self, row: Row) -> None:
        """Return when the index shows this row, or after about a second; the row is stored either way."""
        query = self._query(
            f"{_OF_ROOM} AND {CONNECTION_ID} = :connection",
            room=row[ROOM_ID]["S"],
            connection=row[CONNECTION_ID]["S"],
        )
        try:
            async with within(LOOKING_S, "looking at the index"):
                for delay_s in LOOKS_S:
                    await asyncio.sleep(delay_s)
                    page = await self._client.send_request(action="Query", payload={**query, "IndexName": ROOM_INDEX})
                    if row in page["Items"]:
                        return
        except Unavailable as error:
            log.debug("the index was not looked at to the end: %s", error)
        log.debug("the index does not show a new subscription yet", extra={"connection_id": row[CONNECTION_ID]["S"]})

    def _query(self, condition: str, **values: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
        }

    def _rows_of_room(self, room: RoomId, *attributes: str) -> AsyncIterator[Row]:
        """Only these attributes: units are counted for whole rows all the same, but a page of 1 MB is parsed in half the time."""
        # By other names, because DynamoDB reserves some of ours.
        names = {f"#{name}": name for name in attributes}
        query = {**self._query(_OF_ROOM, room=room), "IndexName": ROOM_INDEX}
        return self._pages({**query, "ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names})

    async def _pages(self, query: Mapping[str, Any]) -> AsyncIterator[Row]:
        """The rows of all pages: DynamoDB ends one at 1 MB."""
        start: dict[str, Any] = {}
        while True:
            page = await self._client.send_request(action="Query", payload={**query, **start})
            for row in page["Items"]:
                yield row
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
