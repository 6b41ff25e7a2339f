"""What every MessageLog must do. Subclass `MessageLogContract` and provide the fixtures of `MessageLogFixtures`."""

from tests.contracts.message_log_appends import AppendContract
from tests.contracts.message_log_pages import PageContract
from tests.contracts.message_log_retention import RetentionContract
from tests.contracts.message_log_retries import RetryContract


class MessageLogContract(AppendContract, PageContract, RetryContract, RetentionContract):
    """All of it; an adapter that passes keeps every promise of the port."""
