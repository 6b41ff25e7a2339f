"""Single frames: the tables of rules, the mask, and what the server sends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkroom.contract.close_codes import CloseCode
from talkroom.gateway.frames import (
    FIRST_BYTE_FAILURES,
    FIRST_BYTE_RULES,
    SECOND_BYTE_FAILURES,
    SECOND_BYTE_RULES,
    HeaderRule,
    PeerClose,
    as_text,
    decode_close,
    encode_close,
    encode_pong,
    encode_text,
    unmask,
)

REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()


@pytest.mark.parametrize("rule", FIRST_BYTE_RULES + SECOND_BYTE_RULES, ids=lambda rule: rule.failure.reason)
def test_every_rule_is_the_first_that_some_byte_breaks(rule: HeaderRule) -> None:
    """No row of the tables is hidden behind the rows before it."""
    tables = FIRST_BYTE_FAILURES if rule in FIRST_BYTE_RULES else SECOND_BYTE_FAILURES

    assert any(rule.failure is failure for table in tables for failure in table)


@pytest.mark.parametrize(
    ("within", "allowed"),
    [(False, [0x01, 0x81, 0x88, 0x89, 0x8A]), (True, [0x00, 0x80, 0x88, 0x89, 0x8A])],
    ids=["between messages", "within a message"],
)
def test_no_other_first_byte_is_allowed(within: bool, allowed: list[int]) -> None:
    """A text may begin or go on, and control frames come whole: sections 5.2, 5.4 and 5.5."""
    assert [byte for byte, failure in enumerate(FIRST_BYTE_FAILURES[within]) if failure is None] == allowed


@pytest.mark.parametrize(
    ("control", "allowed"),
    [(False, range(0x80, 0x100)), (True, range(0x80, 0xFE))],
    ids=["data frames", "control frames"],
)
def test_no_other_second_byte_is_allowed(control: bool, allowed: range) -> None:
    """Masked (5.1), and of a control frame 125 bytes at most (5.5)."""
    assert [byte for byte, failure in enumerate(SECOND_BYTE_FAILURES[control]) if failure is None] == list(allowed)


def test_unmasking_the_example_of_the_rfc() -> None:
    """Section 5.7: a single-frame masked text message."""
    assert unmask(bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d")) == b"Hello"


@given(payload=st.binary(max_size=300), key=st.binary(min_size=4, max_size=4))
@settings(max_examples=200, deadline=None, database=None)
def test_unmasking_is_byte_by_byte(payload: bytes, key: bytes) -> None:
    """Section 5.3: byte i is combined with byte i modulo 4 of the key, whatever the length."""
    assert unmask(payload, key) == bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


@pytest.mark.parametrize(
    ("payload", "header"),
    [
        (b"", "8100"),
        (b"a" * 125, "817d"),
        (b"a" * 126, "817e007e"),
        (b"a" * 65_535, "817effff"),
        (b"a" * 65_536, "817f0000000000010000"),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else value,
)
def test_a_text_frame_has_the_shortest_header(payload: bytes, header: str) -> None:
    """Section 5.2: not masked, the length in the fewest bytes."""
    assert encode_text(payload, 1 << 20) == bytes.fromhex(header) + payload


def test_a_text_larger_than_a_frame_is_sent_in_fragments() -> None:
    """Section 5.4: a text frame without FIN, continuations, and a last one with FIN."""
    assert encode_text(b"abcde", 2) == b"\x01\x02ab" + b"\x00\x02cd" + b"\x80\x01e"


def test_a_text_as_large_as_a_frame_is_sent_whole() -> None:
    """The limit itself is allowed, by default 32 KiB."""
    assert encode_text(b"a" * 32_768)[0] == 0x81
    assert encode_text(b"a" * 32_769)[0] == 0x01


def test_a_close_frame_has_code_and_reason() -> None:
    """Section 5.5.1."""
    assert encode_close(CloseCode.GOING_AWAY, "Going away") == b"\x88\x0c\x03\xe9Going away"


def test_a_close_frame_without_a_code_is_empty() -> None:
    """Section 5.5.1: the body is optional."""
    assert encode_close(None) == b"\x88\x00"


def test_a_long_reason_is_cut_at_a_character() -> None:
    """The reason gets 123 bytes of a control frame's 125 and stays valid UTF-8."""
    assert encode_close(1000, "é" * 100) == b"\x88\x7c\x03\xe8" + ("é" * 61).encode()


def test_a_reason_that_is_not_unicode_can_be_sent() -> None:
    """A lone surrogate, which a reason from JSON may hold, becomes a question mark."""
    assert encode_close(1000, "a\ud800") == b"\x88\x04\x03\xe8a?"


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536])
def test_a_code_that_may_not_be_sent_is_refused(code: int) -> None:
    """Section 7.4.1: 1005, 1006 and 1015 stand for something that is not in a close frame; the others are reserved."""
    with pytest.raises(ValueError, match=str(code)):
        encode_close(code)


def test_a_pong_returns_the_payload() -> None:
    """Section 5.5.3."""
    assert encode_pong(b"abc") == b"\x8a\x03abc"


def test_a_pong_no_ping_can_have_asked_for_is_refused() -> None:
    """Section 5.5: a control frame holds 125 bytes."""
    assert len(encode_pong(b"a" * 125)) == 127
    with pytest.raises(ValueError, match="126"):
        encode_pong(b"a" * 126)


def _can_be_sent(code: int) -> bool:
    try:
        encode_close(code)
    except ValueError:
        return False
    return True


def test_codes_are_refused_alike_in_both_directions() -> None:
    """What a client may not send us, we do not send either."""
    sent = [code for code in range(65_536) if _can_be_sent(code)]
    received = [code for code in range(65_536) if decode_close(code.to_bytes(2, "big")) == PeerClose(code, "")]

    assert sent == received


@pytest.mark.parametrize(
    ("posted", "delivered"),
    [
        pytest.param("fffe0001", "efbfbd efbfbd 00 01", id="bytes that are never valid"),
        pytest.param("80", "efbfbd", id="a continuation alone"),
        pytest.param("e282", "efbfbd", id="three bytes, cut"),
        pytest.param("e28241", "efbfbd 41", id="three bytes, cut by ASCII"),
        pytest.param("f09f98", "efbfbd", id="four bytes, cut"),
        pytest.param("f09f9841", "efbfbd 41", id="four bytes, cut by ASCII"),
        pytest.param("c0af", "efbfbd efbfbd", id="two bytes, overlong"),
        pytest.param("e080af", "efbfbd efbfbd efbfbd", id="three bytes, overlong"),
        pytest.param("f0808080", "efbfbd efbfbd efbfbd efbfbd", id="four bytes, overlong"),
        pytest.param("f4908080", "efbfbd efbfbd efbfbd efbfbd", id="beyond U+10FFFF"),
        pytest.param("f5808080", "efbfbd efbfbd efbfbd efbfbd", id="a first byte beyond U+10FFFF"),
        pytest.param("f09f9880", "f09f9880", id="valid, four bytes"),
        pytest.param("41e282f09f98804280", "41 efbfbd f09f9880 42 efbfbd", id="valid and not, mixed"),
        pytest.param("eda080", "efbfbd", id="first surrogate"),
        pytest.param("edb080", "efbfbd", id="first low surrogate"),
        pytest.param("edbfbf", "efbfbd", id="last surrogate"),
        pytest.param("eda0bdedb880", "efbfbd efbfbd", id="a pair of surrogates"),
        pytest.param("eda0", "efbfbd", id="surrogate, cut"),
        pytest.param("eda041", "efbfbd 41", id="surrogate, cut by ASCII"),
        pytest.param("eda08041", "efbfbd 41", id="surrogate before ASCII"),
        pytest.param("41eda0", "41 efbfbd", id="surrogate, cut, after ASCII"),
        pytest.param("ed41", "efbfbd 41", id="its first byte before ASCII"),
        pytest.param("ed", "efbfbd", id="its first byte alone"),
        pytest.param("ed9fbf", "ed9fbf", id="valid, before the surrogates"),
        pytest.param("ee8080", "ee8080", id="valid, after the surrogates"),
    ],
)
def test_invalid_bytes_are_replaced_as_on_aws(posted: str, delivered: str) -> None:
    """What API Gateway was seen to deliver (contract page, section 1.3, source MS)."""
    assert as_text(bytes.fromhex(posted)) == bytes.fromhex(delivered)


def test_valid_text_is_not_copied() -> None:
    """The common case costs a check and nothing else."""
    payload = "héllo".encode()

    assert as_text(payload) is payload


@given(payload=st.lists(st.sampled_from([b"\xed", b"\xa0", b"\xbf", b"\x80", b"\xe2", b"\xf0", b"A"])).map(b"".join))
@settings(max_examples=300, deadline=None, database=None)
def test_only_surrogates_differ_from_pythons_replacement(payload: bytes) -> None:
    """Python puts one U+FFFD for each byte of a surrogate; the rest is the same, so ours is never longer."""
    ours, pythons = as_text(payload), payload.decode("utf-8", "replace").encode()

    assert ours.replace(REPLACEMENT, b"") == pythons.replace(REPLACEMENT, b"")
    assert ours == pythons or (b"\xed" in payload and len(ours) < len(pythons))
