"""Who speaks TLS is told from who does not by the first byte, whenever and however that comes."""

import asyncio
import socket
import ssl

import pytest

from talkroom.conformance.wire import PATIENCE_S, PING, PONG, Frame, Wire, frame, handshake
from talkroom.gateway.api import GatewayLimits
from talkroom.gateway.listener import MixedListener
from talkroom.gateway.server import Server
from talkroom.local_tls import LocalAuthority
from tests.gateway.kit import RecordingHttp
from tests.gateway.tls.kit import MixedGateway, ServeMixed

HELLO_BEGINS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


async def can_open(gateway: MixedGateway) -> bool:
    """Whether new clients of both kinds are served."""
    for tls in (None, gateway.trust):
        async with await Wire.connect(gateway.port, tls=tls) as wire:
            wire.send(handshake())
            if (await wire.response()).status != 101:
                return False
    return True


async def test_a_plain_handshake_in_single_bytes(mixed: MixedGateway) -> None:
    """The byte that was looked at is still there."""
    async with await Wire.connect(mixed.port) as wire:
        for byte in handshake():
            wire.send(bytes([byte]))
            await wire.writer.drain()
            await asyncio.sleep(0)

        assert 101 == (await wire.response()).status


async def test_a_tls_handshake_in_single_bytes(mixed: MixedGateway) -> None:
    """The slowest honest client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = mixed.trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
    async with await Wire.connect(mixed.port) as wire:

        async def flush() -> None:
            for byte in outgoing.read():
                wire.send(bytes([byte]))
                await wire.writer.drain()
                await asyncio.sleep(0)

        async def receive() -> None:
            async with asyncio.timeout(PATIENCE_S):
                incoming.write(await wire.reader.read(65536))

        while not shaken_hands(client):
            await flush()
            await receive()
        client.write(handshake())
        await flush()
        answer = b""
        while b"\r\n\r\n" not in answer:
            try:
                answer += client.read(65536)
            except ssl.SSLWantReadError:
                await receive()

    assert answer.startswith(b"HTTP/1.1 101 ")


def shaken_hands(client: ssl.SSLObject) -> bool:
    """Go on with the TLS handshake; whether it has ended."""
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


async def test_200_clients_of_both_kinds_at_once(mixed: MixedGateway) -> None:
    """Each gets what it speaks."""

    async def ping(number: int) -> Frame:
        async with await Wire.connect(mixed.port, tls=mixed.trust if number % 2 else None, patience_s=60) as wire:
            wire.send(handshake())
            async with asyncio.timeout(60):
                assert 101 == (await wire.response()).status
            wire.send(frame(PING, b"%d" % number))
            return await wire.frame()

    assert [Frame(PONG, b"%d" % number) for number in range(200)] == await asyncio.gather(*map(ping, range(200)))


async def test_a_client_that_says_nothing_is_dropped_after_the_deadline_and_not_before(mixed: MixedGateway) -> None:
    """As one that begins a request and does not go on."""
    async with await Wire.connect(mixed.port) as silent, await Wire.upgrade(mixed.port) as other:
        await mixed.skip(9)
        other.send(frame(PING, b""))
        await other.frame()
        assert not silent.reader.at_eof()
        await mixed.skip(1.5)
        await silent.ended()
        other.send(frame(PING, b"still here"))

        assert Frame(PONG, b"still here") == await other.frame()


async def test_silent_clients_keep_nobody_waiting(mixed: MixedGateway) -> None:
    """However many there are."""
    silent = [await Wire.connect(mixed.port) for _ in range(100)]

    assert await can_open(mixed)
    for wire in silent:
        await wire.drop()


@pytest.mark.parametrize("beginning", [b"\x16", HELLO_BEGINS], ids=["a byte", "a part"])
async def test_a_tls_handshake_that_never_ends_is_dropped(serve_mixed: ServeMixed, beginning: bytes) -> None:
    """After the time that a request head may take."""
    gateway = await serve_mixed(GatewayLimits(head_timeout_s=0.3))
    async with await Wire.connect(gateway.port) as wire:
        wire.send(beginning)
        await wire.ended()


async def test_a_byte_of_tls_and_then_garbage_ends_the_connection(mixed: MixedGateway) -> None:
    """With a TLS alert at most, and nothing that reads like HTTP; the next client is served."""
    async with await Wire.connect(mixed.port) as wire:
        wire.send(b"\x16" + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 10)
        assert b"HTTP" not in await wire.rest()

    assert await can_open(mixed)


async def test_garbage_without_tls_is_400(mixed: MixedGateway) -> None:
    """As on a port without TLS."""
    async with await Wire.connect(mixed.port) as wire:
        wire.send(b"SSH-2.0-OpenSSH_9.6\r\n")

        assert 400 == (await wire.response()).status


@pytest.mark.parametrize("abort", [True, False], ids=["RST", "FIN"])
async def test_a_client_that_leaves_without_a_word_is_forgotten(mixed: MixedGateway, abort: bool) -> None:
    """Whether it says goodbye to TCP or not."""
    for _ in range(20):
        client = socket.create_connection(("127.0.0.1", mixed.port))
        if abort:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        client.close()

    assert await can_open(mixed)


async def test_a_client_that_does_not_trust_the_authority_leaves(mixed: MixedGateway) -> None:
    """The next one is served."""
    with pytest.raises(ssl.SSLCertVerificationError):
        await Wire.connect(mixed.port, tls=ssl.create_default_context())

    assert await can_open(mixed)


async def test_stopping_drops_who_has_said_nothing_and_who_shakes_hands(mixed: MixedGateway) -> None:
    """Those who are through stay, and nobody new is accepted."""
    async with (
        await Wire.connect(mixed.port) as silent,
        await Wire.connect(mixed.port) as half,
        await Wire.connect(mixed.port, tls=mixed.trust) as secure,
        await Wire.upgrade(mixed.port) as plain,
    ):
        half.send(HELLO_BEGINS)
        secure.send(handshake())
        assert 101 == (await secure.response()).status
        mixed.server.stop_accepting()
        await silent.ended()
        await half.ended()
        for wire in (secure, plain):
            wire.send(frame(PING, b"x"))
            assert Frame(PONG, b"x") == await wire.frame()

        with pytest.raises(ConnectionRefusedError):
            await Wire.connect(mixed.port)


async def test_stopping_in_the_turn_in_which_clients_come(serve_mixed: ServeMixed) -> None:
    """None is left hanging, wherever it was."""
    for turns in range(5):
        gateway = await serve_mixed()
        wires = [await Wire.connect(gateway.port) for _ in range(10)]
        for number, wire in enumerate(wires):
            wire.send(HELLO_BEGINS if number % 2 else b"")
        for _ in range(turns):
            await asyncio.sleep(0)
        gateway.server.stop_accepting()
        for wire in wires:
            await wire.ended()
            await wire.drop()


class Arrivals(asyncio.Protocol):
    """Keeps the transports that it is given."""

    def __init__(self) -> None:
        self.transports: asyncio.Queue[asyncio.BaseTransport] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio says."""
        self.transports.put_nowait(transport)


@pytest.mark.parametrize("has_tls", [True, False], ids=["TLS", "plain"])
async def test_small_answers_leave_at_once(mixed: MixedGateway, has_tls: bool) -> None:
    """Without Nagle's delay, as from the transports of `create_server`."""
    arrivals = Arrivals()
    listener = MixedListener(mixed.gateway, lambda: arrivals, mixed.authority.server_context())
    ((_host, port),) = await listener.open("127.0.0.1", 0, 16)
    async with await Wire.connect(port, tls=mixed.trust if has_tls else None) as wire, asyncio.timeout(PATIENCE_S):
        wire.send(b"x")
        transport = await arrivals.transports.get()

        assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    listener.close()


async def test_it_listens_where_create_server_would(authority: LocalAuthority) -> None:
    """`localhost` is an address of IPv4 and, where the machine has it, one of IPv6."""
    loop = asyncio.get_running_loop()
    usual = await loop.create_server(asyncio.Protocol, "localhost", 0)
    hosts = [listening.getsockname()[0] for listening in usual.sockets]
    usual.close()
    server = Server(MixedGateway(authority).gateway)

    addresses = await server.listen("localhost", 0, RecordingHttp, tls=authority.server_context(), plain_too=True)
    server.stop_accepting()

    assert hosts == [host for host, _port in addresses]


async def test_a_port_that_is_taken_is_an_error(mixed: MixedGateway, authority: LocalAuthority) -> None:
    """Of the system, as with `create_server`."""
    server = Server(MixedGateway(authority).gateway)

    with pytest.raises(OSError, match="ddress already in use"):
        await server.listen("127.0.0.1", mixed.port, RecordingHttp, tls=authority.server_context(), plain_too=True)
