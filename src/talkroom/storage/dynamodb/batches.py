"""Batches: many rows in one request, of which DynamoDB may leave any part undone and say so.

What was left is asked for again after a delay, with the same jitter as a request that was throttled. DynamoDB charges for each row
as if it had been asked for alone.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final

from talkroom.storage.dynamodb.client import DynamoDbClient, FullJitterRetry

WRITES_MAX: Final = 25
"""Of one BatchWriteItem: Amazon DynamoDB API Reference."""
READS_MAX: Final = 100
"""Of one BatchGetItem, which answers 16 MB at most."""

Item = dict[str, dict[str, Any]]


async def delete_rows(client: DynamoDbClient, table: str, keys: Sequence[Item]) -> None:
    """Delete every one; no error when some are not there. The caller bounds the time. Raises Unavailable."""
    for chunk in _chunks(keys, WRITES_MAX):
        left: list[Any] = [{"DeleteRequest": {"Key": key}} for key in chunk]
        delays = FullJitterRetry().delays()
        while left:
            answer = await client.send_request(action="BatchWriteItem", payload={"RequestItems": {table: left}})
            left = answer.get("UnprocessedItems", {}).get(table, [])
            if left:
                await asyncio.sleep(next(delays))


async def read_rows(client: DynamoDbClient, table: str, keys: Sequence[Item]) -> list[Item]:
    """Those that are there, in no order, read consistently. The caller bounds the time. Raises Unavailable."""
    found: list[Item] = []
    for chunk in _chunks(keys, READS_MAX):
        left: dict[str, Any] = {"Keys": chunk, "ConsistentRead": True}
        delays = FullJitterRetry().delays()
        while left:
            answer = await client.send_request(action="BatchGetItem", payload={"RequestItems": {table: left}})
            found += answer["Responses"].get(table, [])
            left = answer.get("UnprocessedKeys", {}).get(table, {})
            if left:
                await asyncio.sleep(next(delays))
    return found


def _chunks(keys: Sequence[Item], size: int) -> Iterator[list[Item]]:
    for start in range(0, len(keys), size):
        yield list(keys[start : start + size])
