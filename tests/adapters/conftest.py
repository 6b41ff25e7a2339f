"""The suites are ordinary modules to pytest; this makes their failed assertions as talkative as those of test modules."""

import pytest

pytest.register_assert_rewrite("tests.contracts")
