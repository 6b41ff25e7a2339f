"""The message log in DynamoDB passes the suite."""

import pytest

from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.retention import Retention
from tests.adapters.dynamodb_log import open_log as opened
from tests.contracts.given import Clock, Epochs
from tests.contracts.message_log import MessageLogContract
from tests.contracts.message_log_fixtures import OpenLog, PurgeableLog


class TestDynamoDbMessageLog(MessageLogContract):
    """The suite, on a new table for each test."""

    @pytest.fixture
    async def open_log(self, clock: Clock, epochs: Epochs, dynamodb: DynamoDbClient, messages: str) -> OpenLog:
        """The logs of one test share a table, as processes do."""

        async def open_log(retention: Retention) -> PurgeableLog:
            return opened(dynamodb, messages, retention=retention, clock=clock, epochs=epochs)

        return open_log
