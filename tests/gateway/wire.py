"""A WebSocket client that may break every rule: bytes out as a test wants them, frames in as they came.

It shares no code with the gateway, so that both cannot be wrong alike.
"""

import asyncio
import ssl
import struct
from base64 import b64encode
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

KEY = b64encode(b"sixteen bytes...").decode()
PATIENCE_S = 10.0
"""How long a test waits for something that must come; nothing that works takes as long."""


class Frame(NamedTuple):
    """A frame as the server sent it."""

    opcode: int
    payload: bytes
    fin: bool = True


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
    lines = [f"GET {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in usual if name.lower() not in replaced]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join((*lines, "", "")).encode("latin-1")


class Wire:
    """One TCP connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, *, tls: ssl.SSLContext | None = None) -> Self:
        """Open the TCP connection and send nothing."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
        )
        return cls(reader, writer)

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
        assert response.status == 101, response
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

    async def read(self, count: int) -> bytes:
        """Exactly so many bytes."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readexactly(count)

    async def response(self) -> Response:
        """An HTTP response, its body by Content-Length."""
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status_line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Response(int(status_line.split(" ")[1]), headers, body)

    async def frame(self) -> Frame:
        """The next frame, which must not be masked (RFC 6455 section 5.1)."""
        first, second = await self.read(2)
        assert second & 0x80 == 0, "a server's frame is masked"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.read(8))
        assert first & 0x70 == 0, "reserved bits are set"
        return Frame(first & 0x0F, await self.read(length), bool(first & 0x80))

    async def text(self) -> str:
        """The next message, which must be text; its fragments joined."""
        opcode, payload, fin = await self.frame()
        assert opcode == TEXT, (opcode, payload)
        while not fin:
            opcode, more, fin = await self.frame()
            assert opcode == CONTINUATION
            payload += more
        return payload.decode()

    async def closed(self) -> Closed:
        """The close frame, which must come next."""
        opcode, payload, _ = await self.frame()
        assert opcode == CLOSE, (opcode, payload)
        if not payload:
            return Closed(None, "")
        return Closed(struct.unpack("!H", payload[:2])[0], payload[2:].decode())

    async def rest(self) -> bytes:
        """All that comes until the server ends the TCP connection, by FIN or RST."""
        async with asyncio.timeout(PATIENCE_S):
            received = b""
            try:
                while piece := await self.reader.read(65536):
                    received += piece
            except ConnectionError:
                pass
            return received

    async def ended(self) -> None:
        """The server ends the TCP connection, and nothing comes before that."""
        assert await self.rest() == b""
