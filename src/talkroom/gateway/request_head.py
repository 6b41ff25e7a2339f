"""The head of the first HTTP request on a TCP connection, read by llhttp.

What the head says decides who goes on with the connection, so nothing that follows is parsed here: an upgrade is
answered by the gateway, and any other request is handed on with every byte that was received. llhttp is strict where
being lenient lets two servers understand one request differently: folded headers, NUL, bare CR or LF and a doubtful
Content-Length are malformed.
"""

from typing import ClassVar

import httptools
import msgspec


class HeadError(Exception):
    """The client sent no request head that can be answered; `http_status` says so to it."""

    http_status: ClassVar[int]


class HeadTooLarge(HeadError):
    """The head does not end within the limit (RFC 6585 section 5)."""

    http_status = 431


class MalformedHead(HeadError):
    """The bytes are not an HTTP/1 request (RFC 9112 section 2.2)."""

    http_status = 400


class RequestHead(msgspec.Struct, frozen=True):
    """The request line, and the headers in the client's order and spelling, as latin-1 (RFC 9110 section 5.5)."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]

    @property
    def is_upgrade(self) -> bool:
        """Whether the client means to open a WebSocket, rightly or not: an Upgrade header names it.

        An upgrade to anything else, such as h2c, may be ignored (RFC 9110 section 7.8): the request is an ordinary one.
        """
        return any("websocket" in value.lower() for name, value in self.headers if name.lower() == "upgrade")


class HeadReader:
    """Reads one head, however it is cut. After it returned a head or raised, it must not be fed again."""

    __slots__ = ("_bytes_max", "_collector", "_parser", "_raw", "rest")

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        # The parser holds the collector and not this reader, so that no cycle is left to the garbage collector.
        self._collector = _Collector()
        self._parser = httptools.HttpRequestParser(self._collector)
        self._raw = bytearray()
        self.rest = b""
        """What was received after the head: of an upgrade, the client's first frames."""

    @property
    def raw(self) -> bytes:
        """Every byte received, those after the head too."""
        return bytes(self._raw)

    def feed(self, data: bytes) -> RequestHead | None:
        """The head when these bytes complete it. Raises HeadTooLarge or MalformedHead."""
        raw, fed = self._raw, len(self._raw)
        raw += data
        while fed < min(len(raw), self._bytes_max):
            # llhttp would go on to the body and to the next request, so it gets no more than up to an empty line: what
            # ends a head, and what may stand before one (RFC 9112 section 2.2).
            empty = raw.find(b"\r\n\r\n", max(fed - 3, 0))
            stop = min(len(raw) if empty < 0 else empty + 4, self._bytes_max)
            self._parse(bytes(raw[fed:stop]))
            if self._collector.complete:
                self.rest = bytes(raw[stop:])
                return self._collector.head(self._parser)
            fed = stop
        if len(raw) > self._bytes_max:
            raise HeadTooLarge(f"the request head is larger than {self._bytes_max} bytes")
        return None

    def _parse(self, part: bytes) -> None:
        try:
            self._parser.feed_data(part)
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError as error:
            raise MalformedHead(str(error)) from error


class _Collector:
    """What llhttp reports; the names of the methods are httptools'."""

    __slots__ = ("_headers", "_target", "complete")

    def __init__(self) -> None:
        self._headers: list[tuple[str, str]] = []
        self._target = bytearray()
        self.complete = False

    def on_url(self, part: bytes) -> None:
        """A part of the target: as much of it as was in the bytes fed at once."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, whole; space after a value is not a part of it (RFC 9112 section 5.1)."""
        self._headers.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self.complete = True

    def head(self, parser: httptools.HttpRequestParser) -> RequestHead:
        """What was collected, and what the parser knows itself."""
        return RequestHead(
            parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            parser.get_http_version(),
            tuple(self._headers),
        )
