"""The `websockets` package's sans-I/O protocol as an independent judge of what a client may send."""

import codecs
from collections.abc import Callable

import msgspec
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from talkroom.gateway.codec import CodecLimits, Failure, Inbound, PeerClose, Ping, Pong
from tests.fuzz.client_frames import BINARY, CLOSE, CONTINUATION, TEXT, ClientFrame


class Failed(msgspec.Struct, frozen=True):
    """That the connection failed, and how: sentences are not compared."""

    code: int


Outcome = str | Ping | Pong | PeerClose | Failed


def outcome_of(inbound: Inbound) -> Outcome:
    """What our decoder says, as it is compared."""
    return Failed(inbound.code) if isinstance(inbound, Failure) else inbound


class Oracle:
    """A conversation as websockets sees it, given whole frames."""

    def __init__(self, limits: CodecLimits) -> None:
        self.limits = limits
        self.unfinished: bytes | None = None
        """The payload of a fragmented message so far."""
        self._protocol = ServerProtocol(state=State.OPEN, max_size=(limits.message_bytes_max, limits.frame_bytes_max))

    @property
    def length_max(self) -> int:
        """What websockets allows the next frame: it counts control frames too."""
        kept = len(self.unfinished or b"")
        return min(self.limits.frame_bytes_max, self.limits.message_bytes_max - kept)

    def receive(self, data: bytes) -> list[Outcome]:
        """What one frame completes."""
        self._protocol.receive_data(data)
        outcomes = [outcome for event in self._protocol.events_received() for outcome in self._take(event)]
        if self._protocol.parser_exc is not None:
            assert self._protocol.close_sent is not None
            outcomes.append(Failed(self._protocol.close_sent.code))
        return outcomes

    def _take(self, frame: object) -> list[Outcome]:
        assert isinstance(frame, Frame)
        match frame.opcode:
            case Opcode.PING:
                return [Ping(bytes(frame.data))]
            case Opcode.PONG:
                return [Pong(bytes(frame.data))]
            case Opcode.CLOSE:
                close = self._protocol.close_rcvd
                assert close is not None
                return [PeerClose(None if close.code == CloseCode.NO_STATUS_RCVD else close.code, close.reason)]
            case _:
                return self._join(bytes(frame.data), frame.fin)

    def _join(self, payload: bytes, fin: bool) -> list[Outcome]:
        """The layer above the protocol joins fragments and decodes them when they are complete."""
        whole = (self.unfinished or b"") + payload
        self.unfinished = None if fin else whole
        if not fin:
            return []
        try:
            return [whole.decode()]
        except UnicodeDecodeError:
            return [Failed(CloseCode.INVALID_DATA)]


class Difference(msgspec.Struct, frozen=True):
    """A frame about which we deliberately say something else than websockets, and what."""

    why: str
    applies: Callable[[ClientFrame, Oracle], bool]
    ours: Callable[[ClientFrame], Outcome]


def _breaks_header_rule(frame: ClientFrame, oracle: Oracle) -> bool:
    """Sections 5.1, 5.2, 5.4 and 5.5, but for how a length is written."""
    within = oracle.unfinished is not None
    return (
        frame.reserved != 0
        or frame.key is None
        or frame.opcode not in (0x0, 0x1, 0x2, 0x8, 0x9, 0xA)
        or (frame.is_control and (not frame.fin or frame.length > 125))
        or (frame.opcode == CONTINUATION and not within)
        or (frame.opcode in (TEXT, BINARY) and within)
    )


def _is_hopeless(frame: ClientFrame, oracle: Oracle) -> bool:
    """A fragment, not the last, after which no continuation can be valid UTF-8."""
    if frame.is_control or frame.fin or _breaks_header_rule(frame, oracle) or frame.length > oracle.length_max:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode((oracle.unfinished or b"") + frame.payload)
    except UnicodeDecodeError:
        return True
    return False


def _read(frame: ClientFrame) -> Outcome:
    """The control frame itself, as a new conversation has it."""
    (outcome,) = Oracle(CodecLimits()).receive(frame.encode())
    return outcome


DIFFERENCES = (
    Difference(
        "A header is judged before its length is compared with the limits (websockets: 1009 first).",
        lambda frame, oracle: _breaks_header_rule(frame, oracle) and frame.length > oracle.length_max,
        lambda _: Failed(1002),
    ),
    Difference(
        "Binary messages end the connection with 1003, as on API Gateway (websockets accepts them).",
        lambda frame, oracle: frame.opcode == BINARY and not _breaks_header_rule(frame, oracle),
        lambda _: Failed(1003),
    ),
    Difference(
        "5.2: the most significant bit of a 64-bit length must be 0 (websockets: 1009, the length being too large).",
        lambda frame, _: frame.length >> 63 == 1,
        lambda _: Failed(1002),
    ),
    Difference(
        "5.2: the minimal number of bytes must be used for a length (websockets reads any).",
        lambda frame, _: frame.length_bytes is not None and frame.length_bytes > frame.length_bytes_min,
        lambda _: Failed(1002),
    ),
    Difference(
        "Control frames do not count towards a message's size (websockets: 1009 near the limit).",
        lambda frame, oracle: frame.is_control and frame.length > oracle.length_max,
        _read,
    ),
    Difference(
        "5.4: a close frame may come between the fragments of a message (websockets: 1002).",
        lambda frame, oracle: frame.opcode == CLOSE and oracle.unfinished is not None,
        _read,
    ),
    Difference(
        "8.1: text fails with the fragment that makes it invalid (websockets: when the message is complete).",
        _is_hopeless,
        lambda _: Failed(1007),
    ),
)
"""All of them, first come first served; a conversation is compared up to the first frame that one applies to."""


def find_difference(frame: ClientFrame, oracle: Oracle) -> Difference | None:
    """The first row that applies."""
    return next((difference for difference in DIFFERENCES if difference.applies(frame, oracle)), None)
