"""What tests of the gateway's units share."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.gateway.management_served import Served, serve


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """The management API over HTTP, with a key that may do everything."""
    async with serve() as server:
        yield server
