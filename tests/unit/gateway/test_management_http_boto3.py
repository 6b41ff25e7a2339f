"""The management API over HTTP, called by boto3 as it is."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from talkroom.gateway.signing_keys import ManagementKey
from tests.unit.gateway.management_served import (
    CLOSED,
    KEY,
    MALFORMED,
    OPEN,
    PAYLOAD_BYTES_MAX,
    SLOW,
    Served,
    make_client,
)


@pytest.fixture
def client(served: Served) -> Iterator[Any]:
    """boto3's, with the key."""
    boto = make_client(served, KEY)
    yield boto
    boto.close()


async def test_boto3_posts(served: Served, client: Any) -> None:
    """The bytes arrive and the answer is 200 without a body."""
    answer = await asyncio.to_thread(client.post_to_connection, ConnectionId=OPEN, Data="こんにちは".encode())
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [(OPEN, "こんにちは".encode())] == served.management.posts


async def test_boto3_gets_a_connection(client: Any) -> None:
    """With datetimes, and no user agent because the client sent none."""
    answer = await asyncio.to_thread(client.get_connection, ConnectionId=OPEN)
    assert answer["ConnectedAt"] == datetime(2022, 1, 25, 18, 50, 4, 673_000, UTC)
    assert answer["LastActiveAt"] == datetime(2022, 1, 25, 18, 50, 7, 642_000, UTC)
    assert answer["Identity"] == {"SourceIp": "192.0.2.1"}


async def test_boto3_deletes_a_connection(served: Served, client: Any) -> None:
    """The answer is 204."""
    answer = await asyncio.to_thread(client.delete_connection, ConnectionId=OPEN)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert served.management.deleted == [OPEN]


@pytest.mark.parametrize("operation", ["get_connection", "delete_connection"])
async def test_boto3_raises_gone(client: Any, operation: str) -> None:
    """Its modelled exception, made from the header."""
    with pytest.raises(client.exceptions.GoneException) as raised:
        await asyncio.to_thread(getattr(client, operation), ConnectionId=CLOSED)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


async def test_boto3_raises_gone_from_a_post(client: Any) -> None:
    """What every sender catches, to forget the connection."""
    with pytest.raises(client.exceptions.GoneException):
        await asyncio.to_thread(client.post_to_connection, ConnectionId=CLOSED, Data=b"hi")


async def test_boto3_raises_limit_exceeded(client: Any) -> None:
    """For a client that does not read."""
    with pytest.raises(client.exceptions.LimitExceededException):
        await asyncio.to_thread(client.post_to_connection, ConnectionId=SLOW, Data=b"hi")


async def test_boto3_raises_payload_too_large(served: Served, client: Any) -> None:
    """With its message."""
    with pytest.raises(client.exceptions.PayloadTooLargeException) as raised:
        await asyncio.to_thread(client.post_to_connection, ConnectionId=OPEN, Data=b"x" * (PAYLOAD_BYTES_MAX + 1))
    assert raised.value.response["Error"]["Message"] == "The payload is larger than 131072 bytes."
    assert served.management.posts == []


async def test_boto3_posts_a_payload_of_the_largest_size(served: Served, client: Any) -> None:
    """128 KiB is not over 128 KiB."""
    payload = b"x" * PAYLOAD_BYTES_MAX
    await asyncio.to_thread(client.post_to_connection, ConnectionId=OPEN, Data=payload)
    assert [(OPEN, payload)] == served.management.posts


async def test_boto3_raises_bad_request_for_a_malformed_id(client: Any) -> None:
    """In the words captured on AWS."""
    with pytest.raises(ClientError) as raised:
        await asyncio.to_thread(client.post_to_connection, ConnectionId=MALFORMED, Data=b"hi")
    assert raised.value.response["Error"] == {
        "Code": "BadRequestException",
        "Message": f"Invalid connectionId: {MALFORMED}",
    }


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (ManagementKey(KEY.access_key_id, "another"), "InvalidSignatureException"),
        (ManagementKey("AKIDOTHER", KEY.secret_access_key), "UnrecognizedClientException"),
    ],
)
async def test_boto3_with_another_key_is_refused(served: Served, key: ManagementKey, code: str) -> None:
    """With 403 and before the connection is looked at."""
    boto = make_client(served, key)
    with pytest.raises(ClientError) as raised:
        await asyncio.to_thread(boto.post_to_connection, ConnectionId=OPEN, Data=b"hi")
    boto.close()
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert served.management.calls == 0
