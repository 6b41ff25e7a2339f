"""RFC 6455 from the server's side, without extensions: bytes in, messages and control frames out.

A decoder keeps nothing but what it cannot yet judge: the bytes of a frame that has not wholly arrived, and the
payload of a message whose last fragment has not. Both are bounded by the limits, because a header that announces more
ends the connection before a byte of its payload is kept, and neither takes memory before there are bytes to fill it.
An idle decoder is four pointers.

Any chunking costs linear time: having read a header the decoder knows how many bytes the frame needs, and looks at
what it keeps again only when it has them. A frame that comes in pieces is looked at three times at most: for its
first two bytes, for its length, and whole.
"""

import codecs
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from talkroom.contract.close_codes import CloseCode
from talkroom.contract.quotas import FRAME_BYTES_MAX, MESSAGE_BYTES_MAX
from talkroom.gateway.frames import (
    CLOSE,
    CONTROL,
    CONTROL_BYTES_MAX,
    EXTENDED_LENGTH_BYTES,
    FIN,
    FIRST_BYTE_FAILURES,
    INVALID_UTF8,
    LENGTH,
    MASKED,
    OPCODE,
    PING,
    PONG,
    SECOND_BYTE_FAILURES,
    TEXT,
    Failure,
    PeerClose,
    Ping,
    Pong,
    as_text,
    decode_close,
    encode_close,
    encode_pong,
    encode_text,
    find_length_failure,
    unmask,
)

__all__ = [
    "CodecLimits",
    "Decoder",
    "Failure",
    "Inbound",
    "PeerClose",
    "Ping",
    "Pong",
    "as_text",
    "encode_close",
    "encode_pong",
    "encode_text",
]

Inbound = str | Ping | Pong | PeerClose | Failure
"""What arrives from a client; a complete text message is a plain string."""

_from_bytes: Final = int.from_bytes
_WHOLE_TEXT: Final = FIN | TEXT
_MASK_BYTES: Final = 4

_LAST: Final = (PeerClose, Failure)
_CONTROL_DECODERS: Final[Mapping[int, Callable[[bytes], Inbound]]] = {CLOSE: decode_close, PING: Ping, PONG: Pong}

_FRAME_TOO_BIG: Final = Failure(CloseCode.MESSAGE_TOO_BIG, "a frame is too big")
_MESSAGE_TOO_BIG: Final = Failure(CloseCode.MESSAGE_TOO_BIG, "a message is too big")


class CodecLimits(msgspec.Struct, frozen=True):
    """What a client may send; one object is shared by all decoders. Going beyond ends the connection with 1009.

    Raises ValueError when a limit is too small for the control frames that the RFC allows.
    """

    frame_bytes_max: int = FRAME_BYTES_MAX
    message_bytes_max: int = MESSAGE_BYTES_MAX

    def __post_init__(self) -> None:
        if min(self.frame_bytes_max, self.message_bytes_max) < CONTROL_BYTES_MAX:
            raise ValueError(f"limits of frames and messages must be {CONTROL_BYTES_MAX} bytes at least: {self}")


class _Message:
    """A fragmented message that is not complete, kept as bytes: text may take four times as many."""

    __slots__ = ("_utf8", "payload")

    def __init__(self) -> None:
        self.payload = bytearray()
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

    def extend(self, payload: bytes) -> None:
        """Raises UnicodeDecodeError when no continuation could make this valid (8.1).

        Of a surrogate Python wants to see all three bytes, although the second one is enough to know.
        """
        self._utf8.decode(payload)
        self.payload += payload


class Decoder:
    """What one client sends, decoded."""

    __slots__ = ("_awaited", "_limits", "_message", "_unparsed")

    def __init__(self, limits: CodecLimits) -> None:
        self._limits = limits
        self._unparsed: bytearray | None = None
        """The beginning of a frame that is not complete."""
        self._awaited = 0
        """How many bytes `_unparsed` must have before it is worth a look; 0 when there is none."""
        self._message: _Message | None = None

    def receive(self, data: bytes) -> list[Inbound]:
        """What these bytes complete, in order. A PeerClose or Failure comes last; then everything is discarded."""
        if self._awaited:
            data = self._resume(data)
        elif self._message is None:
            # What nearly every read of a chat server holds: one small text message, whole and alone.
            length = len(data) - 6
            if 0 <= length < 126 and data[1] == MASKED | length and data[0] == _WHOLE_TEXT:
                mask = (data[2:6] * 32)[:length]
                try:
                    return [(_from_bytes(data[6:]) ^ _from_bytes(mask)).to_bytes(length).decode()]
                except UnicodeDecodeError:
                    return self._end([], INVALID_UTF8)
        return self._parse(data)

    def _parse(self, data: bytes) -> list[Inbound]:
        inbound: list[Inbound] = []
        position, end = 0, len(data)
        while position < end:
            span = self._find_payload(data, position)
            if isinstance(span, Failure):
                return self._end(inbound, span)
            start, stop = span
            if stop > end:
                self._unparsed, self._awaited = bytearray(data[position:]), stop - position
                return inbound
            item = self._take(data[position], unmask(data[start:stop], data[start - _MASK_BYTES : start]))
            if isinstance(item, _LAST):
                return self._end(inbound, item)
            if item is not None:
                inbound.append(item)
            position = stop
        return inbound

    def _find_payload(self, data: bytes, position: int) -> tuple[int, int] | Failure:
        """Where the payload of the frame at a position starts and stops; beyond the data, when more must come."""
        end = len(data)
        if position + 2 > end:
            return position, position + 2
        first, second = data[position], data[position + 1]
        failure = (
            SECOND_BYTE_FAILURES[first & CONTROL != 0][second] or FIRST_BYTE_FAILURES[self._message is not None][first]
        )
        if failure is not None:
            return failure
        length, start = second & LENGTH, position + 2 + _MASK_BYTES
        if length > CONTROL_BYTES_MAX:
            announced, start = length, start + EXTENDED_LENGTH_BYTES[length]
            if start - _MASK_BYTES > end:
                return position, start - _MASK_BYTES
            length = _from_bytes(data[position + 2 : start - _MASK_BYTES])
            failure = find_length_failure(announced, length)
        return failure or self._find_excess(first, length) or (start, start + length)

    def _find_excess(self, first: int, length: int) -> Failure | None:
        """The limit that a frame exceeds, as soon as its header makes that certain; control frames do not count."""
        if first & CONTROL:
            return None
        if length > self._limits.frame_bytes_max:
            return _FRAME_TOO_BIG
        kept = 0 if self._message is None else len(self._message.payload)
        return _MESSAGE_TOO_BIG if kept + length > self._limits.message_bytes_max else None

    def _take(self, first: int, payload: bytes) -> Inbound | None:
        """What a frame completes; None for a fragment that is not the last."""
        try:
            if first == _WHOLE_TEXT:
                return payload.decode()
            if first & CONTROL:
                return _CONTROL_DECODERS[first & OPCODE](payload)
            message = self._message or _Message()
            if first & FIN:
                self._message = None
                return (message.payload + payload).decode()
            message.extend(payload)
            self._message = message
        except UnicodeDecodeError:
            return INVALID_UTF8
        return None

    def _resume(self, data: bytes) -> bytes:
        """What was kept together with these bytes, when that is worth a look; otherwise they are kept too."""
        if self._unparsed is None:
            return b""
        self._unparsed += data
        if len(self._unparsed) < self._awaited:
            return b""
        whole = bytes(self._unparsed)
        self._unparsed, self._awaited = None, 0
        return whole

    def _end(self, inbound: list[Inbound], last: PeerClose | Failure) -> list[Inbound]:
        """Discard everything from now on (5.5.1, 7.1.7): a decoder that waits with nothing kept never looks again."""
        inbound.append(last)
        self._unparsed, self._awaited, self._message = None, 1, None
        return inbound
