"""The decoder: what arrives, what is refused and when, and what it costs."""

import sys
import tracemalloc
from collections import Counter
from types import FrameType

import pytest

from talkroom.contract.close_codes import CloseCode
from talkroom.contract.quotas import FRAME_BYTES_MAX, MESSAGE_BYTES_MAX
from talkroom.gateway.codec import CodecLimits, Decoder, Failure, Inbound, PeerClose, Ping, Pong
from tests.fuzz.client_frames import BINARY, CLOSE, CONTINUATION, PING, PONG, ClientFrame, continuation, control, text

LIMITS = CodecLimits()


def decode(*chunks: bytes, limits: CodecLimits = LIMITS) -> list[Inbound]:
    """What a new decoder makes of these reads."""
    decoder = Decoder(limits)
    return [inbound for chunk in chunks for inbound in decoder.receive(chunk)]


def code_of(inbound: list[Inbound]) -> CloseCode:
    """The code of the failure that is all that came."""
    (failure,) = inbound
    assert isinstance(failure, Failure)
    return failure.code


# Messages


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 1000, 32_768])
def test_a_whole_text_frame_is_a_message(length: int) -> None:
    """Sections 5.2 and 5.6, for every form of length."""
    assert decode(text("x" * length)) == ["x" * length]


@pytest.mark.parametrize("length", [65_535, 65_536, 70_000])
def test_a_64_bit_length_is_understood(length: int) -> None:
    """Section 5.2, where the limits are configured to allow it."""
    assert decode(text("x" * length), limits=CodecLimits(100_000, 100_000)) == ["x" * length]


def test_text_is_decoded_as_utf8() -> None:
    """Section 5.6, and nothing is changed: no newline, no byte order mark, no NUL."""
    written = "\ufeffé 本 🎉 \0\r\n\t "

    assert decode(text(written)) == [written]


def test_frames_in_one_read_are_all_delivered() -> None:
    """TCP knows no frames."""
    assert decode(text("one") + text("two") + control(PING, b"?") + text("three")) == [
        "one",
        "two",
        Ping(b"?"),
        "three",
    ]


def test_fragments_are_joined() -> None:
    """Section 5.4."""
    assert decode(text("Hel", fin=False), continuation("lo, ", fin=False), continuation("you", fin=True)) == [
        "Hello, you"
    ]


def test_a_character_may_be_cut_by_fragments() -> None:
    """Section 5.6: a fragment need not be valid UTF-8, the message must."""
    first, second = "🎉".encode()[:1], "🎉".encode()[1:]

    assert decode(text(first, fin=False), continuation(second, fin=True)) == ["🎉"]


def test_a_message_inside_a_message_fails_in_a_read_of_its_own() -> None:
    """Section 5.4: the read that would otherwise be the most common of all."""
    assert code_of(decode(text("a", fin=False), text("b"))) == CloseCode.PROTOCOL_ERROR


def test_empty_fragments_add_nothing() -> None:
    """Section 5.4 allows them; they cost no memory."""
    assert decode(text("", fin=False), continuation("", fin=False), continuation("a", fin=True)) == ["a"]


def test_control_frames_between_fragments_come_first() -> None:
    """Section 5.4: they may be injected, and are answered before the message is complete."""
    received = decode(text("a", fin=False) + control(PING, b"1") + control(PONG, b"2") + continuation("b", fin=True))

    assert received == [Ping(b"1"), Pong(b"2"), "ab"]


def test_messages_may_follow_a_fragmented_one() -> None:
    """The decoder is between messages again."""
    assert decode(text("a", fin=False) + continuation("b", fin=True) + text("c"), text("d")) == ["ab", "c", "d"]


def test_any_cut_gives_the_same() -> None:
    """A conversation with all that is allowed, cut in two at every byte and into single bytes."""
    stream = (
        text("short")
        + text("x" * 200)
        + control(PING, b"ping")
        + text("é", fin=False)
        + control(PONG)
        + continuation("🎉" * 50, fin=False)
        + continuation("", fin=True)
        + control(CLOSE, b"\x03\xe8bye")
    )
    whole = decode(stream)

    assert whole == ["short", "x" * 200, Ping(b"ping"), Pong(b""), "é" + "🎉" * 50, PeerClose(1000, "bye")]
    assert all(decode(stream[:cut], stream[cut:]) == whole for cut in range(len(stream)))
    assert decode(*(stream[index : index + 1] for index in range(len(stream)))) == whole


# Control frames


@pytest.mark.parametrize("payload", [b"", b"\xff\x00", b"x" * 125], ids=["empty", "not text", "longest"])
def test_pings_and_pongs_carry_any_bytes(payload: bytes) -> None:
    """Sections 5.5.2 and 5.5.3."""
    assert decode(control(PING, payload), control(PONG, payload)) == [Ping(payload), Pong(payload)]


def test_a_close_frame_may_be_empty() -> None:
    """Section 7.1.5: there was no code, which `$disconnect` will be told as 1005."""
    assert decode(control(CLOSE)) == [PeerClose(None, "")]


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999])
def test_a_close_frame_may_hold_a_valid_code(code: int) -> None:
    """Section 7.4, and a reason in UTF-8."""
    assert decode(control(CLOSE, code.to_bytes(2, "big") + "très bien".encode())) == [PeerClose(code, "très bien")]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535])
def test_a_close_frame_with_an_invalid_code_fails(code: int) -> None:
    """Section 7.4: reserved, unassigned, or never to be sent."""
    assert code_of(decode(control(CLOSE, code.to_bytes(2, "big")))) == CloseCode.PROTOCOL_ERROR


def test_a_close_frame_of_one_byte_fails() -> None:
    """Section 5.5.1: a body begins with a code of two."""
    assert code_of(decode(control(CLOSE, b"\x03"))) == CloseCode.PROTOCOL_ERROR


def test_a_reason_that_is_not_utf8_fails() -> None:
    """Sections 5.5.1 and 8.1."""
    assert code_of(decode(control(CLOSE, b"\x03\xe8\xff"))) == CloseCode.INVALID_PAYLOAD


def test_a_close_frame_may_come_between_fragments() -> None:
    """Section 5.4: any control frame may."""
    assert decode(text("a", fin=False), control(CLOSE, b"\x03\xe8")) == [PeerClose(1000, "")]


@pytest.mark.parametrize(
    "last", [control(CLOSE), ClientFrame(key=None).encode()], ids=["after a close frame", "after a failure"]
)
def test_what_follows_the_end_is_discarded(last: bytes) -> None:
    """Sections 5.5.1 and 7.1.7: in the same read and in all later ones; what came before is not lost."""
    decoder = Decoder(LIMITS)

    first, final = decoder.receive(text("before") + last + text("after"))

    assert first == "before"
    assert isinstance(final, PeerClose | Failure)
    assert decoder.receive(text("later")) == []
    assert decoder.receive(control(CLOSE)) == []


# Rules of the header


UNFINISHED = text("a", fin=False)


@pytest.mark.parametrize(
    ("before", "frame", "code"),
    [
        pytest.param(b"", ClientFrame(reserved=4), 1002, id="5.2 RSV1"),
        pytest.param(b"", ClientFrame(reserved=2), 1002, id="5.2 RSV2"),
        pytest.param(b"", ClientFrame(reserved=1), 1002, id="5.2 RSV3"),
        pytest.param(b"", ClientFrame(opcode=PING, reserved=4), 1002, id="5.2 RSV1 on a ping"),
        pytest.param(b"", ClientFrame(opcode=0x3), 1002, id="5.2 first unknown data opcode"),
        pytest.param(b"", ClientFrame(opcode=0x7), 1002, id="5.2 last unknown data opcode"),
        pytest.param(b"", ClientFrame(opcode=0xB), 1002, id="5.2 first unknown control opcode"),
        pytest.param(b"", ClientFrame(opcode=0xF), 1002, id="5.2 last unknown control opcode"),
        pytest.param(b"", ClientFrame(key=None), 1002, id="5.1 not masked"),
        pytest.param(b"", ClientFrame(opcode=CLOSE, key=None), 1002, id="5.1 close not masked"),
        pytest.param(b"", ClientFrame(opcode=CLOSE, fin=False), 1002, id="5.5 close fragmented"),
        pytest.param(b"", ClientFrame(opcode=PING, fin=False), 1002, id="5.5 ping fragmented"),
        pytest.param(b"", ClientFrame(opcode=PONG, fin=False), 1002, id="5.5 pong fragmented"),
        pytest.param(b"", ClientFrame(opcode=PING, announced=126), 1002, id="5.5 ping of 126 bytes"),
        pytest.param(b"", ClientFrame(opcode=PONG, announced=70_000), 1002, id="5.5 pong of 70 kB"),
        pytest.param(b"", ClientFrame(opcode=CONTINUATION), 1002, id="5.4 nothing to continue"),
        pytest.param(b"", ClientFrame(opcode=CONTINUATION, fin=False), 1002, id="5.4 nothing to continue, no FIN"),
        pytest.param(UNFINISHED, ClientFrame(), 1002, id="5.4 text inside a message"),
        pytest.param(UNFINISHED, ClientFrame(fin=False), 1002, id="5.4 fragment inside a message"),
        pytest.param(UNFINISHED, ClientFrame(opcode=BINARY), 1002, id="5.4 binary inside a message"),
        pytest.param(b"", ClientFrame(opcode=BINARY), 1003, id="7.4.1 binary"),
        pytest.param(b"", ClientFrame(opcode=BINARY, fin=False), 1003, id="7.4.1 binary, fragmented"),
        pytest.param(b"", ClientFrame(opcode=BINARY, key=None), 1002, id="5.1 binary, not masked"),
    ],
)
def test_a_bad_header_fails_at_its_second_byte(before: bytes, frame: ClientFrame, code: int) -> None:
    """Nothing more is waited for or kept."""
    decoder = Decoder(LIMITS)
    assert decoder.receive(before + frame.encode()[:1]) == []

    assert code_of(decoder.receive(frame.encode()[1:2])) == code


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(ClientFrame(b"x" * 125, length_bytes=2), id="125 in two bytes"),
        pytest.param(ClientFrame(b"", length_bytes=2), id="0 in two bytes"),
        pytest.param(ClientFrame(b"x", length_bytes=8), id="1 in eight bytes"),
        pytest.param(ClientFrame(announced=65_535, length_bytes=8), id="65535 in eight bytes"),
        pytest.param(ClientFrame(announced=1 << 63), id="the top bit"),
        pytest.param(ClientFrame(announced=(1 << 64) - 1), id="all bits"),
    ],
)
def test_a_bad_length_fails(frame: ClientFrame) -> None:
    """Section 5.2: the fewest bytes, and the most significant bit 0."""
    assert code_of(decode(frame.encode())) == CloseCode.PROTOCOL_ERROR


# Text


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"\xff", id="never valid"),
        pytest.param(b"\x80", id="a continuation alone"),
        pytest.param(b"\xc0\xaf", id="overlong"),
        pytest.param(b"\xed\xa0\x80", id="a surrogate"),
        pytest.param(b"\xf4\x90\x80\x80", id="beyond U+10FFFF"),
        pytest.param(b"abc\xe2\x82", id="cut"),
        pytest.param(b"a" * 200 + b"\xff", id="in a longer frame"),
    ],
)
def test_text_that_is_not_utf8_fails(payload: bytes) -> None:
    """Section 8.1."""
    assert code_of(decode(text(payload))) == CloseCode.INVALID_PAYLOAD


@pytest.mark.parametrize("payload", [b"\xff", b"\xed\xa0\x80", b"ok \xf4\x90"], ids=["byte", "surrogate", "U+110000"])
def test_an_invalid_fragment_fails_at_once(payload: bytes) -> None:
    """No continuation could make it valid, so none is waited for."""
    assert code_of(decode(text(payload, fin=False))) == CloseCode.INVALID_PAYLOAD


def test_a_character_that_a_fragment_breaks_fails_with_it() -> None:
    """What the first fragment left open, the second one does not complete."""
    assert decode(text(b"\xe2\x82", fin=False)) == []
    assert code_of(decode(text(b"\xe2\x82", fin=False), continuation(b"a", fin=False))) == CloseCode.INVALID_PAYLOAD


def test_a_message_that_ends_inside_a_character_fails() -> None:
    """The last fragment is the last chance to complete it."""
    assert code_of(decode(text(b"\xe2\x82", fin=False), continuation(b"", fin=True))) == CloseCode.INVALID_PAYLOAD


# Limits


def test_a_frame_of_the_limit_is_accepted() -> None:
    """32 KiB (contract page, section 5.5)."""
    assert decode(text("x" * FRAME_BYTES_MAX)) == ["x" * FRAME_BYTES_MAX]


@pytest.mark.parametrize("length", [FRAME_BYTES_MAX + 1, 65_535, 65_536, (1 << 63) - 1])
def test_a_larger_frame_fails_at_its_header(length: int) -> None:
    """1009 with the last byte of its length, before its key or any of its payload."""
    frame = ClientFrame(announced=length).encode()
    header_bytes = 4 if length < 1 << 16 else 10
    decoder = Decoder(LIMITS)
    assert [inbound for index in range(header_bytes - 1) for inbound in decoder.receive(frame[index : index + 1])] == []

    assert code_of(decoder.receive(frame[header_bytes - 1 : header_bytes])) == CloseCode.MESSAGE_TOO_BIG


def test_a_message_of_the_limit_is_accepted() -> None:
    """128 KiB in four fragments."""
    part = "x" * FRAME_BYTES_MAX
    fragments = [text(part, fin=False), *[continuation(part, fin=False)] * 2, continuation(part, fin=True)]

    assert decode(*fragments) == ["x" * MESSAGE_BYTES_MAX]


def test_a_larger_message_fails_at_the_header_that_makes_it_certain() -> None:
    """1009 before the payload that would be too much."""
    part = "x" * FRAME_BYTES_MAX
    fragments = [text(part, fin=False), *[continuation(part, fin=False)] * 3]

    assert decode(*fragments) == []
    assert code_of(decode(*fragments, continuation("x", fin=True)[:2])) == CloseCode.MESSAGE_TOO_BIG


def test_a_message_limit_below_the_frame_limit_counts() -> None:
    """Whichever is smaller."""
    assert code_of(decode(text("x" * 201), limits=CodecLimits(300, 200))) == CloseCode.MESSAGE_TOO_BIG
    assert code_of(decode(text("x" * 201), limits=CodecLimits(200, 300))) == CloseCode.MESSAGE_TOO_BIG


def test_control_frames_do_not_count_towards_the_message() -> None:
    """A ping at the limit is still a ping."""
    full = text("x" * 200, fin=False)

    assert decode(full + control(PING, b"p" * 125), limits=CodecLimits(200, 200)) == [Ping(b"p" * 125)]


def test_limits_below_a_control_frame_are_refused() -> None:
    """Section 5.5 lets a client send 125 bytes in any case."""
    assert CodecLimits(125, 125).frame_bytes_max == 125
    with pytest.raises(ValueError, match="125"):
        CodecLimits(124, 1000)
    with pytest.raises(ValueError, match="125"):
        CodecLimits(1000, 124)


# Cost


def test_an_idle_decoder_is_four_pointers() -> None:
    """Memory per idle connection is a promise of the server: objects and pointers here, nothing behind them."""
    decoder = Decoder(LIMITS)

    assert not hasattr(decoder, "__dict__")
    assert sys.getsizeof(decoder) <= 64


def _traced(decoder: Decoder, *chunks: bytes) -> int:
    """How many more bytes are allocated after the reads than before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for chunk in chunks:
            decoder.receive(chunk)
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_a_decoder_keeps_nothing_between_messages() -> None:
    """Neither of a frame that came in pieces nor of a fragmented message."""
    whole = text("x" * 30_000)
    pieces = [whole[:10_000], whole[10_000:], text("x" * 30_000, fin=False), continuation("", fin=True)]

    assert _traced(Decoder(LIMITS), *pieces) < 500


def test_a_header_that_claims_much_costs_nothing() -> None:
    """A client pays for memory with bytes that it sends."""
    header = ClientFrame(announced=FRAME_BYTES_MAX).encode()

    assert _traced(Decoder(LIMITS), header, b"x" * 100) < 500


def test_empty_fragments_cost_no_memory() -> None:
    """A message without end is bounded even when none of its fragments says anything."""
    empty = continuation("", fin=False)

    assert _traced(Decoder(LIMITS), text("", fin=False), *[empty] * 1000) < 2000


def test_single_bytes_cost_linear_time() -> None:
    """A frame of 32 KiB in as many reads is looked at when its length is known and when whole, and unmasked once."""
    frame = text("x" * FRAME_BYTES_MAX)
    decoder = Decoder(LIMITS)
    calls: Counter[str] = Counter()

    def count(python_frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            calls[python_frame.f_code.co_name] += 1

    sys.setprofile(count)
    try:
        for index in range(len(frame)):
            decoder.receive(frame[index : index + 1])
    finally:
        sys.setprofile(None)

    assert calls["find_length_failure"] == 2
    assert calls["unmask"] == 1
    assert calls.total() < 4 * len(frame)
