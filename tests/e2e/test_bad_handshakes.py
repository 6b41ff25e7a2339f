"""Handshakes that a real server must refuse, each with its documented answer, and that disturb nobody else."""

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from talkroom.conformance.wire import Wire, handshake
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue

pytestmark = pytest.mark.usefixtures("bystanders")

ROOM = "lobby"


async def status_of(port: int, request: bytes) -> int:
    """The status of a request's answer, after which the server ends the TCP connection."""
    async with await Wire.connect(port) as wire:
        wire.send(request)
        response = await wire.response()
        if response.status != 101:
            await wire.ended()
    return response.status


def offering(*protocols: str, origin: str | None = None) -> bytes:
    """A handshake with these subprotocols."""
    headers = [] if origin is None else [("Origin", origin)]
    return handshake(headers=headers, protocols=", ".join(protocols))


def unsigned(token: str) -> str:
    """The same claims with `alg: none` and no signature."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


async def test_a_good_offer_opens(server: ServerProcess) -> None:
    """So that the refusals below mean something; the token is not echoed."""
    async with await Wire.connect(server.port) as wire:
        wire.send(offering("talkroom.v1", issue(), ROOM))
        response = await wire.response()

    assert (101, "talkroom.v1") == (response.status, response.headers["sec-websocket-protocol"])


async def test_a_plain_offer_selects_the_token(server: ServerProcess) -> None:
    """As the article has it."""
    token = issue()
    async with await Wire.connect(server.port) as wire:
        wire.send(offering(token, ROOM))
        response = await wire.response()

    assert (101, token) == (response.status, response.headers["sec-websocket-protocol"])


@pytest.mark.parametrize(
    ("request_head", "expected"),
    [
        pytest.param(handshake(), 401, id="no offer"),
        pytest.param(handshake(headers=[("Sec-WebSocket-Protocol", "")]), 401, id="an empty offer"),
        pytest.param(handshake(headers=[("Authorization", f"Bearer {issue()}")]), 401, id="the token elsewhere"),
        pytest.param(handshake(f"/prod?token={issue()}"), 401, id="the token in the query"),
        pytest.param(offering("talkroom.v1"), 401, id="no token"),
        pytest.param(offering("talkroom.v1", ROOM), 401, id="a room instead of a token"),
        pytest.param(offering("talkroom.v1", "nonsense", ROOM), 401, id="nonsense"),
        pytest.param(offering("talkroom.v1", issue(ttl_s=60, at_s=1_700_000_000), ROOM), 401, id="expired"),
        pytest.param(offering("talkroom.v1", issue(at_s=4_000_000_000), ROOM), 401, id="not valid yet"),
        pytest.param(offering("talkroom.v1", issue(audience="other"), ROOM), 401, id="another audience"),
        pytest.param(offering("talkroom.v1", issue(secret="x" * 40), ROOM), 401, id="another secret"),
        pytest.param(offering("talkroom.v1", unsigned(issue()), ROOM), 401, id="alg none"),
        pytest.param(offering("talkroom.v1", issue()[:-2] + "AA", ROOM), 401, id="a changed signature"),
        pytest.param(offering("talkroom.v1", "a" * 9000, ROOM), 401, id="a huge token"),
        pytest.param(offering("talkroom.v1", issue(rooms=["other"]), ROOM), 403, id="room not allowed"),
        pytest.param(offering("talkroom.v1", issue(rooms=["lobb"]), ROOM), 403, id="a prefix without its star"),
        pytest.param(offering(issue(rooms=["other"]), ROOM), 403, id="room not allowed, plain"),
        pytest.param(offering("talkroom.v1", issue(can=["send"]), ROOM), 403, id="may not read"),
        pytest.param(offering("talkroom.v1", issue(), "x" * 129), 403, id="an enormous room id"),
        pytest.param(offering("talkroom.v1", issue(), "%00"), 403, id="a control character"),
        pytest.param(offering("talkroom.v1", issue(), "%20x"), 403, id="a space before"),
        pytest.param(offering("talkroom.v1", issue(), "%FF"), 403, id="a room that is not UTF-8"),
        pytest.param(offering("talkroom.v1", issue(), ROOM, "more"), 400, id="two rooms"),
        pytest.param(offering("talkroom.v1", issue(), ""), 400, id="an empty entry"),
        pytest.param(offering(issue()), 400, id="plain without room"),
        pytest.param(offering(issue(), ROOM, "more"), 400, id="plain with two rooms"),
        pytest.param(handshake("/dev", protocols=f"talkroom.v1, {issue()}"), 403, id="another stage"),
        pytest.param(handshake("/", protocols=f"talkroom.v1, {issue()}"), 403, id="no stage"),
        pytest.param(handshake("/healthz", protocols=f"talkroom.v1, {issue()}"), 403, id="another path"),
        pytest.param(handshake("/prod?" + "x" * 5000), 414, id="a long URL"),
        pytest.param(handshake(headers=[("X", "x" * 20_000)]), 431, id="a huge head"),
        pytest.param(handshake(without=["Sec-WebSocket-Key"]), 400, id="no key"),
        pytest.param(handshake(headers=[("Sec-WebSocket-Version", "12")]), 426, id="another version"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), 400, id="TLS"),
        pytest.param(b"\x00" * 64, 400, id="zeros"),
    ],
)
async def test_a_handshake_is_refused(server: ServerProcess, request_head: bytes, expected: int) -> None:
    """With the status of docs/protocol.md section 2.4."""
    assert expected == await status_of(server.port, request_head)


async def test_a_room_is_percent_decoded_and_then_checked(server: ServerProcess) -> None:
    """The token's rooms are compared with what the room really is."""
    token = issue(rooms=["会議室 1"])

    assert 101 == await status_of(server.port, offering("talkroom.v1", token, quote("会議室 1", safe="")))
    assert 403 == await status_of(server.port, offering("talkroom.v1", token, quote("会議室 2", safe="")))


async def test_a_slow_handshake_is_dropped(serve: Serve) -> None:
    """A head that never ends costs a TCP connection for `--head-timeout-s` and no longer; others are served meanwhile."""
    server = serve("--head-timeout-s", "0.5")
    async with await Wire.connect(server.port) as silent, await Wire.connect(server.port) as half:
        half.send(handshake()[:-3])
        assert 101 == await status_of(server.port, offering("talkroom.v1", issue()))
        await silent.ended()
        await half.ended()


async def test_one_connection_too_many_is_503(serve: Serve) -> None:
    """Beyond `--connections-max`; health can be asked for all the same."""
    server = serve("--connections-max", "1")
    async with await Wire.connect(server.port) as first:
        first.send(offering("talkroom.v1", issue()))
        assert 101 == (await first.response()).status

        assert 503 == await status_of(server.port, offering("talkroom.v1", issue()))
        assert 200 == await status_of(server.port, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://chat.example", 101),
        ("HTTPS://CHAT.EXAMPLE", 101),
        ("https://a.chat.example", 101),
        (None, 101),
        ("https://evil.example", 403),
        ("http://chat.example", 403),
        ("https://chat.example.evil.example", 403),
        ("null", 403),
    ],
)
async def test_pages_of_other_origins_are_refused(
    server_with_origins: ServerProcess, origin: str | None, expected: int
) -> None:
    """Only browsers send an Origin; other programs are judged by their token."""
    request = offering("talkroom.v1", issue(), origin=origin)

    assert expected == await status_of(server_with_origins.port, request)


@pytest.fixture(scope="module")
def server_with_origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with an allow-list."""
    options = ("--origins", "https://chat.example,https://*.chat.example")
    with ServerProcess(tmp_path_factory.mktemp("origins"), *options) as running:
        yield running
