"""The requests that the message log sends to its table. What reads more than a page reads all of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from aiodynamo.errors import ConditionalCheckFailed

from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.entries import (
    GENERATION,
    Entry,
    Header,
    Item,
    Row,
    binary,
    decode,
    decode_seed,
    encode,
    encode_seed,
    key,
    number,
    position_of,
    string,
)
from talkroom.storage.dynamodb.schema import (
    GENESIS_ROOM,
    HEADER,
    MESSAGE_KEY,
    MESSAGE_KEY_INDEX,
    POSITION,
    ROOM_ID,
)

DELETES_PER_REQUEST: Final = 25
"""What BatchWriteItem takes (API reference of BatchWriteItem)."""

Payload = Mapping[str, Any]
"""Of a request, or a part of one."""

_NOT_THERE: Final = {
    "ConditionExpression": "attribute_not_exists(#room)",
    "ExpressionAttributeNames": {"#room": ROOM_ID},
}


class Taken(msgspec.Struct, frozen=True):
    """A row was not stored, because there is one in its place."""

    row: Row | None
    """That one; None when DynamoDB did not say."""


class MessageRows:
    """The table, row by row. Every method raises Unavailable."""

    def __init__(self, client: DynamoDbClient, table: str) -> None:
        self._client = client
        self._table = table

    async def newest(self, room: RoomId, limit: int) -> list[Row]:
        """The rows with the highest positions, the highest first: at most `limit`, and no more than one page (1 MB) holds.

        At least one, unless the room has none; the last may be the header.
        """
        return await self._query_page(_condition(room), ScanIndexForward=False, Limit=limit)

    async def between(self, room: RoomId, first: int, last: int) -> list[Row]:
        """All rows at these positions, ascending."""
        return await self._query_all(_condition(room, "#position BETWEEN :first AND :last", first=first, last=last))

    async def after(self, room: RoomId, position: int) -> list[Row]:
        """All rows behind a position, ascending."""
        return await self._query_all(_condition(room, "#position > :position", position=position))

    async def below(self, room: RoomId, position: int, limit: int) -> list[Row]:
        """The oldest rows but the header below a position, ascending: at most `limit`, and no more than one page holds.

        The only read that is not consistent: whoever asks wants what has been there for long, and pays half.
        """
        condition = _condition(room, "#position BETWEEN :first AND :last", first=HEADER + 1, last=position - 1)
        return await self._query_page(condition, Limit=limit, ConsistentRead=False)

    async def positions_of(self, room: RoomId, message_key: bytes) -> list[int]:
        """Where messages of that name are: several when retention has removed all but one of them and TTL has not yet."""
        condition = {
            "IndexName": MESSAGE_KEY_INDEX,
            "KeyConditionExpression": "#room = :room AND #key = :key",
            "ExpressionAttributeNames": {"#room": ROOM_ID, "#key": MESSAGE_KEY},
            "ExpressionAttributeValues": {":room": string(room), ":key": binary(message_key)},
        }
        return [int(item[POSITION]["N"]) for item in await self._query_items(condition)]

    async def find_entry(self, room: RoomId, position: int) -> Entry | None:
        """The message there."""
        row = await self._find(room, position)
        return row if isinstance(row, Entry) else None

    async def find_header(self, room: RoomId) -> Header | None:
        """The room's."""
        row = await self._find(room, HEADER)
        return row if isinstance(row, Header) else None

    async def put(self, row: Row) -> Taken | None:
        """Store a row where none is. Returns None when it is stored."""
        return await self._put(encode(row), _NOT_THERE)

    async def put_header(self, header: Header) -> Taken | None:
        """Store a header unless the room has one of this generation or a later one. Returns None when it is stored."""
        condition = {
            "ConditionExpression": "attribute_not_exists(#room) OR #generation < :generation",
            "ExpressionAttributeNames": {"#room": ROOM_ID, "#generation": GENERATION},
            "ExpressionAttributeValues": {":generation": number(header.generation)},
        }
        return await self._put(encode(header), condition)

    async def get_seed(self, new_seed: Callable[[], str]) -> str:
        """The table's seed; the first process that asks makes it."""
        response = await self._get(GENESIS_ROOM, HEADER)
        if "Item" not in response:
            seed = new_seed()
            try:
                await self._send_put(encode_seed(seed), _NOT_THERE)
            except ConditionalCheckFailed:
                response = await self._get(GENESIS_ROOM, HEADER)
            else:
                return seed
        return decode_seed(response["Item"])

    async def remove(self, rows: Sequence[Entry]) -> None:
        """Delete rows of one room; what DynamoDB leaves undone because it is busy stays."""
        requests = [
            {"DeleteRequest": {"Key": key(row.message.room, position_of(row.generation, row.sequence))}} for row in rows
        ]
        for start in range(0, len(requests), DELETES_PER_REQUEST):
            batch = requests[start : start + DELETES_PER_REQUEST]
            await self._client.send_request(action="BatchWriteItem", payload={"RequestItems": {self._table: batch}})

    async def _find(self, room: RoomId, position: int) -> Row | None:
        response = await self._get(room, position)
        return decode(response["Item"]) if "Item" in response else None

    async def _get(self, room: str, position: int) -> dict[str, Any]:
        payload = {"TableName": self._table, "Key": key(room, position), "ConsistentRead": True}
        return await self._client.send_request(action="GetItem", payload=payload)

    async def _put(self, item: Item, condition: Payload) -> Taken | None:
        try:
            await self._send_put(item, condition)
        except ConditionalCheckFailed as failed:
            there = failed.args[0].get("Item")
            return Taken(None if there is None else decode(there))
        return None

    async def _send_put(self, item: Item, condition: Payload) -> None:
        payload = {"TableName": self._table, "Item": item, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        await self._client.send_request(action="PutItem", payload={**payload, **condition})

    async def _query_page(self, condition: Payload, **more: Any) -> list[Row]:
        response = await self._query({**condition, **more})
        return [decode(item) for item in response["Items"]]

    async def _query_all(self, condition: Payload) -> list[Row]:
        return [decode(item) for item in await self._query_items(condition)]

    async def _query_items(self, condition: Payload) -> list[Item]:
        """Page after page."""
        response = await self._query(condition)
        items: list[Item] = response["Items"]
        while "LastEvaluatedKey" in response:
            response = await self._query({**condition, "ExclusiveStartKey": response["LastEvaluatedKey"]})
            items += response["Items"]
        return items

    async def _query(self, condition: Payload) -> dict[str, Any]:
        payload = {"TableName": self._table, "ConsistentRead": True, **condition}
        return await self._client.send_request(action="Query", payload=payload)


def _condition(room: RoomId, condition: str = "", **positions: int) -> Payload:
    """The part of a query that says which rows of a room."""
    names = {"#room": ROOM_ID, "#position": POSITION} if condition else {"#room": ROOM_ID}
    values = {f":{name}": number(position) for name, position in positions.items()}
    return {
        "KeyConditionExpression": f"#room = :room AND {condition}" if condition else "#room = :room",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {":room": string(room), **values},
    }
