"""The adapters that keep things in this process pass every suite."""

import pytest

from talkroom.chat.ports import Grants, Subscriptions
from talkroom.storage.memory import MemoryGrants, MemoryMessageLog, MemorySubscriptions
from talkroom.storage.retention import Retention
from tests.contracts.given import Clock, Epochs
from tests.contracts.grants import GrantsContract
from tests.contracts.message_log import MessageLogContract
from tests.contracts.message_log_fixtures import OpenLog, PurgeableLog
from tests.contracts.subscriptions import SubscriptionsContract


class TestMemoryMessageLog(MessageLogContract):
    @pytest.fixture
    def open_log(self, clock: Clock, epochs: Epochs) -> OpenLog:
        """Nothing to close."""

        async def open_log(retention: Retention) -> PurgeableLog:
            return MemoryMessageLog(clock, epochs, retention)

        return open_log


class TestMemorySubscriptions(SubscriptionsContract):
    @pytest.fixture
    def subscriptions(self) -> Subscriptions:
        """None yet."""
        return MemorySubscriptions()


class TestMemoryGrants(GrantsContract):
    @pytest.fixture
    def grants(self) -> Grants:
        """Of no connection yet."""
        return MemoryGrants()
