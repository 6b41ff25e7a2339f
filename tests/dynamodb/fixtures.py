"""Fixtures for every folder whose conftest.py imports them."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.schema import connections_table, messages_table
from tests.dynamodb.local import DynamoDbLocal
from tests.dynamodb.tables import connected, table


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoDbLocal]:
    """One for all tests, because it takes seconds to start; nothing but the tables that a test makes is in it."""
    with DynamoDbLocal(tmp_path_factory.mktemp("dynamodb")) as running:
        yield running


@pytest_asyncio.fixture
async def dynamodb(dynamodb_local: DynamoDbLocal) -> AsyncIterator[DynamoDbClient]:
    """A patient client."""
    async with connected(dynamodb_local.endpoint) as client:
        yield client


@pytest_asyncio.fixture
async def connections(dynamodb: DynamoDbClient) -> AsyncIterator[str]:
    """The name of an empty connections table."""
    async with table(dynamodb, connections_table) as name:
        yield name


@pytest_asyncio.fixture
async def messages(dynamodb: DynamoDbClient) -> AsyncIterator[str]:
    """The name of an empty messages table."""
    async with table(dynamodb, messages_table) as name:
        yield name
