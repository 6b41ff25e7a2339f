"""The management API over signed HTTPS passes the suite, against our own gateway with a key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from talkroom.contract.errors import InvalidConnectionId
from talkroom.contract.management import ManagementApi
from talkroom.delivery.endpoint import EndpointUnusable
from talkroom.delivery.remote_management import RemoteManagement
from talkroom.gateway.api import Api
from talkroom.gateway.management_http import ManagementHttp
from talkroom.gateway.registry import wall_clock_ms
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signing_keys import ManagementKey
from tests.adapters.scripted_http import CREDENTIALS, scripted, signed
from tests.adapters.test_management import GatewayFarEnd
from tests.contracts.management import FarEnd, ManagementContract

KEY = ManagementKey(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key, session_token=CREDENTIALS.session_token)


@asynccontextmanager
async def over_http(management: ManagementApi, path: str = "/prod", **api: Any) -> AsyncIterator[RemoteManagement]:
    """A gateway's management API on a socket, and the adapter that calls it there."""
    deployed = Api(routes={}, stage="prod", **api)
    application = web.Application()
    ManagementHttp(management, SignatureVerifier([KEY], wall_clock_ms), lambda: deployed).add_to(application)
    runner = web.AppRunner(application, access_log=None, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with signed() as http:
            endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
            yield RemoteManagement(http, endpoint, jitter=lambda: 0.0)
    finally:
        await runner.cleanup()


class TestRemoteManagement(ManagementContract):
    @pytest.fixture
    async def far_end(self) -> AsyncIterator[FarEnd]:
        """A gateway, called from outside."""
        gateway = GatewayFarEnd()
        async with over_http(gateway.api) as gateway.api:
            yield gateway

    async def test_who_does_not_read_is_not_called_a_slow_consumer(self, far_end: FarEnd) -> None:
        """429 says that, or that we are throttled, and a slow consumer would be disconnected for it."""
        slow = await far_end.open()
        await far_end.stop_reading(slow)

        deliveries = await far_end.api.post_many([slow], b"hi")

        assert ([], [slow]) == (list(deliveries.limited), list(deliveries.failed))


@pytest.mark.parametrize(("mapping", "path"), [("room", "/room"), ("", ""), ("", "/")])
async def test_calls_by_a_custom_domain(mapping: str, path: str) -> None:
    """The mapping's key stands where the stage stands, or nothing does."""
    gateway = GatewayFarEnd()
    connection_id = await gateway.open()
    async with over_http(gateway.api, path, custom_domains={"127.0.0.1": mapping}) as management:
        await management.post_to_connection(connection_id, b"hi")

    assert ["hi"] == await gateway.received(connection_id)


async def test_ids_are_percent_encoded_as_the_sdks_do() -> None:
    """The path is sent as it was signed."""
    async with scripted() as server, signed() as http:
        await RemoteManagement(http, f"{server.origin}/prod").post_to_connection("R0oXAdfD0kwCH6w=", b"hi")

    (request,) = server.received
    assert ("POST", "/prod/%40connections/R0oXAdfD0kwCH6w%3D", b"hi") == request[:2] + request[3:]
    assert f"127.0.0.1:{server.port}" == request.headers["host"]
    assert "a token of the tests" == request.headers["x-amz-security-token"]


@pytest.mark.parametrize("connection_id", ["", ".", "..", "a/b", "a?b", "é", "a b", "x" * 129, "R0oXAdfD0kwCH6w=\n"])
async def test_what_cannot_be_an_id_is_not_sent(connection_id: str) -> None:
    """It could name another path; to many it counts as gone."""
    async with scripted() as server, signed() as http:
        management = RemoteManagement(http, f"{server.origin}/prod")
        with pytest.raises(InvalidConnectionId):
            await management.post_to_connection(connection_id, b"hi")
        deliveries = await management.post_many([connection_id], b"hi")

    assert ([connection_id], []) == (list(deliveries.gone), server.received)


@pytest.mark.parametrize(
    "endpoint", ["", "chat.example.com", "wss://abc.example.com/prod", "https://", "https://a.example.com/prod?x=1"]
)
async def test_an_endpoint_that_is_none_is_refused_at_the_start(endpoint: str) -> None:
    """With the shape of one."""
    async with signed() as http:
        with pytest.raises(EndpointUnusable, match=r"https://\{host\}/\{stage\}"):
            RemoteManagement(http, endpoint)
