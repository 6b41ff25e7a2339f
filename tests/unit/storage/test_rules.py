"""What every message log decides in the same way."""

import pytest

from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.message import Position
from talkroom.storage.rules import check_draft, find_refusal, span_after, span_before
from tests.contracts.given import a_draft

POSITION = Position("now", last=9, oldest=4)
"""Sequences 4 to 9 are kept, 1 to 3 were removed."""


@pytest.mark.parametrize(
    ("retry_after", "retry_epoch", "refused"),
    [
        (None, None, False),
        (None, "before", False),
        (2, None, True),
        (3, None, False),
        (9, None, False),
        (10, None, True),
        (2, "now", True),
        (3, "now", False),
        (3, "before", True),
        (9, "before", True),
        (-1, None, True),
    ],
)
def test_a_retry_is_refused_when_nobody_can_tell(
    retry_after: int | None, retry_epoch: str | None, refused: bool
) -> None:
    """It is when something that came after `retry_after` is gone, or when that was in another log."""
    refusal = find_refusal(a_draft(retry_after=retry_after, retry_epoch=retry_epoch), POSITION)

    assert refused == (refusal is not None)


def test_a_refused_draft_is_told_which_field_is_wrong() -> None:
    """By the name on the wire, without repeating the text."""
    with pytest.raises(ClientError) as refusal:
        check_draft(a_draft(text="secret \ud800"))

    assert refusal.value.detail == "message holds an unpaired surrogate."


def test_a_span_after_begins_with_what_is_kept() -> None:
    """A reader who was further back misses what was removed."""
    assert range(4, 6) == span_after(POSITION, 1, 2)


def test_a_span_before_ends_with_what_is_kept() -> None:
    """However many more were asked for."""
    assert range(4, 6) == span_before(POSITION, 6, 10)


def test_a_span_of_an_empty_log_is_empty() -> None:
    """In both directions."""
    empty = Position("now", last=0, oldest=1)

    assert [False, False] == [bool(span_after(empty, 0, 10)), bool(span_before(empty, None, 10))]
