"""What both event loops have to do: `create_server` is not there to hide how they differ."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack

import pytest
import uvloop

from talkroom.gateway.api import GatewayLimits
from talkroom.local_tls import LocalAuthority
from tests.gateway.tls.kit import MixedGateway, ServeMixed, make_authority


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Each test here runs on both."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    """One for all tests."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def serve_mixed(authority: LocalAuthority) -> AsyncIterator[ServeMixed]:
    """Starts gateways that stop with the test."""
    async with AsyncExitStack() as stack:

        async def start(limits: GatewayLimits | None = None) -> MixedGateway:
            gateway = MixedGateway(authority, limits)
            await gateway.start()
            stack.push_async_callback(gateway.stop)
            return gateway

        yield start


@pytest.fixture
async def mixed(serve_mixed: ServeMixed) -> MixedGateway:
    """A gateway with the usual limits."""
    return await serve_mixed()
