"""Frames as a client sends them, right or wrong in every way that a header can be."""

import itertools

import msgspec

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KEY = b"\x37\xfa\x21\x3d"
"""The masking key of RFC 6455 section 5.7's examples."""


class ClientFrame(msgspec.Struct, frozen=True):
    """One frame; the defaults are a whole text message in a correct frame."""

    payload: bytes = b""
    opcode: int = TEXT
    fin: bool = True
    reserved: int = 0
    """The three reserved bits, 0 to 7."""
    key: bytes | None = KEY
    """None for a frame that is not masked."""
    length_bytes: int | None = None
    """In how many bytes the length is written: 1, 2 or 8; None for the fewest."""
    announced: int | None = None
    """The length that the header claims, when it is not the payload's."""

    @property
    def length(self) -> int:
        """What the header says."""
        return len(self.payload) if self.announced is None else self.announced

    @property
    def length_bytes_min(self) -> int:
        """The fewest bytes in which the length can be written."""
        return 1 if self.length < 126 else 2 if self.length < 1 << 16 else 8

    @property
    def is_control(self) -> bool:
        """Whether the opcode's top bit is set (RFC 6455 section 5.5)."""
        return self.opcode >= CLOSE

    def encode(self) -> bytes:
        """The bytes on the wire, masked one by one so that the code under test is not its own judge."""
        first = self.fin << 7 | self.reserved << 4 | self.opcode
        mask_bit = 0 if self.key is None else 0x80
        length_bytes = max(self.length_bytes or 1, self.length_bytes_min)
        if length_bytes == 1:
            length = bytes([mask_bit | self.length])
        else:
            length = bytes([mask_bit | (126 if length_bytes == 2 else 127)]) + self.length.to_bytes(length_bytes, "big")
        if self.key is None:
            return bytes([first]) + length + self.payload
        masked = bytes(byte ^ mask for byte, mask in zip(self.payload, itertools.cycle(self.key), strict=False))
        return bytes([first]) + length + self.key + masked


def text(payload: str | bytes, *, fin: bool = True) -> bytes:
    """A text frame; without `fin`, the first fragment of a message."""
    return ClientFrame(payload.encode() if isinstance(payload, str) else payload, fin=fin).encode()


def continuation(payload: str | bytes, *, fin: bool) -> bytes:
    """A later fragment of a message."""
    data = payload.encode() if isinstance(payload, str) else payload
    return ClientFrame(data, opcode=CONTINUATION, fin=fin).encode()


def control(opcode: int, payload: bytes = b"") -> bytes:
    """A ping, pong or close frame."""
    return ClientFrame(payload, opcode=opcode).encode()
