"""The suites are ordinary modules to pytest; this makes their failed assertions as talkative as those of test modules."""

import pytest

from tests.dynamodb.fixtures import connections, dynamodb, dynamodb_local, messages

pytest.register_assert_rewrite("tests.contracts")

__all__ = ["connections", "dynamodb", "dynamodb_local", "messages"]
