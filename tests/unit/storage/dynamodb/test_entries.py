"""Rows of the messages table, as values and as items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkroom.chat.model.message import Message
from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.entries import (
    Closing,
    Entry,
    Header,
    Row,
    decode,
    decode_seed,
    encode,
    encode_seed,
    message_key,
    position_of,
)
from tests.contracts.given import LOBBY, a_draft

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(min_value=0, max_value=10**11)
ENTRIES = st.builds(
    Entry,
    generation=NUMBERS,
    message=st.builds(
        Message,
        room=TEXT.map(RoomId),
        epoch=TEXT,
        sequence=NUMBERS.map(lambda number: number + 1),
        id=TEXT,
        sender=TEXT,
        name=TEXT,
        sent_at_ms=st.integers(),
        text=TEXT,
    ),
    stored_at_ms=st.integers(),
    oldest=NUMBERS,
    expiring=NUMBERS,
    expires_at_s=st.none() | NUMBERS,
    writer=TEXT,
)
CLOSINGS = st.builds(
    Closing,
    room=TEXT.map(RoomId),
    generation=NUMBERS,
    sequence=NUMBERS.map(lambda each: each + 1),
    expires_at_s=NUMBERS,
)
HEADERS = st.builds(Header, room=TEXT.map(RoomId), generation=NUMBERS, empty_until_ms=NUMBERS)


@given(ENTRIES | CLOSINGS | HEADERS)
def test_a_row_comes_back_as_it_was(row: Row) -> None:
    """Whatever it holds."""
    assert row == decode(encode(row))


def test_a_seed_comes_back_as_it_was() -> None:
    """The row that is of no room."""
    assert "seed" == decode_seed(encode_seed("seed"))


def test_only_messages_are_in_the_index() -> None:
    """A row without the index's sort key is not in it, so that a look-up never meets a header or a closing row."""
    rows = [
        Closing(room=LOBBY, generation=0, sequence=1, expires_at_s=1),
        Header(room=LOBBY, generation=0, empty_until_ms=1),
    ]

    assert [False, False] == ["messageKey" in encode(row) for row in rows]


def test_an_entry_without_end_has_no_ttl() -> None:
    """DynamoDB removes what has the attribute and nothing else."""
    entry = Entry(
        generation=0,
        message=Message(
            room=LOBBY, epoch="e", sequence=1, id="id", sender="alice", name="Alice", sent_at_ms=1, text="hi"
        ),
        stored_at_ms=1,
        oldest=1,
        expiring=0,
        expires_at_s=None,
        writer="w",
    )

    assert "expiresAt" not in encode(entry)


def test_newer_logs_come_after_older_ones() -> None:
    """In order of position, the header first, whatever their sequences."""
    positions = [0, position_of(0, 1), position_of(0, 10**11), position_of(1, 1), position_of(2, 1)]

    assert sorted(positions) == positions


@pytest.mark.parametrize(
    ("sender", "id"), [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""), ("1:a", "bc"), ("a", "b"), ("é", "e\u0301")]
)
def test_different_names_have_different_keys(sender: str, id: str) -> None:  # noqa: A002 - the field's name
    """Also where one ends in what the other begins with."""
    others = {("x", "abc"), ("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""), ("a", "b")} - {(sender, id)}

    assert message_key(sender, id) not in {message_key(*other) for other in others}


def test_a_key_has_32_bytes() -> None:
    """However long the name is: sort keys of DynamoDB end at 1,024."""
    assert [32, 32] == [len(message_key("", "")), len(message_key("s" * 100_000, "i" * 100_000))]


def test_a_draft_is_known_by_sender_and_id() -> None:
    """And by nothing else that it says."""
    entry = decode(
        encode(
            Entry(
                generation=0,
                message=Message(
                    room=LOBBY, epoch="e", sequence=1, id="id", sender="alice", name="Alice", sent_at_ms=1, text="hi"
                ),
                stored_at_ms=1,
                oldest=1,
                expiring=0,
                expires_at_s=None,
                writer="w",
            )
        )
    )
    drafts = [a_draft("id", text="other"), a_draft("id", sender="bob"), a_draft("id-2")]

    assert isinstance(entry, Entry)
    assert [True, False, False] == [entry.is_of(draft) for draft in drafts]
