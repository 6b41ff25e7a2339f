"""How tests reach DynamoDB Local: with the client of production, and a fresh table each."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from uuid import uuid4

import aiohttp

from talkroom.aws.credentials import Credentials
from talkroom.storage.dynamodb.client import DynamoDbClient, dynamodb_client
from tests.dynamodb.local import REGION

CREDENTIALS = Credentials("local", "it looks at no signature")
PATIENCE_S = 60.0
"""For each request and for each deadline: the machine may be busy, and a test that waits for a failure chooses its own."""


@contextlib.asynccontextmanager
async def connected(
    endpoint: str, *, request_timeout_s: float = PATIENCE_S, deadline_s: float = PATIENCE_S
) -> AsyncIterator[DynamoDbClient]:
    """A client with a session of its own."""
    async with aiohttp.ClientSession() as session:
        yield dynamodb_client(
            session,
            CREDENTIALS,
            REGION,
            endpoint=endpoint,
            request_timeout_s=request_timeout_s,
            deadline_s=deadline_s,
        )


@contextlib.asynccontextmanager
async def table(client: DynamoDbClient, schema: Callable[[str], Mapping[str, Any]]) -> AsyncIterator[str]:
    """The name of an empty table, as a function of schema.py describes it; removed at the end of the block."""
    name = f"{schema.__name__}-{uuid4().hex}"
    # DynamoDB Local needs no time for this: a table can be used at once.
    await client.send_request(action="CreateTable", payload=schema(name))
    try:
        yield name
    finally:
        await client.send_request(action="DeleteTable", payload={"TableName": name})


async def rows(client: DynamoDbClient, table_name: str) -> list[dict[str, Any]]:
    """All of a small table, each attribute as DynamoDB writes it: `{"S": "lobby"}`."""
    page = await client.send_request(action="Scan", payload={"TableName": table_name, "ConsistentRead": True})
    assert "LastEvaluatedKey" not in page, f"{table_name} is too large for this"
    items: list[dict[str, Any]] = page["Items"]
    return items
