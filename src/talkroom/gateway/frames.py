"""Frames of RFC 6455 as a server reads and writes them: the rules of a header, the mask, and the frames that it sends.

A header is judged by itself, before any payload is kept. Every rule about its first two bytes is a row with its
section of the RFC; the rows are folded into look-up tables, so that judging a good frame costs two look-ups. There
are no extensions: every offer of permessage-deflate is declined, so the reserved bits are always an error.
"""

import re
import struct
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from talkroom.contract.close_codes import CloseCode
from talkroom.contract.quotas import FRAME_BYTES_MAX

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

FIN: Final = 0x80
RESERVED: Final = 0x70
OPCODE: Final = 0x0F
CONTROL: Final = 0x08
MASKED: Final = 0x80
LENGTH: Final = 0x7F

CONTROL_BYTES_MAX: Final = 125
"""Payload of a control frame (5.5), and of any frame whose length fits in its second byte (5.2)."""

EXTENDED_LENGTH_BYTES: Final = {126: 2, 127: 8}
"""How many bytes of length follow a second byte that says so (5.2)."""

_OPCODES: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_LENGTH_MIN: Final = {126: 126, 127: 0x1_0000}


class Ping(msgspec.Struct, frozen=True, gc=False):
    """To be answered by a pong with the same payload (5.5.2)."""

    payload: bytes


class Pong(msgspec.Struct, frozen=True, gc=False):
    """Asked for or not; needs no answer (5.5.3)."""

    payload: bytes


class PeerClose(msgspec.Struct, frozen=True, gc=False):
    """The client's close frame, to be echoed unless ours was sent first (5.5.1); the code is None when it held none."""

    code: int | None
    reason: str


class Failure(msgspec.Struct, frozen=True, gc=False):
    """The client broke a rule: send a close frame with these and drop the connection (7.1.7)."""

    code: CloseCode
    reason: str


class HeaderRule(NamedTuple):
    """A rule about one byte of a header."""

    section: str
    is_broken: Callable[[int, bool], bool]
    """By a byte and a flag. First byte: a fragmented message is unfinished. Second byte: this is a control frame."""
    failure: Failure


def _rule(section: str, is_broken: Callable[[int, bool], bool], reason: str) -> HeaderRule:
    return HeaderRule(section, is_broken, Failure(CloseCode.PROTOCOL_ERROR, reason))


FIRST_BYTE_RULES: Final = (
    _rule("5.2", lambda first, _: first & RESERVED != 0, "reserved bits are set, but no extension was negotiated"),
    _rule("5.2", lambda first, _: first & OPCODE not in _OPCODES, "unknown opcode"),
    _rule("5.5", lambda first, _: first & CONTROL != 0 and not first & FIN, "a control frame is fragmented"),
    _rule("5.4", lambda first, within: first & OPCODE == CONTINUATION and not within, "nothing to continue"),
    _rule("5.4", lambda first, within: first & OPCODE in (TEXT, BINARY) and within, "a message inside a message"),
    # Not an error of the RFC: API Gateway takes text only (contract page, section 5.5).
    HeaderRule(
        "7.4.1",
        lambda first, _: first & OPCODE == BINARY,
        Failure(CloseCode.UNSUPPORTED_DATA, "binary messages are not supported"),
    ),
)

SECOND_BYTE_RULES: Final = (
    _rule("5.1", lambda second, _: not second & MASKED, "a client's frame is not masked"),
    _rule(
        "5.5", lambda second, control: control and second & LENGTH > CONTROL_BYTES_MAX, "a control frame is too long"
    ),
)


def _fold(rules: tuple[HeaderRule, ...]) -> tuple[tuple[Failure | None, ...], ...]:
    """The first rule that each byte breaks, as `table[flag][byte]`."""
    return tuple(
        tuple(next((rule.failure for rule in rules if rule.is_broken(byte, flag)), None) for byte in range(256))
        for flag in (False, True)
    )


FIRST_BYTE_FAILURES: Final = _fold(FIRST_BYTE_RULES)
SECOND_BYTE_FAILURES: Final = _fold(SECOND_BYTE_RULES)

LENGTH_TOP_BIT: Final = Failure(CloseCode.PROTOCOL_ERROR, "the top bit of a 64-bit length is set")
LENGTH_NOT_MINIMAL: Final = Failure(CloseCode.PROTOCOL_ERROR, "a length is not in the fewest bytes")
INVALID_UTF8: Final = Failure(CloseCode.INVALID_PAYLOAD, "text is not valid UTF-8")
CLOSE_TOO_SHORT: Final = Failure(CloseCode.PROTOCOL_ERROR, "a close frame has one byte")
CLOSE_CODE_INVALID: Final = Failure(CloseCode.PROTOCOL_ERROR, "a close code may not be sent")

SENDABLE_CLOSE_CODES: Final = (range(1000, 1004), range(1007, 1015), range(3000, 5000))
"""7.4.1, 7.4.2, and the IANA registry for 1012 to 1014. The codes between are reserved or say that there was none."""

_SURROGATE: Final = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")


def find_length_failure(announced: int, length: int) -> Failure | None:
    """What an extended length breaks (5.2); `announced` is the 126 or 127 of the second byte."""
    if length >> 63:
        return LENGTH_TOP_BIT
    return LENGTH_NOT_MINIMAL if length < _LENGTH_MIN[announced] else None


def unmask(payload: bytes, key: bytes) -> bytes:
    """Undo the masking of section 5.3 by one XOR of two big integers: the fastest way known in pure Python up to 1 KiB.

    At 32 KiB `bytes.translate` over four strides takes about half the time, but three times as long at 100 bytes.
    """
    length = len(payload)
    mask = (key * (length // 4 + 1))[:length]
    return (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(length)


def decode_close(payload: bytes) -> PeerClose | Failure:
    """What a client's close frame says (5.5.1, 7.1.5, 7.1.6)."""
    if not payload:
        return PeerClose(None, "")
    if len(payload) == 1:
        return CLOSE_TOO_SHORT
    try:
        reason = payload[2:].decode()
    except UnicodeDecodeError:
        return INVALID_UTF8
    code = int.from_bytes(payload[:2], "big")
    return PeerClose(code, reason) if _is_sendable(code) else CLOSE_CODE_INVALID


def encode_text(payload: bytes, frame_bytes_max: int = FRAME_BYTES_MAX) -> bytes:
    """One text message, in fragments when it is larger than a frame may be (5.4).

    The cuts may fall inside a character: a fragment need not be valid UTF-8 by itself (5.6).
    """
    if len(payload) <= frame_bytes_max:
        return _encode(FIN | TEXT, payload)
    first, *middle, last = (
        payload[start : start + frame_bytes_max] for start in range(0, len(payload), frame_bytes_max)
    )
    continued = (_encode(CONTINUATION, piece) for piece in middle)
    return b"".join((_encode(TEXT, first), *continued, _encode(FIN | CONTINUATION, last)))


def encode_close(code: int | None, reason: str = "") -> bytes:
    """A close frame; without a code it is empty (5.5.1). The reason is cut at a character to fit a control frame.

    Raises ValueError for a code that may not be sent (7.4.1), such as 1005 and 1006.
    """
    if code is None:
        return _encode(FIN | CLOSE, b"")
    if not _is_sendable(code):
        raise ValueError(f"close code {code} may not be sent")
    text = reason.encode("utf-8", "replace")[: CONTROL_BYTES_MAX - 2].decode("utf-8", "ignore")
    return _encode(FIN | CLOSE, code.to_bytes(2, "big") + text.encode())


def encode_pong(payload: bytes) -> bytes:
    """The answer to a ping. Raises ValueError when no ping can have held the payload."""
    if len(payload) > CONTROL_BYTES_MAX:
        raise ValueError(f"a pong of {len(payload)} bytes; at most {CONTROL_BYTES_MAX} are allowed")
    return _encode(FIN | PONG, payload)


def as_text(payload: bytes) -> bytes:
    """A payload of the management API as the UTF-8 that its client receives; valid UTF-8 comes back as it is.

    API Gateway puts U+FFFD where Python does, but one for a whole surrogate, even a cut one (section 1.3 of the
    contract page). 0xED only ever begins a character, so a surrogate can first be made one byte that is never valid.
    """
    try:
        payload.decode()
    except UnicodeDecodeError:
        return _SURROGATE.sub(b"\xff", payload).decode("utf-8", "replace").encode()
    return payload


def _is_sendable(code: int) -> bool:
    return any(code in codes for codes in SENDABLE_CLOSE_CODES)


def _encode(first: int, payload: bytes) -> bytes:
    """A frame of a server: not masked (5.1), its length in the fewest bytes (5.2)."""
    length = len(payload)
    if length <= CONTROL_BYTES_MAX:
        return bytes((first, length)) + payload
    if length < 0x1_0000:
        return struct.pack("!BBH", first, 126, length) + payload
    return struct.pack("!BBQ", first, 127, length) + payload
