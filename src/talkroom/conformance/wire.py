"""A WebSocket client that may break every rule: bytes out as a check wants them, frames in as they came.

It shares no code with the gateway, so that both cannot be wrong alike. What the far end does wrong is a Departure; a wait for
something that does not come is a TimeoutError, and an end of the TCP connection before it an IncompleteReadError.
"""

import asyncio
import ssl
import struct
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import NamedTuple, Self, cast

from talkroom.conformance.errors import Departure

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

KEY = b64encode(b"sixteen bytes...").decode()
PATIENCE_S = 10.0
"""How long to wait for something that must come, unless told otherwise; nothing that works takes as long."""
HEAD_BYTES_MAX = 64 * 1024
"""A longer head of a response is an error of the far end."""


class Frame(NamedTuple):
    """A frame as the server sent it."""

    opcode: int
    payload: bytes
    fin: bool = True
    compressed: bool = False


class Response(NamedTuple):
    """An HTTP response; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Closed(NamedTuple):
    """A close frame's code and reason."""

    code: int | None
    reason: str


def frame(opcode: int, payload: bytes | str = b"", *, fin: bool = True, masked: bool = True) -> bytes:
    """A client's frame, masked with a key that is not zero unless told otherwise."""
    data = payload.encode() if isinstance(payload, str) else payload
    mask_bit = 0x80 if masked else 0
    first = opcode | (0x80 if fin else 0)
    if len(data) < 126:
        header = struct.pack("!BB", first, mask_bit | len(data))
    elif len(data) < 0x10000:
        header = struct.pack("!BBH", first, mask_bit | 126, len(data))
    else:
        header = struct.pack("!BBQ", first, mask_bit | 127, len(data))
    if not masked:
        return header + data
    key = b"\x11\x22\x33\x44"
    return header + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(data))


def text(payload: str) -> bytes:
    """A whole text message."""
    return frame(TEXT, payload)


def close(code: int | None = None, reason: str = "") -> bytes:
    """A close frame."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason.encode())


def handshake(
    path: str = "/prod",
    headers: Sequence[tuple[str, str]] = (),
    *,
    without: Sequence[str] = (),
    protocols: str | None = None,
) -> bytes:
    """The head of a WebSocket handshake; headers of the same name replace the usual ones, `without` leaves some out."""
    usual = [
        ("Host", "gateway.test"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", KEY),
    ]
    if protocols is not None:
        usual.append(("Sec-WebSocket-Protocol", protocols))
    replaced = {name.lower() for name, _ in headers} | {name.lower() for name in without}
    return request(path, [*((name, value) for name, value in usual if name.lower() not in replaced), *headers])


def request(path: str, headers: Sequence[tuple[str, str]], *, method: str = "GET", body: bytes = b"") -> bytes:
    """An HTTP/1.1 request with these headers and no others."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


class Wire:
    """One TCP connection to a server; `patience_s` is how long it waits for what must come."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, patience_s: float = PATIENCE_S
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.patience_s = patience_s
        self._inflate: zlib._Decompress | None = None

    @classmethod
    async def connect(
        cls,
        port: int,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        server_name: str = "localhost",
        patience_s: float = PATIENCE_S,
    ) -> Self:
        """Open the TCP connection, with TLS when there is a context, and send nothing. Raises OSError."""
        async with asyncio.timeout(patience_s):
            reader, writer = await asyncio.open_connection(
                host, port, ssl=tls, server_hostname=server_name if tls else None, limit=HEAD_BYTES_MAX
            )
        return cls(reader, writer, patience_s=patience_s)

    @classmethod
    async def upgrade(
        cls,
        port: int,
        path: str = "/prod",
        headers: Sequence[tuple[str, str]] = (),
        *,
        protocols: str | None = None,
        without: Sequence[str] = (),
    ) -> Self:
        """Open a WebSocket; it must be answered with 101."""
        wire = await cls.connect(port)
        wire.send(handshake(path, headers, protocols=protocols, without=without))
        response = await wire.response()
        if response.status != 101:
            raise Departure(f"the handshake was answered with {response.status}: {response.body!r}")
        return wire

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drop()

    def send(self, data: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(data)

    def send_text(self, payload: str) -> None:
        """A text message."""
        self.send(text(payload))

    async def drop(self) -> None:
        """End the TCP connection at once, without a close frame."""
        self.writer.transport.abort()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass

    async def reset(self) -> None:
        """End the TCP connection by a reset, as when a program is killed with bytes unread."""
        socket = self.writer.get_extra_info("socket")
        socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        await self.drop()

    def stop_reading(self) -> None:
        """Take nothing more from the network: a client that hangs."""
        cast(asyncio.ReadTransport, self.writer.transport).pause_reading()

    async def read(self, count: int) -> bytes:
        """Exactly so many bytes."""
        async with asyncio.timeout(self.patience_s):
            return await self.reader.readexactly(count)

    async def response(self) -> Response:
        """An HTTP response, its body by Content-Length, by chunks, or to the end when the server says that it closes."""
        async with asyncio.timeout(self.patience_s):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status_line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            status = int(status_line.split(" ")[1])
            response = Response(status, headers, await self._body(status, headers))
        self.take_compression(response)
        return response

    def take_compression(self, response: Response) -> None:
        """From here on frames may be compressed, if this response has agreed to it (RFC 7692)."""
        if response.status == 101 and "permessage-deflate" in response.headers.get("sec-websocket-extensions", ""):
            self._inflate = zlib.decompressobj(wbits=-15)  # a window of 15 bits reads any smaller one

    async def _body(self, status: int, headers: Mapping[str, str]) -> bytes:
        if status < 200 or status in (204, 304):
            return b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int((await self.reader.readuntil(b"\r\n")).partition(b";")[0], 16):
                body += await self.reader.readexactly(size)
                await self.reader.readuntil(b"\r\n")
            return body
        if "content-length" not in headers and headers.get("connection", "").lower() == "close":
            return await self.reader.read(-1)
        return await self.reader.readexactly(int(headers.get("content-length", "0")))

    async def frame(self) -> Frame:
        """The next frame, which must not be masked (RFC 6455 section 5.1)."""
        first, second = await self.read(2)
        if second & 0x80:
            raise Departure("a frame of the server is masked")
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.read(8))
        if first & (0x30 if self._inflate else 0x70):
            raise Departure(f"a frame of the server has reserved bits: {first:08b}")
        return Frame(first & 0x0F, await self.read(length), bool(first & 0x80), bool(first & 0x40))

    async def text(self) -> str:
        """The next message, which must be text."""
        opcode, payload, _, _ = await self.message()
        if opcode != TEXT:
            raise Departure(f"a text message was due, and a frame with opcode {opcode:#x} came: {payload[:200]!r}")
        return payload.decode()

    async def message(self) -> Frame:
        """The next message or control frame; fragments joined, and inflated when compression was negotiated."""
        opcode, payload, fin, compressed = await self.frame()
        while not fin:
            following, more, fin, _ = await self.frame()
            if following != CONTINUATION:
                raise Departure(f"a continuation was due, and a frame with opcode {following:#x} came")
            payload += more
        if compressed and self._inflate is not None:
            payload = self._inflate.decompress(payload + b"\x00\x00\xff\xff")
        return Frame(opcode, payload)

    async def closed(self) -> Closed:
        """The close frame, which must come next."""
        opcode, payload, _, _ = await self.frame()
        if opcode != CLOSE:
            raise Departure(f"a close frame was due, and a frame with opcode {opcode:#x} came: {payload[:200]!r}")
        if not payload:
            return Closed(None, "")
        return Closed(struct.unpack("!H", payload[:2])[0], payload[2:].decode())

    async def rest(self) -> bytes:
        """All that comes until the server ends the TCP connection, by FIN or RST."""
        async with asyncio.timeout(self.patience_s):
            received = b""
            try:
                while piece := await self.reader.read(65536):
                    received += piece
            except ConnectionError:
                pass
            return received

    async def ended(self) -> None:
        """The server ends the TCP connection, and nothing comes before that."""
        if received := await self.rest():
            raise Departure(f"before the end of the TCP connection came {received[:200]!r}")
