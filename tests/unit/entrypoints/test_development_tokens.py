"""Who gets a development token, and who does not."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from talkroom.auth.issue import TokenIssuer
from talkroom.chat.model.policy import Grant
from talkroom.conformance.wire import Response, Wire, request
from talkroom.entrypoints.development_tokens import BODY_BYTES_MAX, PATH, TOKEN_TTL_S, DevelopmentTokens
from tests.unit.auth.support import NOW_MS, SECRET, StoppedClock, a_verifier
from tests.unit.entrypoints.served import ask, serving

ALICE = b'{"user": "alice"}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where tokens are issued."""
    async with serving(DevelopmentTokens(TokenIssuer(SECRET), StoppedClock()).routes()) as listening:
        yield listening


async def post(port: int, body: bytes = ALICE, headers: dict[str, str] | None = None) -> Response:
    """As the page does."""
    return await ask(port, PATH, JSON | (headers or {}), method="POST", body=body)


def refusal(response: Response) -> tuple[int, str]:
    """Status and name of an answer that holds no token."""
    answer = json.loads(response.body)
    assert {"name", "detail"} == set(answer)
    assert "no-store" == response.headers["cache-control"]
    return response.status, answer["name"]


async def test_a_token_is_for_every_room_and_twelve_hours(port: int) -> None:
    """For reading and sending, with the name that people see."""
    response = await post(port, '{"user": "alice", "name": "アリス"}'.encode())

    assert (200, "no-store") == (response.status, response.headers["cache-control"])
    assert Grant(
        principal_id="alice",
        name="アリス",
        rooms=("*",),
        can=frozenset({"read", "send"}),
        expires_at_ms=NOW_MS + TOKEN_TTL_S * 1000,
    ) == await a_verifier(secret=SECRET, leeway_s=0).verify(json.loads(response.body)["token"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost"},
        {"Host": "LocalHost:1"},
        {"Host": "127.0.0.1:8080"},
        {"Host": "127.8.9.10"},
        {"Host": "[::1]:8080"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://localhost:8080"},
        {"Content-Type": "application/json; charset=utf-8"},
    ],
    ids=str,
)
async def test_this_machine_and_its_own_page_get_one(port: int, headers: dict[str, str]) -> None:
    """By every name of loopback; a program that is no browser says nothing of sites."""
    assert 200 == (await post(port, headers=headers)).status


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "evil.example#localhost",
        "localhost@evil.example",
        "127.0.0.1.evil.example",
        "1270.0.0.1",
        "128.0.0.1",
        "192.168.0.1:8080",
        "0.0.0.0:8080",
        "[::2]",
        "localhost:",
        "localhost:8080, evil.example",
    ],
)
async def test_a_rebound_name_gets_none(port: int, host: str) -> None:
    """DNS rebinding: the page is of the same origin for the browser, and its Host is not a name of this machine."""
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}

    assert (403, "forbidden") == refusal(await post(port, headers=headers))


async def test_two_hosts_get_none(port: int) -> None:
    """Whichever of them somebody else would have believed."""
    lines = [("Host", "localhost"), ("Host", "evil.example"), ("Content-Type", "application/json")]
    async with await Wire.connect(port) as wire:
        wire.send(request(PATH, [*lines, ("Content-Length", str(len(ALICE)))], method="POST", body=ALICE))

        assert 200 != (await wire.response()).status


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "Via", "X-Real-IP", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Forwarded-Other"],
)
async def test_what_came_through_a_proxy_gets_none(port: int, name: str) -> None:
    """A tunnel makes a server on loopback public."""
    assert (403, "forbidden") == refusal(await post(port, headers={name: "1"}))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "anything"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
    ids=str,
)
async def test_another_page_gets_none(port: int, headers: dict[str, str]) -> None:
    """Also another server of this machine: a page of it may be anybody's."""
    if headers == {"Origin": ""}:  # `ask` leaves empty headers out
        lines = [("Host", "localhost"), ("Origin", ""), ("Content-Type", "application/json")]
        async with await Wire.connect(port) as wire:
            wire.send(request(PATH, [*lines, ("Content-Length", str(len(ALICE)))], method="POST", body=ALICE))
            response = await wire.response()
    else:
        response = await post(port, headers=headers)

    assert (403, "forbidden") == refusal(response)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain; application/json"],
)
async def test_a_form_gets_none(port: int, content_type: str) -> None:
    """What a page may send to another origin without asking first."""
    assert (403, "forbidden") == refusal(await post(port, headers={"Content-Type": content_type}))


async def test_a_preflight_is_not_answered(port: int) -> None:
    """So a page of another origin cannot say that its body is JSON."""
    response = await ask(port, PATH, {"Origin": "https://evil.example"}, method="OPTIONS")

    assert 405 == response.status
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"alice"',
        b"{}",
        b'{"user": 1}',
        b'{"user": null}',
        b'{"user": ""}',
        b'{"user": "a\\u0000b"}',
        b'{"user": "\xff"}',
        b'{"user": "\\ud800"}',
        b'{"user": "' + b"a" * 129 + b'"}',
        b'{"user": "alice", "name": 1}',
        b'{"user": "alice", "name": "' + b"a" * 3000 + b'"}',
        b'{"user": "alice", "rooms": ["lobby"]}',
        ALICE + ALICE,
    ],
)
async def test_a_body_that_is_no_request_is_400(port: int, body: bytes) -> None:
    """With what is wrong."""
    headers = {"Content-Length": str(len(body))}

    assert (400, "invalidRequest") == refusal(await post(port, body, headers))


async def test_the_longest_body_is_read(port: int) -> None:
    """Up to the limit, however it is filled."""
    body = ALICE + b" " * (BODY_BYTES_MAX - len(ALICE))

    assert 200 == (await post(port, body)).status


async def test_a_longer_body_is_413(port: int) -> None:
    """And not kept."""
    assert (413, "invalidRequest") == refusal(await post(port, b" " * (BODY_BYTES_MAX + 1)))


async def test_a_body_that_does_not_come_is_408() -> None:
    """Nobody waits for it for ever."""
    tokens = DevelopmentTokens(TokenIssuer(SECRET), StoppedClock(), body_timeout_s=0.05)
    async with serving(tokens.routes()) as port, await Wire.connect(port) as wire:
        lines = [("Host", "localhost"), ("Content-Type", "application/json"), ("Content-Length", "17")]
        wire.send(request(PATH, lines, method="POST", body=ALICE[:-1]))

        assert (408, "invalidRequest") == refusal(await wire.response())


async def test_a_body_that_breaks_off_is_nobodys_error(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """The client has left; the next one is served and nothing is logged."""
    async with await Wire.connect(port) as wire:
        lines = [("Host", "localhost"), ("Content-Type", "application/json"), ("Content-Length", "17")]
        wire.send(request(PATH, lines, method="POST", body=ALICE[:-1]))
        await wire.writer.drain()
    await asyncio.sleep(0)

    assert 200 == (await post(port)).status
    assert [] == caplog.records


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_makes_one(port: int, method: str) -> None:
    """A token never stands in a place that a link can lead to."""
    assert 405 == (await ask(port, PATH, method=method)).status
