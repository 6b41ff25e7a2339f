"""A URL of the gateway under test, taken apart, and the way to it."""

import ssl
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import msgspec

from talkroom.conformance.errors import Unusable
from talkroom.conformance.wire import Wire

_PORTS: Final = {"ws": 80, "http": 80, "wss": 443, "https": 443}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Endpoint(msgspec.Struct, frozen=True):
    """Where something answers; the path has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str
    reached_at: str | None = None
    """The address to connect to, where the host's name is one that no resolver knows."""

    @classmethod
    def parse(cls, url: str, option: str) -> Self:
        """Raises Unusable, naming the option that the URL came from."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Unusable(f"{option} {url}: {error}") from error
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise Unusable(f"{option} {url}: not a URL such as wss://host/stage or https://host/stage, without a query")
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], parts.path.rstrip("/"))

    @property
    def is_secure(self) -> bool:
        """Whether there is TLS."""
        return self.scheme in ("wss", "https")

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine, so that its certificate need not be verified."""
        return self.host in _LOOPBACK or self.host.endswith(".localhost")

    @property
    def address(self) -> str:
        """To connect to: names below localhost are loopback (RFC 6761 section 6.3), which not every resolver knows."""
        return self.reached_at or ("127.0.0.1" if self.host.endswith(".localhost") else self.host)

    @property
    def netloc(self) -> str:
        """For the Host header: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole."""
        return f"{self.scheme}://{self.netloc}{self.path}"

    def with_scheme(self, websocket: bool) -> "Endpoint":
        """The same place by ws or wss, or by http or https."""
        scheme = ("wss" if self.is_secure else "ws") if websocket else ("https" if self.is_secure else "http")
        return msgspec.structs.replace(self, scheme=scheme)

    async def connect(self, tls: ssl.SSLContext, patience_s: float) -> Wire:
        """A TCP connection to it, with TLS when the scheme says so. Raises OSError."""
        return await Wire.connect(
            self.port,
            host=self.address,
            tls=tls if self.is_secure else None,
            server_name=self.host,
            patience_s=patience_s,
        )


def make_tls(ca: Path | None, *, verify: bool) -> ssl.SSLContext:
    """The client's side of TLS, trusting these certificates or the system's. Raises Unusable."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # an SSLError is one
        raise Unusable(f"--ca {ca}: {error.strerror or error}") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
