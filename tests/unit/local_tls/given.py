"""TLS handshakes in memory, a clock, and looks at what is in files."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from talkroom.local_tls.certificates import make_authority, make_server_certificate, parse_host

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRIVATE = b"PRIVATE KEY"
END = b"-----END CERTIFICATE-----"


@dataclass
class Clock:
    """Stands until a test puts it forward."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def skip(self, days: float) -> None:
        """Put it forward."""
        self.now += timedelta(days=days)


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """The client's side of a TLS connection that is open. Raises ssl.SSLCertVerificationError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname=name)
    far = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (near, far):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
    return near


def issued(tmp_path: Path, names: list[str], asked: list[str]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server with a certificate for `names`, whatever its authority, made for `asked`, may vouch for; and a client."""
    now = datetime.now(UTC)
    key, authority = make_authority([*map(parse_host, asked)], now)
    server_key, certificate = make_server_certificate(key, authority, [*map(parse_host, names)], now)
    (tmp_path / "server.pem").write_bytes(
        server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "server.pem")
    client = ssl.create_default_context(cadata=authority.public_bytes(Encoding.DER))
    return server, strict(client)


def strict(client: ssl.SSLContext) -> ssl.SSLContext:
    """As Python 3.13 makes every client."""
    client.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return client


def trusting(file: Path) -> ssl.SSLContext:
    """A client that trusts the certificates of this file and no others."""
    return strict(ssl.create_default_context(cafile=file))


def certificates(file: Path) -> list[bytes]:
    """Those in a file of PEM, in their order."""
    return [each + END for each in file.read_bytes().split(END + b"\n")[:-1]]


def names(file: Path) -> list[str]:
    """Of the authorities in a file of PEM, as OpenSSL reads it."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(file)
    fields = [dict(pair for (pair,) in each["subject"]) for each in client.get_ca_certs()]
    return [each.get("commonName", "") for each in fields]


def modes(folder: Path) -> dict[str, str]:
    """Who may do what with each file and folder, the folder itself first."""
    return {each.name: f"{each.stat().st_mode & 0o777:o}" for each in (folder, *sorted(folder.rglob("*")))}
