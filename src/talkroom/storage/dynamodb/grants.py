"""Refreshed grants: one row of the connections table for each connection that has one, so that they end together."""

from talkroom.chat.model.policy import Grant
from talkroom.chat.ports import Clock
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.connection_rows import grant_row, is_kept, read_grant, row_key
from talkroom.storage.dynamodb.schema import GRANT_ROOM


class DynamoDbGrants:
    """See the port `Grants`. `DynamoDbSubscriptions.end` removes a connection's grant too."""

    def __init__(self, client: DynamoDbClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    async def keep(self, connection_id: str, grant: Grant) -> None:
        """See `Grants.keep`."""
        row = grant_row(connection_id, grant, self._clock())
        await self._client.send_request(action="PutItem", payload={"TableName": self._table, "Item": row})

    async def find(self, connection_id: str) -> Grant | None:
        """See `Grants.find`. Read consistently: a refresh is answered before the next command is sent."""
        answer = await self._client.send_request(
            action="GetItem",
            payload={"TableName": self._table, "Key": row_key(connection_id, GRANT_ROOM), "ConsistentRead": True},
        )
        row = answer.get("Item")
        return read_grant(row) if row and is_kept(row, self._clock()) else None

    async def end(self, connection_id: str) -> None:
        """See `Grants.end`."""
        await self._client.send_request(
            action="DeleteItem", payload={"TableName": self._table, "Key": row_key(connection_id, GRANT_ROOM)}
        )
