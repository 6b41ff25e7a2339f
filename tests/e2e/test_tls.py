"""The server speaks TLS by itself, with a certificate that is made here."""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from talkroom.conformance.wire import PATIENCE_S, Closed, Wire, close, handshake
from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    addresses = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with TLS and a short patience for handshakes."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = make_certificate(folder)
    options = ("--tls-certificate", str(certificate), "--tls-key", str(key), "--head-timeout-s", "0.5")
    with ServerProcess(folder, *options) as running:
        yield running


@pytest.fixture
def trust(secure: ServerProcess) -> ssl.SSLContext:
    """A client that trusts this certificate and no other."""
    return ssl.create_default_context(cafile=secure.folder / "certificate.pem")


def offer(user: str, room: str = "lobby") -> list[str]:
    """Subprotocols."""
    return ["talkroom.v1", issue(user), room]


async def test_two_clients_chat_over_tls(secure: ServerProcess, trust: ssl.SSLContext) -> None:
    """wss in place of ws, and nothing else is different."""
    url = f"wss://127.0.0.1:{secure.port}/prod"
    async with (
        connect(url, ssl=trust, subprotocols=offer("alice")) as one,
        connect(url, ssl=trust, subprotocols=offer("bob")) as other,
    ):
        await Client(one).do("sendmessage", roomId="lobby", message="秘密")

        assert "秘密" == await Client(other).said()


async def test_the_greeting_names_wss(secure: ServerProcess) -> None:
    """It can be copied."""
    assert f"wss://localhost:{secure.port}/prod" in secure.greeting


async def test_plain_http_over_tls(secure: ServerProcess, trust: ssl.SSLContext) -> None:
    """The whole port speaks TLS, health and metrics too."""
    bodies = []
    for path in ("/healthz", "/metrics"):
        async with await Wire.connect(secure.port, tls=trust) as wire:
            wire.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            bodies.append((await wire.response()).body)
            await wire.ended()

    assert b'{"status": "alive"}' == bodies[0]
    assert b"talkroom_connections_open" in bodies[1]


async def test_a_client_without_tls_gets_nothing(secure: ServerProcess) -> None:
    """And no answer that could be taken for one."""
    async with await Wire.connect(secure.port) as wire:
        wire.send(handshake(protocols=", ".join(offer("alice"))))

        assert b"HTTP" not in await wire.rest()


async def test_a_client_that_does_not_trust_the_certificate_leaves(secure: ServerProcess) -> None:
    """The next one is served."""
    with pytest.raises(ssl.SSLCertVerificationError):
        await connect(f"wss://127.0.0.1:{secure.port}/prod", subprotocols=offer("alice"))


async def test_a_tls_handshake_that_never_ends_is_dropped(secure: ServerProcess) -> None:
    """After `--head-timeout-s`, as a slow request head is."""
    async with await Wire.connect(secure.port) as silent, await Wire.connect(secure.port) as half:
        half.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        async with asyncio.timeout(5):
            await silent.ended()
            await half.ended()


async def test_a_slow_head_over_tls_is_dropped(secure: ServerProcess, trust: ssl.SSLContext) -> None:
    """It counts from the end of the TLS handshake."""
    async with await Wire.connect(secure.port, tls=trust) as wire:
        wire.send(handshake()[:-1])
        async with asyncio.timeout(5):
            await wire.ended()


async def test_a_close_over_tls(secure: ServerProcess, trust: ssl.SSLContext) -> None:
    """The close frame is answered, and the TCP connection ends."""
    async with await Wire.connect(secure.port, tls=trust) as wire:
        wire.send(handshake(protocols=", ".join(offer("alice"))))
        assert 101 == (await wire.response()).status
        wire.send(close(1000))

        assert Closed(1000, "") == await wire.closed()
        await wire.ended()


async def test_a_violation_over_tls_ends_at_once(secure: ServerProcess, trust: ssl.SSLContext) -> None:
    """The client gets the close frame and the end, without waiting for a time-out."""
    async with connect(f"wss://127.0.0.1:{secure.port}/prod", ssl=trust, subprotocols=offer("alice")) as client:
        await client.send(b"binary")
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(4):
                await client.recv()

    assert 1003 == closed.value.rcvd.code


async def test_a_refusal_over_tls_is_read_to_its_end(secure: ServerProcess, trust: ssl.SSLContext) -> None:
    """Status and body."""
    async with await Wire.connect(secure.port, tls=trust) as wire:
        wire.send(handshake(headers=[("X", "x" * 20_000)]))
        response = await wire.response()
        async with asyncio.timeout(PATIENCE_S):
            await wire.ended()

    assert 431 == response.status


async def test_a_drain_over_tls(serve: Serve, tmp_path: Path) -> None:
    """Clients that answer, that do not, that have sent nothing yet, that are in the middle of TLS: 1001, status 0, no traceback."""
    certificate, key = make_certificate(tmp_path)
    server = serve("--tls-certificate", str(certificate), "--tls-key", str(key), "--close-timeout-s", "0.3")
    trust = ssl.create_default_context(cafile=certificate)
    async with (
        await Wire.connect(server.port) as without_tls,
        await Wire.connect(server.port, tls=trust) as without_head,
        await Wire.connect(server.port, tls=trust) as silent,
        connect(f"wss://127.0.0.1:{server.port}/prod", ssl=trust, subprotocols=offer("alice")) as polite,
    ):
        without_tls.send(b"\x16\x03\x01\x02")
        without_head.send(b"GET /healthz")
        silent.send(handshake(protocols=", ".join(offer("bob"))))
        assert 101 == (await silent.response()).status
        server.terminate()

        assert Closed(1001, "Going away") == await silent.closed()
        with pytest.raises(ConnectionClosed) as closed:
            await polite.recv()
        assert 1001 == closed.value.rcvd.code
        assert 0 == await asyncio.to_thread(server.wait)
    assert "Traceback" not in server.log
