"""A gateway for a test, stopped at its end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.gateway.kit import GatewayUnderTest, Serve, running


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts gateways."""
    async with AsyncExitStack() as stack:

        async def start(routes: Any = None, **options: Any) -> GatewayUnderTest:
            return await stack.enter_async_context(running(routes, **options))

        yield start
