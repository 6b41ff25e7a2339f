"""Tokens for the page of a server in development, and of no other."""

import json
from pathlib import Path

import pytest

from talkroom.conformance.wire import Response, Wire, request
from tests.e2e.client import Client
from tests.e2e.conftest import Serve

PATH = "/development/token"


async def post(port: int, host: str = "localhost") -> Response:
    """As the page asks."""
    body = b'{"user": "alice", "name": "Alice"}'
    lines = [("Host", f"{host}:{port}"), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    async with await Wire.connect(port) as wire:
        wire.send(request(PATH, lines, method="POST", body=body))
        return await wire.response()


async def test_whoever_opens_the_page_can_talk(serve: Serve) -> None:
    """In any room."""
    server = serve(secret=None)
    token = json.loads((await post(server.port)).body)["token"]
    async with await Client.open(server.port, token) as client:
        await client.do("join", roomId="any room")
        await client.do("sendmessage", roomId="any room", message="hello")
        pushed = await client.push()

    assert ("alice", "Alice", "hello") == (pushed["sender"], pushed["name"], pushed["message"])


async def test_a_token_carries_what_the_server_expects(serve: Serve) -> None:
    """Audience and issuer are settings."""
    server = serve("--token-audience", "ours", "--token-issuer", "us", secret=None)
    token = json.loads((await post(server.port)).body)["token"]
    async with await Client.open(server.port, token) as client:
        await client.do("ping")


async def test_a_name_that_leads_here_is_refused(serve: Serve) -> None:
    """DNS rebinding."""
    server = serve(secret=None)

    assert 403 == (await post(server.port, "evil.example")).status


@pytest.mark.parametrize(
    ("options", "secret"), [((), "a secret of the end-to-end tests, long enough"), (("--page", "off"), None)]
)
async def test_other_servers_have_no_such_path(serve: Serve, options: tuple[str, ...], secret: str | None) -> None:
    """One with a configured secret, on loopback too; and one without the page, which alone may ask."""
    server = serve(*options, secret=secret)

    assert 404 == (await post(server.port)).status


async def test_no_token_is_logged(serve: Serve, tmp_path: Path) -> None:
    """At any level."""
    server = serve("--log-level", "debug", secret=None)
    token = json.loads((await post(server.port)).body)["token"]
    server.stop()

    assert token not in server.log
    assert token.rpartition(".")[0] not in server.log
