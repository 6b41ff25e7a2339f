"""The first request on a TCP connection: whole or in pieces, slow, huge or garbage, and plain HTTP on the same port."""

import asyncio
import socket

import msgspec
import pytest

from talkroom.conformance.wire import PING, PONG, Closed, Frame, Wire, close, frame, handshake
from talkroom.gateway.api import GatewayLimits
from tests.gateway.kit import Gate, Probe, Serve

GET = b"GET /healthz?x=1 HTTP/1.1\r\nHost: a\r\nX-Odd:  two  spaces \r\n\r\n"


async def answered(port: int, request: bytes) -> tuple[int, str]:
    """Status and message of a request that is answered and whose TCP connection then ends."""
    async with await Wire.connect(port) as wire:
        wire.send(request)
        response = await wire.response()
        await wire.ended()
    return response.status, msgspec.json.decode(response.body)["message"]


async def test_a_handshake_cut_at_every_byte(serve: Serve) -> None:
    """However TCP cuts it, and with a first frame behind it."""
    gateway = await serve({})
    request = handshake(headers=[("X-Long", "x" * 40)]) + frame(PING, b"ping")
    for cut in range(1, len(request)):
        async with await Wire.connect(gateway.port) as wire:
            wire.send(request[:cut])
            await wire.writer.drain()
            await asyncio.sleep(0)
            wire.send(request[cut:])

            assert 101 == (await wire.response()).status
            assert Frame(PONG, b"ping") == await wire.frame()


async def test_a_handshake_in_single_bytes(serve: Serve) -> None:
    """The slowest honest client."""
    gateway = await serve({})
    async with await Wire.connect(gateway.port) as wire:
        for byte in handshake():
            wire.send(bytes([byte]))
            await wire.writer.drain()
            await asyncio.sleep(0)

        assert 101 == (await wire.response()).status


@pytest.mark.parametrize("beginning", [b"", b"G", b"GET /prod HTTP/1.1\r\nHost: a\r\n", handshake()[:-1]])
async def test_half_a_head_is_dropped_after_the_deadline_and_not_before(serve: Serve, beginning: bytes) -> None:
    """Ten seconds from the beginning of the TCP connection."""
    gateway = await serve({})
    async with await Wire.connect(gateway.port) as wire, await Wire.upgrade(gateway.port) as other:
        wire.send(beginning)
        other.send(frame(PING, b""))
        await other.frame()
        await gateway.skip(9)
        assert not wire.reader.at_eof()
        await gateway.skip(1.5)
        await wire.ended()
        other.send(frame(PING, b"still here"))

        assert Frame(PONG, b"still here") == await other.frame()


async def test_a_head_in_time_has_no_deadline_any_more(serve: Serve) -> None:
    """What comes after it has its own."""
    gateway = await serve({})
    async with await Wire.upgrade(gateway.port) as wire:
        await gateway.skip(30)
        wire.send(frame(PING, b"x"))

        assert Frame(PONG, b"x") == await wire.frame()


@pytest.mark.parametrize("size", [20_000, 3_000_000])
@pytest.mark.parametrize(
    "head",
    [
        lambda size: b"GET /" + b"x" * size + b" HTTP/1.1\r\n\r\n",
        lambda size: handshake(headers=[("X-Large", "x" * size)]),
        lambda size: b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * (size // 6) + b"\r\n",
    ],
    ids=["target", "header", "headers"],
)
async def test_a_head_over_the_limit_is_431(serve: Serve, head: object, size: int) -> None:
    """The client gets to send all and then to read the answer, however much more that was than is looked at."""
    gateway = await serve({})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(head(size))
        await wire.writer.drain()
        response = await wire.response()

    assert 431 == response.status


async def test_a_client_that_sends_all_before_it_reads_gets_its_answer(serve: Serve) -> None:
    """As most libraries do; a connection that is reset under them would show them no status."""
    gateway = await serve({})

    def ask() -> bytes:
        with socket.create_connection(("127.0.0.1", gateway.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 3_000_000 + b"\r\n\r\n")
            return client.recv(12)

    assert [b"HTTP/1.1 431"] * 5 == [await asyncio.to_thread(ask) for _ in range(5)]


async def test_a_client_that_goes_on_sending_after_a_refusal_is_dropped(serve: Serve) -> None:
    """What it sends is thrown away, until the deadline of the head."""
    gateway = await serve({})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(b"\x00" * 100)
        assert 400 == (await wire.response()).status
        wire.send(b"x" * 100_000)
        await gateway.skip(11)
        await wire.ended()


async def test_a_head_of_the_limit_is_read(serve: Serve) -> None:
    """The limit itself is allowed."""
    gateway = await serve({}, limits=GatewayLimits(head_bytes_max=1000))
    rest = 1000 - len(handshake(headers=[("X-Fill", "")]))

    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake(headers=[("X-Fill", "x" * rest)]))
        assert 101 == (await wire.response()).status
    assert 431 == (await answered(gateway.port, handshake(headers=[("X-Fill", "x" * (rest + 1))])))[0]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\r\n\r\nhello world\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\x00c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        bytes(range(256)),
    ],
    ids=["TLS", "SSH", "words", "version", "header name", "NUL", "two lengths", "HTTP/2", "all bytes"],
)
async def test_garbage_is_400(serve: Serve, garbage: bytes) -> None:
    """And the next client is served."""
    gateway = await serve({})

    assert (400, "Bad request") == await answered(gateway.port, garbage)
    async with await Wire.upgrade(gateway.port):
        pass


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (handshake(without=["Sec-WebSocket-Key"]), 400),
        (handshake(without=["Connection"]), 400),
        (handshake(without=["Host"]), 400),
        (handshake(without=["Sec-WebSocket-Version"]), 426),
        (handshake(headers=[("Sec-WebSocket-Key", "short")]), 400),
        (handshake(headers=[("Content-Length", "5")]) + b"hello", 400),
        (handshake().replace(b"GET", b"POST"), 405),
        (handshake().replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
        (handshake("/prod?" + "x" * 4096), 414),
        (handshake(headers=[("Sec-WebSocket-Protocol", "a b")]), 400),
        (handshake(without=["Upgrade"], headers=[("Upgrade", "websocketx")]), 400),
    ],
)
async def test_a_handshake_that_breaks_a_rule_is_refused_and_nobody_is_asked(
    serve: Serve, request_head: bytes, status: int
) -> None:
    """The rules themselves are tested with handshake.py; here is what goes over the wire."""
    connected = Probe()
    gateway = await serve({"$connect": connected})

    assert status == (await answered(gateway.port, request_head))[0]
    assert [] == connected.events
    assert [] == gateway.https


async def test_plain_http_is_handed_over_with_every_byte(serve: Serve) -> None:
    """The bytes that were read to find out, and those that follow."""
    gateway = await serve({})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(GET + b"body and more")
        assert b"hello" == (await wire.response()).body
        wire.send(b", later")
        assert b"HTTP/1.1 200 OK\r\n" == await wire.read(17)

    assert GET + b"body and more, later" == gateway.https[0].received


async def test_plain_http_cut_at_every_byte_is_handed_over_whole(serve: Serve) -> None:
    """However TCP cuts it."""
    gateway = await serve({})
    for cut in range(1, len(GET)):
        async with await Wire.connect(gateway.port) as wire:
            wire.send(GET[:cut])
            await wire.writer.drain()
            await asyncio.sleep(0)
            wire.send(GET[cut:])

            assert b"hello" == (await wire.response()).body
            assert GET == gateway.https[-1].received


async def test_an_upgrade_to_something_else_is_plain_http(serve: Serve) -> None:
    """RFC 9110 section 7.8: an Upgrade may be ignored."""
    gateway = await serve({})
    async with await Wire.connect(gateway.port) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")

        assert 200 == (await wire.response()).status


async def test_one_websocket_too_many_is_503(serve: Serve) -> None:
    """The limit counts WebSocket connections, handshakes included; health can be asked for all the same."""
    gateway = await serve({}, limits=GatewayLimits(connections_max=2))
    async with await Wire.upgrade(gateway.port) as first, await Wire.upgrade(gateway.port):
        assert (503, "Too many connections") == await answered(gateway.port, handshake())
        async with await Wire.connect(gateway.port) as health:
            health.send(GET)
            assert 200 == (await health.response()).status
        first.send(close(1000))
        assert Closed(1000, "") == await first.closed()
        await first.ended()
        async with await Wire.upgrade(gateway.port):
            pass


async def test_handshakes_under_way_count(serve: Serve) -> None:
    """Many slow handshakes are no way around the limit."""
    gate = Gate()
    connected = Probe(gate)
    gateway = await serve({"$connect": connected}, limits=GatewayLimits(connections_max=1))
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await connected.arrival()

        assert 503 == (await answered(gateway.port, handshake()))[0]
        gate.open()
        assert 101 == (await wire.response()).status
