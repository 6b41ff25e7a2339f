"""Grants in DynamoDB pass the suite, are kept for as long as a connection can last, and end with it."""

import pytest

from talkroom.chat.ports import Grants
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.grants import DynamoDbGrants
from talkroom.storage.dynamodb.subscriptions import DynamoDbSubscriptions
from tests.contracts.given import LOBBY, Clock
from tests.contracts.grants import GrantsContract, a_grant
from tests.contracts.subscriptions import a_subscription
from tests.dynamodb.tables import rows


class TestDynamoDbGrants(GrantsContract):
    @pytest.fixture
    def grants(self, dynamodb: DynamoDbClient, connections: str) -> Grants:
        """Of no connection yet."""
        return DynamoDbGrants(dynamodb, connections, Clock())


async def test_a_grant_is_no_subscription(dynamodb: DynamoDbClient, connections: str) -> None:
    """Though both are rows of one connection."""
    clock = Clock()
    subscriptions = DynamoDbSubscriptions(dynamodb, connections, clock)
    await DynamoDbGrants(dynamodb, connections, clock).keep("c-1", a_grant())
    await subscriptions.subscribe(a_subscription())

    assert [a_subscription()] == list(await subscriptions.of_connection("c-1"))


async def test_the_end_of_a_connection_ends_its_grant(dynamodb: DynamoDbClient, connections: str) -> None:
    """In the same request; the grant's row is not named among the rooms."""
    clock = Clock()
    grants = DynamoDbGrants(dynamodb, connections, clock)
    subscriptions = DynamoDbSubscriptions(dynamodb, connections, clock)
    await grants.keep("c-1", a_grant())
    await subscriptions.subscribe(a_subscription())

    assert [LOBBY] == list(await subscriptions.end("c-1"))
    assert await grants.find("c-1") is None
    assert await rows(dynamodb, connections) == []


async def test_a_grant_is_kept_for_as_long_as_a_connection_can_last(dynamodb: DynamoDbClient, connections: str) -> None:
    """Two hours, and ten minutes more; afterwards it is not there, whether DynamoDB has removed the row or not."""
    clock = Clock()
    grants = DynamoDbGrants(dynamodb, connections, clock)
    await grants.keep("c-1", a_grant())
    clock.advance(2 * 3600 + 599)
    before = await grants.find("c-1")
    clock.advance(1)

    assert a_grant() == before
    assert await grants.find("c-1") is None
    assert len(await rows(dynamodb, connections)) == 1
