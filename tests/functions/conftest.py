"""Fixtures of tests that run functions."""

from collections.abc import Iterator

import pytest

from tests.functions.kit import Records


@pytest.fixture
async def records() -> Iterator[Records]:
    """What is logged about functions while the test runs."""
    with Records() as kept:
        yield kept
