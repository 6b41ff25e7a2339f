"""The page, the element and the client, as `talkroom serve` serves them from this checkout."""

import gzip
import re

import pytest
from websockets.asyncio.client import connect

from talkroom.conformance.wire import Response, Wire, request
from talkroom.entrypoints.web_files import WebFiles, find_web_folder, read_web_files
from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue, run_talkroom


@pytest.fixture(scope="module")
def files() -> WebFiles:
    """What is in web/."""
    return read_web_files(find_web_folder())


async def get(port: int, path: str, **headers: str) -> Response:
    """A request; underscores of names are hyphens."""
    lines = [("Host", "localhost"), *((name.replace("_", "-"), value) for name, value in headers.items())]
    async with await Wire.connect(port) as wire:
        wire.send(request(path, lines))
        return await wire.response()


async def test_the_page_and_all_that_it_names_is_there(server: ServerProcess) -> None:
    """Every address of the page, each as it is named there."""
    html = (await get(server.port, "/")).body.decode()
    named = [one for one in re.findall(r'(?:src|href)="([^"]+)"', html) if not one.startswith("#")]
    answers = [(await get(server.port, path)).status for path in named]

    assert any(path.endswith("/bundles/page.js") for path in named)
    assert [200] * len(named) == answers


async def test_every_file_is_served_as_it_is(server: ServerProcess, files: WebFiles) -> None:
    """Compressed for whoever takes that."""
    for path, asset in files.assets.items():
        response = await get(server.port, f"/web/{files.digest}/{path}", Accept_Encoding="gzip, deflate, br")

        assert (200, asset.content_type) == (response.status, response.headers["content-type"])
        assert asset.body == gzip.decompress(response.body)


@pytest.mark.parametrize("path", ["/", "/talk-room.js", "/client.js", "/web/{digest}/bundles/page.js"])
async def test_a_head_has_the_headers_and_no_body(server: ServerProcess, files: WebFiles, path: str) -> None:
    """As a GET of the same."""
    path = path.format(digest=files.digest)
    expected = await get(server.port, path)
    async with await Wire.connect(server.port) as wire:
        wire.send(request(path, [("Host", "localhost")], method="HEAD"))
        head = await wire.rest()

    assert head.startswith(b"HTTP/1.1 200 ")
    assert head.endswith(b"\r\n\r\n")
    assert f"Content-Length: {len(expected.body)}\r\n".encode() in head
    assert f"ETag: {expected.headers['etag']}\r\n".encode() in head


@pytest.mark.parametrize("path", ["/", "/talk-room.js", "/web/{digest}/bundles/page.js"])
async def test_a_response_ends_its_tcp_connection(server: ServerProcess, files: WebFiles, path: str) -> None:
    """As all but those of the management API: a proxy would use it again for an Upgrade."""
    async with await Wire.connect(server.port) as wire:
        wire.send(request(path.format(digest=files.digest), [("Host", "a"), ("Connection", "keep-alive")]))
        response = await wire.response()

        assert (200, "close") == (response.status, response.headers["connection"])
        await wire.ended()


async def test_the_page_can_be_turned_off(serve: Serve, files: WebFiles) -> None:
    """With all that belongs to it, and nothing else."""
    server = serve("--page", "off")
    gone = ["/", "/talk-room.js", "/client.js", "/favicon.ico", f"/web/{files.digest}/bundles/page.js"]

    assert [404] * 5 == [(await get(server.port, path)).status for path in gone]
    assert [200, 426] == [(await get(server.port, path)).status for path in ("/healthz", "/prod")]
    async with await Client.open(server.port, issue()) as client:
        await client.do("ping")


@pytest.mark.parametrize("stage", ["web", "page", "client", "development", "favicon"])
async def test_a_stage_may_be_called_like_a_part_of_the_page(serve: Serve, files: WebFiles, stage: str) -> None:
    """Both work."""
    server = serve("--stage", stage)
    paths = ["/", "/client.js", f"/web/{files.digest}/bundles/page.js", f"/{stage}", f"/{stage}/"]

    assert [200, 200, 200, 426, 426] == [(await get(server.port, path)).status for path in paths]
    assert 403 == (await get(server.port, f"/{stage}/@connections/AAAAAAAAAAAAAAA=")).status
    async with await Client.open(server.port, issue(), stage=stage) as client:
        await client.do("ping")


@pytest.mark.parametrize("stage", ["healthz", "readyz", "metrics", "client.js", "talk-room.js", "favicon.ico"])
def test_a_stage_cannot_take_a_path_of_the_servers_own(stage: str) -> None:
    """A GET of it could not be answered as a stage's."""
    result = run_talkroom("serve", "--port", "0", "--database", ":memory:", "--stage", stage)

    assert 2 == result.returncode
    assert "--stage" in result.stderr


async def test_a_page_of_the_server_may_connect_when_its_origin_is_listed(serve: Serve) -> None:
    """A browser sends the page's origin with its handshake."""
    server = serve("--origins", "https://www.example.com,http://localhost:8080")
    subprotocols = ["talkroom.v1", issue()]
    async with connect(
        f"ws://127.0.0.1:{server.port}/prod", subprotocols=subprotocols, origin="http://localhost:8080"
    ) as connection:
        await connection.send('{"action": "ping"}')

        assert '"reply"' in await connection.recv()


def test_the_greeting_of_development_names_the_page(serve: Serve) -> None:
    """It is the first thing to do, if there is a page."""
    server, without = serve(secret=None), serve("--page", "off", secret=None)

    assert f"\nOpen http://localhost:{server.port} and chat.\n" in server.greeting
    assert "Open http" not in without.greeting
