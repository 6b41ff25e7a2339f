"""Why a handshake was refused, as a page in a browser asks: a GET of the stage with the token."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from aiohttp.test_utils import unused_port

from talkroom.conformance.wire import Response, Wire, close, handshake, request
from tests.docs.support import DOCS, table
from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue

PAGE = "https://www.example.com"


async def get(port: int, headers: Mapping[str, str], path: str = "/prod", method: str = "GET") -> Response:
    """A request with these headers and a Host."""
    async with await Wire.connect(port) as wire:
        wire.send(request(path, [("Host", f"localhost:{port}"), *headers.items()], method=method))
        return await wire.response()


def bearer(token: str, **more: str) -> dict[str, str]:
    """The header that asks, and others."""
    return {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in more.items()}}


def refusal(response: Response) -> tuple[int, str]:
    """Status and name; the answer can be read by any page, and is not kept."""
    assert ("*", "no-store") == (response.headers["access-control-allow-origin"], response.headers["cache-control"])
    body = json.loads(response.body)
    assert {"name", "detail"} == set(body)
    assert body["detail"].endswith(".")
    return response.status, body["name"]


@pytest.mark.parametrize("path", ["/prod", "/prod/", "/prod?x=1"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_a_token_that_would_be_accepted(server: ServerProcess, path: str, scheme: str) -> None:
    """426, which is what a GET without an upgrade gets: the handshake may be tried again."""
    response = await get(server.port, {"Authorization": f"{scheme} {issue()}"}, path)

    assert (426, "websocket", "*") == (
        response.status,
        response.headers["upgrade"],
        response.headers["access-control-allow-origin"],
    )


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}], ids=str)
async def test_whoever_shows_no_token_is_told_nothing(server: ServerProcess, headers: dict[str, str]) -> None:
    """But for an empty Bearer, which is a token that is missing."""
    response = await get(server.port, headers)

    if headers == {"Authorization": "Bearer"}:
        assert (401, "invalidToken") == refusal(response)
    else:
        assert (426, None) == (response.status, response.headers.get("access-control-allow-origin"))


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("garbage", "invalidToken"),
        (issue(secret="a secret of somebody else, long enough"), "invalidToken"),
        (issue(audience="another"), "invalidToken"),
        (issue(at_s=1_000_000_000), "tokenExpired"),
    ],
)
async def test_what_is_wrong_with_the_token(server: ServerProcess, token: str, name: str) -> None:
    """The handshake is answered 401 too."""
    async with await Wire.connect(server.port) as wire:
        wire.send(handshake(protocols=f"talkroom.v1, {token}"))
        refused = (await wire.response()).status

    assert (refused, name) == refusal(await get(server.port, bearer(token)))


async def test_a_page_that_is_not_listed(serve: Serve) -> None:
    """Another page of the same user is let in."""
    server = serve("--origins", PAGE)

    assert 426 == (await get(server.port, bearer(issue(), Origin=PAGE))).status
    assert (403, "originNotAllowed") == refusal(await get(server.port, bearer(issue(), Origin="https://evil.example")))
    assert 426 == (await get(server.port, bearer(issue()))).status


async def test_the_servers_own_page_that_is_not_listed(serve: Serve) -> None:
    """A browser sends no Origin with a GET to the page's own, but with its handshake: the same answer for both."""
    server = serve("--origins", PAGE)
    own = bearer(issue(), Sec_Fetch_Site="same-origin")
    async with await Wire.connect(server.port) as wire:
        origin = ("Origin", f"http://localhost:{server.port}")
        wire.send(handshake(headers=[origin], protocols=f"talkroom.v1, {issue()}"))
        refused = (await wire.response()).status

    assert (refused, "originNotAllowed") == refusal(await get(server.port, own))


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
async def test_the_servers_own_page_behind_a_proxy_that_is_listed(serve: Serve, header: str) -> None:
    """TLS ends at the proxy, and the host is what the proxy says."""
    server = serve("--origins", PAGE)
    async with await Wire.connect(server.port) as wire:
        headers = bearer(issue(), Sec_Fetch_Site="same-origin") | {"Host": "internal", header: "www.example.com"}
        wire.send(request("/prod", list(headers.items())))

        assert 426 == (await wire.response()).status


async def test_a_server_that_is_full(serve: Serve) -> None:
    """Later, and with the same token; whoever may come again is told so."""
    server = serve("--connections-max", "1")
    async with await Client.open(server.port, issue("a")):
        assert (503, "unavailable") == refusal(await get(server.port, bearer(issue("b"))))


async def test_a_server_that_is_stopping(serve: Serve) -> None:
    """For whoever was connected before it stopped listening."""
    server = serve()
    async with (
        await Wire.upgrade(server.port, protocols=f"talkroom.v1, {issue()}") as connected,
        await Wire.connect(server.port) as asking,
    ):
        asking.send(b"GET /prod HTTP/1.1\r\nHost: localhost\r\n")
        # Answered, so the one before has been accepted as well: a server accepts in order.
        assert 426 == (await get(server.port, bearer(issue()))).status
        server.terminate()
        assert 1001 == (await connected.closed()).code
        asking.send(f"Authorization: Bearer {issue()}\r\n\r\n".encode())

        assert (503, "unavailable") == refusal(await asking.response())
        connected.send(close(1001))
    assert 0 == await asyncio.to_thread(server.wait)


async def test_keys_that_cannot_be_fetched(serve: Serve) -> None:
    """Nobody can say anything of the token."""
    server = serve("--token-jwks", f"http://127.0.0.1:{unused_port()}/keys", secret=None)
    header = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ"  # {"alg":"RS256","kid":"1"}

    assert (503, "unavailable") == refusal(await get(server.port, bearer(f"{header}.e30.c2lnbmF0dXJl")))


def test_the_protocols_table_is_what_is_tested_here() -> None:
    """Section 2.5: every status with its name."""
    rows = table(DOCS / "protocol.md", "status", "`name` in the body")

    assert {
        ("426", "none"),
        ("401", "`tokenExpired`"),
        ("401", "`invalidToken`"),
        ("403", "`originNotAllowed`"),
        ("503", "`unavailable`"),
    } == {(row[0], row[1]) for row in rows}


@pytest.mark.parametrize("path", ["/prod", "/prod/"])
async def test_a_page_of_another_origin_may_ask(server: ServerProcess, path: str) -> None:
    """Its browser asks first whether it may send the header."""
    headers = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    response = await get(server.port, headers, path, "OPTIONS")

    assert (204, b"") == (response.status, response.body)
    assert {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "authorization",
    }.items() <= response.headers.items()
    assert int(response.headers["access-control-max-age"]) > 0


async def test_nothing_of_it_is_logged(serve: Serve) -> None:
    """Not the token, whether it is good or not."""
    server = serve("--log-level", "debug")
    tokens = [issue(), issue(at_s=1_000_000_000), "garbage-garbage-garbage"]
    for token in tokens:
        await get(server.port, bearer(token))
    server.stop()

    assert [] == [token for token in tokens if token in server.log]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_the_stage_takes_no_other_method(server: ServerProcess, method: str) -> None:
    """As before."""
    assert 405 == (await get(server.port, {"Content-Length": "0"}, method=method)).status
