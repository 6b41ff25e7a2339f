"""Messages' texts."""

import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.message import check_text


@pytest.mark.parametrize("text", ["hi", "こんにちは", " hi ", "a\nb", "🦊", "x" * 4000, "🦊" * 4000])
def test_a_text_within_the_limit_is_unchanged(text: str):
    """Spaces and line breaks included; characters are counted, not bytes."""
    assert text == check_text(text, 4000)


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u3000"])
def test_a_text_without_anything_visible_is_refused(text: str):
    """With `textEmpty`."""
    with pytest.raises(ClientError) as caught:
        check_text(text, 4000)

    assert ErrorCode.TEXT_EMPTY is caught.value.code


def test_a_text_over_the_limit_is_refused_with_both_numbers():
    """And without the text."""
    with pytest.raises(ClientError) as caught:
        check_text("x" * 4001, 4000)

    assert (ErrorCode.TEXT_TOO_LONG, "The message has 4001 characters; at most 4000 are allowed.") == (
        caught.value.code,
        caught.value.detail,
    )
