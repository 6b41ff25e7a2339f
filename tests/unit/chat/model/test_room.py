"""Room ids."""

import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.room import parse_room_id


def refusal(text: str, bytes_max: int = 128) -> ClientError:
    """The error that a room id is refused with."""
    with pytest.raises(ClientError) as caught:
        parse_room_id(text, bytes_max)
    return caught.value


@pytest.mark.parametrize(
    "text", ["lobby", "a", "部屋", "room 1", "a/b", "50%", "*", "team:*", "a,b", "Café", "🦊", "\\"]
)
def test_any_visible_text_is_a_room_id(text: str):
    """Spaces inside, punctuation and all scripts."""
    assert text == parse_room_id(text, 128)


def test_a_room_id_is_kept_code_point_by_code_point():
    """No normalisation: composed and decomposed letters name different rooms."""
    assert ["é", "e\u0301"] == [parse_room_id("é", 128), parse_room_id("e\u0301", 128)]


def test_an_empty_room_id_is_refused():
    """A command without a room means nothing."""
    error = refusal("")

    assert (ErrorCode.INVALID_ROOM_ID, "roomId is empty: name the room.") == (error.code, error.detail)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "\0", "a\x7f", "a\u0085b", "a\u2028b", "\u202ea", "\ud800\udc00"])
def test_control_characters_are_refused(text: str):
    """Line breaks, control and direction signs would let one room look like another in logs and lists."""
    assert ErrorCode.INVALID_ROOM_ID is refusal(text).code


@pytest.mark.parametrize("text", [" lobby", "lobby ", " ", "\u3000"])
def test_spaces_at_either_end_are_refused(text: str):
    """Nobody sees them, and list values such as `a, b` leave them by mistake."""
    assert ErrorCode.INVALID_ROOM_ID is refusal(text).code


def test_a_lone_surrogate_is_refused():
    """It has no UTF-8."""
    assert "roomId holds an unpaired surrogate." == refusal("a\ud800").detail


@pytest.mark.parametrize("text", ["x" * 128, "あ" * 42 + "xx", "🦊" * 32])
def test_the_limit_itself_is_allowed(text: str):
    """128 bytes of UTF-8."""
    assert text == parse_room_id(text, 128)


@pytest.mark.parametrize("text", ["x" * 129, "あ" * 43, "🦊" * 33, "x" * 1_000_000])
def test_a_room_id_over_the_limit_is_refused(text: str):
    """Bytes are counted, not characters."""
    assert ErrorCode.INVALID_ROOM_ID is refusal(text).code


def test_a_refusal_for_length_says_how_long():
    """The developer of the client learns both numbers."""
    assert "roomId has 129 bytes of UTF-8; at most 128 are allowed." == refusal("あ" * 43).detail
