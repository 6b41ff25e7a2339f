"""Handshakes that the gateway of one machine must refuse whatever they offer; offers are the suite's, in tests/chat."""

from collections.abc import Iterator

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


async def test_a_good_offer_opens(server: ServerProcess) -> None:
    """So that the refusals below mean something."""
    async with await Wire.connect(server.port) as wire:
        wire.send(offering("talkroom.v1", issue(), ROOM))
        response = await wire.response()

    assert (101, "talkroom.v1") == (response.status, response.headers["sec-websocket-protocol"])


@pytest.mark.parametrize(
    ("request_head", "expected"),
    [
        pytest.param(handshake(headers=[("Sec-WebSocket-Protocol", "")]), 401, id="an empty offer"),
        pytest.param(offering("talkroom.v1", "a" * 9000, ROOM), 401, id="a huge token"),
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
