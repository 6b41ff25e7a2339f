"""The limits that the chat sets."""

import pytest

from talkroom.chat.model.limits import Limits
from talkroom.contract.quotas import MESSAGE_BYTES_MAX


def test_a_page_leaves_room_for_what_stands_around_it():
    """A reply is one message: the ref, the room id and the cursor need some bytes of it too."""
    assert True is (Limits().page_bytes_max + 16 * 1024 <= MESSAGE_BYTES_MAX)


def test_one_message_fits_into_a_page():
    """Six bytes a character is the most that JSON needs, for control characters."""
    assert True is (Limits().text_characters_max * 6 + 2048 <= Limits().page_bytes_max)


@pytest.mark.parametrize("name", Limits.__struct_fields__)
def test_every_limit_is_positive(name: str):
    """Nothing is unlimited."""
    assert True is (getattr(Limits(), name) > 0)
