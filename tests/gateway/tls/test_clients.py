"""The clients that people have, on one port: `ws://`, `wss://`, `http://` and `https://`."""

import asyncio
import json
import os
import ssl
from asyncio.subprocess import PIPE
from typing import Any

import aiohttp
import boto3  # type: ignore[import-untyped]  # its stubs are larger than itself
import pytest
from botocore.exceptions import SSLError
from websockets.asyncio.client import connect

from talkroom.conformance.wire import PATIENCE_S, TEXT, Frame
from tests.gateway.kit import opened
from tests.gateway.tls.kit import KEY, MixedGateway, make_authority

GET_WITH_NODE = """
require("node:https").get(process.argv[1], (response) => {
  response.pipe(process.stdout);
}).on("error", (error) => console.log(error.code));
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_a_websocket_with_tls_and_without(mixed: MixedGateway, scheme: str, host: str) -> None:
    """The event names the host and the port that the client used, whatever it spoke."""
    tls = {"ssl": mixed.trust} if scheme == "wss" else {}
    async with asyncio.timeout(PATIENCE_S), connect(f"{scheme}://{host}:{mixed.port}/prod", **tls) as client:
        await client.send("hello")
        event = json.loads(await client.recv())

    assert f"{host}:{mixed.port}" == event["requestContext"]["domainName"]
    assert "hello" == event["body"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_http_with_tls_and_without(mixed: MixedGateway, scheme: str, host: str) -> None:
    """The same answer."""
    assert {"status": "alive"} == await get(f"{scheme}://{host}:{mixed.port}/healthz", mixed.trust)


async def test_requests_on_one_tls_connection(mixed: MixedGateway) -> None:
    """It is kept open, as without TLS."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE_S):
        for _ in range(3):
            async with http.get(f"https://localhost:{mixed.port}/healthz", ssl=mixed.trust) as response:
                assert 200 == response.status


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_boto3_posts_to_a_connection(
    mixed: MixedGateway, monkeypatch: pytest.MonkeyPatch, scheme: str, host: str
) -> None:
    """Unmodified, at the endpoint that a function derives from its event."""
    for name, value in mixed.authority.environment().items():
        monkeypatch.setenv(name, value)
    wire, connection_id = await opened(mixed, mixed.connected)
    async with wire:
        await asyncio.to_thread(post, f"{scheme}://{host}:{mixed.port}/prod", connection_id)

        assert Frame(TEXT, b"hello") == await wire.frame()


async def test_boto3_refuses_without_the_bundle(mixed: MixedGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the tests above would prove nothing."""
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)

    with pytest.raises(SSLError):
        await asyncio.to_thread(post, f"https://127.0.0.1:{mixed.port}/prod", "R0oXAdfD0kwCH6w=")


async def test_programs_that_use_openssl_trust_the_authority(
    mixed: MixedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's own default, for one."""
    monkeypatch.setenv("SSL_CERT_FILE", mixed.authority.environment()["SSL_CERT_FILE"])

    assert {"status": "alive"} == await get(f"https://localhost:{mixed.port}/healthz", ssl.create_default_context())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_node_trusts_the_authority(mixed: MixedGateway, host: str) -> None:
    """So does its AWS SDK, which has no setting of its own."""
    assert '{"status": "alive"}' == await get_with_node(f"https://{host}:{mixed.port}/healthz", mixed)


async def test_node_refuses_another_authority(mixed: MixedGateway, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Or the test above would prove nothing."""
    other = MixedGateway(make_authority(tmp_path_factory.mktemp("other")))

    answer = await get_with_node(f"https://localhost:{mixed.port}/healthz", other)

    assert "UNABLE_TO_VERIFY_LEAF_SIGNATURE" == answer.strip()


async def test_no_protocol_but_http_1_is_offered(mixed: MixedGateway) -> None:
    """A client that could speak HTTP/2 is told not to."""
    trust = mixed.trust
    trust.set_alpn_protocols(["h2", "http/1.1"])
    async with asyncio.timeout(PATIENCE_S):
        _reader, writer = await asyncio.open_connection("localhost", mixed.port, ssl=trust)
    chosen = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    writer.close()
    await writer.wait_closed()

    assert "http/1.1" == chosen


async def get(url: str, trust: ssl.SSLContext) -> Any:
    """The body, with aiohttp."""
    async with (
        asyncio.timeout(PATIENCE_S),
        aiohttp.ClientSession() as http,
        http.get(url, ssl=trust) as response,
    ):
        return await response.json()


async def get_with_node(url: str, gateway: MixedGateway) -> str:
    """The body, or the code of the error."""
    environment = os.environ | gateway.authority.environment()
    node = await asyncio.create_subprocess_exec("node", "-e", GET_WITH_NODE, url, stdout=PIPE, env=environment)
    output, _ = await node.communicate()
    return output.decode()


def post(endpoint: str, connection_id: str) -> None:
    """With boto3, and nothing said about certificates."""
    client: Any = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEY.access_key_id,
        aws_secret_access_key=KEY.secret_access_key,
    )
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=b"hello")
    finally:
        client.close()
