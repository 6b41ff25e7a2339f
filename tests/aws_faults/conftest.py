"""A stack for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from talkroom.storage.dynamodb.client import DynamoDbClient
from tests.aws_faults.plain_client import PlainClient
from tests.aws_faults.plans import Script
from tests.aws_faults.stack import Stack, running
from tests.aws_faults.v1_client import V1Client
from tests.dynamodb.fixtures import connections, dynamodb, dynamodb_local, messages

__all__ = ["connections", "dynamodb", "dynamodb_local", "messages"]

OpenV1 = Callable[..., Awaitable[V1Client]]
OpenPlain = Callable[..., Awaitable[PlainClient]]


@pytest.fixture
def script() -> Script:
    """What is to go wrong."""
    return Script()


@pytest.fixture
def settings() -> dict[str, Any]:
    """Variables of the functions; a test module may have its own."""
    return {}


@pytest.fixture
async def stack(
    dynamodb: DynamoDbClient, connections: str, messages: str, script: Script, settings: dict[str, Any]
) -> AsyncIterator[Stack]:
    """The chat on AWS in miniature."""
    async with running(dynamodb, connections, messages, script, **settings) as started:
        yield started


@pytest.fixture
async def v1(stack: Stack) -> AsyncIterator[OpenV1]:
    """Opens clients of `talkroom.v1`, in a room if one is given; all are closed at the end."""
    async with AsyncExitStack() as clients:

        async def open_client(user: str, room: str | None = None) -> V1Client:
            client = V1Client(stack.url, user, user, lambda: stack.issue(user))
            clients.push_async_callback(client.close)
            await client.connect()
            if room is not None:
                await client.join(room)
            return client

        yield open_client


@pytest.fixture
async def plain(stack: Stack) -> AsyncIterator[OpenPlain]:
    """Opens plain clients; all are closed at the end."""
    async with AsyncExitStack() as clients:

        async def open_client(user: str, room: str) -> PlainClient:
            client = PlainClient(stack.url, user, room, lambda: stack.issue(user))
            clients.push_async_callback(client.close)
            await client.connect()
            return client

        yield open_client
