"""What the port answers over plain HTTP, beside the WebSocket."""

import json

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from talkroom.conformance.wire import Response, Wire, handshake
from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue


async def get(port: int, path: str, *more: bytes, method: bytes = b"GET") -> Response:
    """A request, as a client that would keep its TCP connection sends it."""
    async with await Wire.connect(port) as wire:
        wire.send(method + b" " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n" + b"".join(more) + b"\r\n")
        return await wire.response()


async def test_health(server: ServerProcess) -> None:
    """The process is alive."""
    response = await get(server.port, "/healthz")

    assert (200, {"status": "alive"}) == (response.status, json.loads(response.body))


async def test_readiness(server: ServerProcess) -> None:
    """The process wants traffic."""
    response = await get(server.port, "/readyz")

    assert (200, {"status": "ready"}) == (response.status, json.loads(response.body))


async def test_metrics_count_what_happens(serve: Serve) -> None:
    """In Prometheus's format, as its own parser reads it."""
    server = serve()
    async with (
        await Client.open(server.port, issue("a"), "lobby") as one,
        await Client.open(server.port, issue("b"), "lobby") as other,
    ):
        await one.do("sendmessage", roomId="lobby", message="x")
        await other.push()
        await one.ask("unknown")
        async with await Wire.connect(server.port) as wire:
            wire.send(handshake())
            assert 401 == (await wire.response()).status
        response = await get(server.port, "/metrics")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.body.decode())
        for sample in family.samples
    }

    assert response.headers["content-type"].startswith("text/plain")
    assert {
        ("talkroom_connections_open",): 2,
        ("talkroom_handshakes_total", "accepted"): 2,
        ("talkroom_handshakes_total", "refused"): 1,
        ("talkroom_messages_received_total",): 2,
        ("talkroom_commands_total",): 2,
        ("talkroom_command_errors_total",): 1,
        ("talkroom_messages_accepted_total",): 1,
        ("talkroom_deliveries_total",): 2,
        ("talkroom_slow_consumers_total",): 0,
        ("talkroom_integration_errors_total",): 0,
        ("talkroom_log_appends_total",): 1,
    }.items() <= samples.items()
    assert samples["process_resident_memory_bytes",] > 1_000_000


@pytest.mark.parametrize("path", ["/prod", "/prod/", "/prod?x=1"])
async def test_a_get_of_the_stage_without_an_upgrade_is_426(server: ServerProcess, path: str) -> None:
    """A.4 of the contract page; it says what to upgrade to."""
    response = await get(server.port, path)

    assert (426, "websocket") == (response.status, response.headers["upgrade"])
    assert "Upgrade Required" == json.loads(response.body)["message"]


@pytest.mark.parametrize(
    ("path", "expected"), [("/index.html", 404), ("/dev", 404), ("/healthz/", 404), ("/../healthz", 404), ("/%00", 404)]
)
async def test_there_is_nothing_else(server: ServerProcess, path: str, expected: int) -> None:
    """Nothing is listed, and no traceback is shown."""
    response = await get(server.port, path)

    assert expected == response.status
    assert b"Traceback" not in response.body


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/prod", "/nothing"])
async def test_a_response_ends_its_tcp_connection(server: ServerProcess, path: str) -> None:
    """A proxy would use it again for an Upgrade, and only the first head of a connection can become a WebSocket."""
    async with await Wire.connect(server.port) as wire:
        wire.send(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n".encode())
        response = await wire.response()

        assert "close" == response.headers["connection"].lower()
        await wire.ended()


async def test_calls_of_the_management_api_keep_theirs(server: ServerProcess) -> None:
    """Its callers never upgrade, and post often."""
    call = b"POST /prod/@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    async with await Wire.connect(server.port) as wire:
        for _ in range(3):
            wire.send(call)
            response = await wire.response()

            assert 403 == response.status
            assert "close" != response.headers.get("connection", "").lower()


async def test_a_request_with_a_body_is_read_whole(server: ServerProcess) -> None:
    """By a client library, in pieces, beyond the head's own limit."""
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{server.port}/prod/@connections/AAAAAAAAAAAAAAA="
        async with session.post(url, data=b"x" * 100_000) as response:
            assert 403 == response.status


async def test_many_requests_at_once(server: ServerProcess) -> None:
    """Each on a TCP connection of its own, because none is kept."""
    async with aiohttp.ClientSession() as session:
        for _ in range(50):
            async with session.get(f"http://127.0.0.1:{server.port}/healthz") as response:
                assert 200 == response.status


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"OPTIONS"])
async def test_other_methods_are_refused(server: ServerProcess, method: bytes) -> None:
    """Nothing here can be changed."""
    response = await get(server.port, "/healthz", b"Content-Length: 0\r\n", method=method)

    assert 405 == response.status


async def test_the_management_api_is_closed_without_a_key(server: ServerProcess) -> None:
    """A server that was given no key answers 403 to everybody, and says how to give it one."""
    response = await get(server.port, "/prod/@connections/AAAAAAAAAAAAAAA=")

    assert 403 == response.status
    assert "ForbiddenException" == response.headers["x-amzn-errortype"]
    assert "TALKROOM_MANAGEMENT_ACCESS_KEY_ID" in json.loads(response.body)["message"]
