"""Where things are: URLs, and the APIs beside Main."""

import json
import ssl

import pytest
from websockets.asyncio.server import ServerConnection, serve

from talkroom.conformance.deployment import Deployment
from talkroom.conformance.endpoint import Endpoint, make_tls
from talkroom.conformance.options import Options

PLACES = {
    "main": {"api_id": "abcde12345", "url": "wss://localhost:3001/prod"},
    "bare": {"api_id": "fghij67890", "url": "wss://localhost:3002/prod"},
}


async def describe(connection: ServerConnection) -> None:
    """As the probe does."""
    async for message in connection:
        await connection.send(json.dumps({"ref": json.loads(message)["ref"], "apis": PLACES}))


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/prod", "ws://localhost:3002/prod"), ("/ws/abcde12345/prod", "ws://127.0.0.1:{port}/ws/fghij67890/prod")],
)
async def test_an_api_beside_main_is_found(path: str, expected: str) -> None:
    """By its id where the URL has Main's, else where the probe says; the scheme is the given one."""
    async with serve(describe, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        deployment = Deployment(
            Options(ws=f"ws://127.0.0.1:{port}{path}", access_key_id="AKID", secret_access_key="secret")
        )
        endpoint = await deployment.endpoint("bare")
        management = await deployment.management("bare")

    assert expected.format(port=port) == endpoint.url
    assert expected.format(port=port).replace("ws://", "http://") == management.endpoint.url


@pytest.mark.parametrize(
    ("url", "netloc", "path", "loopback"),
    [
        ("wss://a.execute-api.eu-west-1.amazonaws.com/prod/", "a.execute-api.eu-west-1.amazonaws.com", "/prod", False),
        ("ws://a.execute-api.localhost:4566/prod", "a.execute-api.localhost:4566", "/prod", True),
        ("https://[::1]:8443", "[::1]:8443", "", True),
    ],
)
def test_a_url_is_taken_apart(url: str, netloc: str, path: str, loopback: bool) -> None:
    """For Host headers, request targets and trust."""
    endpoint = Endpoint.parse(url, "--ws")

    assert (netloc, path, loopback) == (endpoint.netloc, endpoint.path, endpoint.is_loopback)


def test_a_certificate_is_verified_unless_told_otherwise() -> None:
    """On loopback it is told so."""
    assert [ssl.CERT_REQUIRED, ssl.CERT_NONE] == [make_tls(None, verify=verify).verify_mode for verify in (True, False)]


@pytest.mark.parametrize(
    ("ws", "region"),
    [("wss://a.execute-api.eu-west-1.amazonaws.com/prod", "eu-west-1"), ("wss://chat.example.com/x", "ap-south-1")],
)
def test_the_region_is_that_of_the_url(ws: str, region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the environment's."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")

    assert region == Deployment(Options(ws=ws)).region
