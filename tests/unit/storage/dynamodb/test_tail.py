"""Where a log ends, and what becomes of the next draft."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkroom.chat.model.message import Appended, Message
from talkroom.storage.dynamodb.entries import Closing, Entry, Header, position_of
from talkroom.storage.dynamodb.tail import (
    EXPIRY_MARGIN_S,
    Tail,
    begin,
    find_header,
    find_live,
    first_kept,
    must_search,
    next_entry,
    pass_by,
    tail_at,
    with_header,
)
from talkroom.storage.retention import UNLIMITED, Retention
from tests.contracts.given import LOBBY, a_draft

NOW_MS = 1_700_000_000_000
NOW_S = NOW_MS // 1000
TEN_SECONDS = Retention(max_age_s=10)


def an_entry(sequence: int = 1, *, generation: int = 0, **fields: Any) -> Entry:
    """One that was stored now and never expires, unless told otherwise."""
    message = Message(
        room=LOBBY,
        epoch="seed",
        sequence=sequence,
        id=fields.pop("id", f"id-{sequence}"),
        sender="alice",
        name="Alice",
        sent_at_ms=1,
        text="hi",
    )
    defaults = {"stored_at_ms": NOW_MS, "oldest": 1, "expiring": 0, "expires_at_s": None, "writer": "w"}
    return Entry(generation=generation, message=message, **(defaults | fields))


def a_closing(sequence: int, generation: int = 0) -> Closing:
    """One whose time does not matter."""
    return Closing(room=LOBBY, generation=generation, sequence=sequence, expires_at_s=0)


def a_header(generation: int, *, empty_for_s: int = -1) -> Header:
    """One that begins now; by default nobody is still about to store the first message."""
    return Header(room=LOBBY, generation=generation, empty_until_ms=NOW_MS + empty_for_s * 1000)


@dataclass
class Begun:
    """What matters of a tail that begins a log."""

    generation: int
    epoch: str
    closed: int | None
    """The position of the closing row that must be stored first."""


def test_a_room_that_nobody_has_used_has_the_tables_seed_for_an_epoch() -> None:
    """Every process comes to the same one."""
    tail = begin(LOBBY, None, None, "seed", TEN_SECONDS, NOW_MS)

    assert Tail(room=LOBBY, generation=0, epoch="seed") == tail


OLD = an_entry(7, stored_at_ms=NOW_MS - 10_000)
OLD_OF_2 = an_entry(3, generation=2, stored_at_ms=NOW_MS - 10_000)


@pytest.mark.parametrize(
    ("newest", "header", "expected"),
    [
        (OLD, None, Begun(1, "seed.1", 8)),
        (OLD, a_header(0), Begun(1, "seed.1", 8)),
        (OLD_OF_2, a_header(2), Begun(3, "seed.3", position_of(2, 4))),
        (a_closing(8), a_header(0), Begun(1, "seed.1", None)),
        (a_closing(8), a_header(1, empty_for_s=1), Begun(1, "seed.1", None)),
        (a_closing(8), a_header(1, empty_for_s=0), Begun(2, "seed.2", position_of(1, 1))),
        (OLD, a_header(1, empty_for_s=1), Begun(1, "seed.1", None)),
        (None, a_header(4, empty_for_s=1), Begun(4, "seed.4", None)),
        (None, a_header(4), Begun(5, "seed.5", position_of(4, 1))),
        # A clock that is far behind wrote this header, and everybody has seen the log's messages: it is over.
        (OLD_OF_2, a_header(2, empty_for_s=60), Begun(3, "seed.3", position_of(2, 4))),
    ],
)
def test_the_next_log_follows_from_what_is_left_of_the_last(
    newest: Entry | Closing | None, header: Header | None, expected: Begun
) -> None:
    """Its generation is above all that ever began, and what could still be appended to the last one is closed first."""
    tail = begin(LOBBY, newest, header, "seed", TEN_SECONDS, NOW_MS)

    closed = tail.closing and position_of(tail.closing.generation, tail.closing.sequence)
    assert expected == Begun(tail.generation, tail.epoch, closed)


@pytest.mark.parametrize(
    ("stored_s", "expires_s", "retention", "live"),
    [
        (-9.999, None, TEN_SECONDS, True),
        (-10, None, TEN_SECONDS, False),
        (-10, None, UNLIMITED, True),
        (-10, 1, UNLIMITED, True),
        (-10, 0, UNLIMITED, False),
        (-10, 0, Retention(max_age_s=60), False),
        (-10, 60, TEN_SECONDS, False),
    ],
)
def test_an_entry_is_kept_by_both_limits(
    stored_s: float, expires_s: int | None, retention: Retention, live: bool
) -> None:
    """Today's, and the one under which it was stored, which ends a day before TTL may remove it."""
    end_s = None if expires_s is None else NOW_S + expires_s + EXPIRY_MARGIN_S
    newest = an_entry(stored_at_ms=NOW_MS + int(stored_s * 1000), expires_at_s=end_s)

    assert live == (find_live(newest, retention, NOW_MS) is not None)


def test_an_entry_follows_the_tail() -> None:
    """One sequence on, in its epoch; the rest is the draft's."""
    entry = next_entry(tail_at(an_entry(6)), a_draft("id-7"), UNLIMITED, NOW_MS, "me")

    assert (7, "seed", "id-7", "me", None) == (
        entry.sequence,
        entry.message.epoch,
        entry.message.id,
        entry.writer,
        entry.expires_at_s,
    )


def test_no_entry_is_older_or_ends_earlier_than_the_one_before_it() -> None:
    """Whatever the clock says, and however the limit was shortened."""
    before = an_entry(stored_at_ms=NOW_MS + 5000, expires_at_s=NOW_S + 10**6)

    entry = next_entry(tail_at(before), a_draft(), TEN_SECONDS, NOW_MS, "me")

    assert (NOW_MS + 5000, NOW_S + 10**6) == (entry.stored_at_ms, entry.expires_at_s)


def test_the_first_entry_cannot_be_removed_before_the_header_says_so() -> None:
    """The header was written by a process with a longer limit."""
    tail = begin(LOBBY, None, a_header(1, empty_for_s=60), "seed", TEN_SECONDS, NOW_MS)

    entry = next_entry(tail, a_draft(), TEN_SECONDS, NOW_MS, "me")

    assert NOW_S + 60 + EXPIRY_MARGIN_S == entry.expires_at_s


@pytest.mark.parametrize(
    ("tail", "retention", "expected"),
    [
        (Tail(room=LOBBY, generation=0, epoch="seed"), UNLIMITED, None),
        (Tail(room=LOBBY, generation=0, epoch="seed"), TEN_SECONDS, a_header(0, empty_for_s=10)),
        (Tail(room=LOBBY, generation=1, epoch="seed.1"), UNLIMITED, a_header(1, empty_for_s=EXPIRY_MARGIN_S)),
        (tail_at(an_entry()), TEN_SECONDS, a_header(0, empty_for_s=10)),
        (tail_at(an_entry(expires_at_s=1)), TEN_SECONDS, None),
        (tail_at(an_entry(generation=1)), TEN_SECONDS, None),
    ],
)
def test_a_log_that_can_disappear_has_a_header(tail: Tail, retention: Retention, expected: Header | None) -> None:
    """Before its first entry that TTL can remove; and every generation after the first."""
    assert expected == find_header(tail, retention, NOW_MS)


def test_a_header_is_stored_once() -> None:
    """The tail remembers it."""
    tail = Tail(room=LOBBY, generation=1, epoch="seed.1")
    header = find_header(tail, TEN_SECONDS, NOW_MS)

    assert header is not None
    assert find_header(with_header(tail, header), TEN_SECONDS, NOW_MS) is None


def test_passing_by_ends_at_the_newest() -> None:
    """When none of what came between is the draft."""
    rows = [an_entry(2), an_entry(3)]

    assert tail_at(rows[-1]) == pass_by(tail_at(an_entry(1)), rows, a_draft("id-9"), "me")


@pytest.mark.parametrize(("writer", "duplicate"), [("me", False), ("another", True)])
def test_passing_by_finds_the_draft(writer: str, duplicate: bool) -> None:
    """By another process, or by the first attempt of a request that was repeated."""
    rows = [an_entry(2), an_entry(3, id="id", writer=writer), an_entry(4)]

    expected = Appended(rows[1].message, duplicate)
    assert expected == pass_by(tail_at(an_entry(1)), rows, a_draft("id"), "me")


@pytest.mark.parametrize(
    "rows", [[], [a_closing(2)], [an_entry(2), a_closing(3)], [an_entry(3)], [an_entry(1, generation=1)]]
)
def test_a_log_that_is_over_is_not_passed_by(rows: list[Entry | Closing]) -> None:
    """Nor one of which rows are missing: the room is looked at anew."""
    assert pass_by(tail_at(an_entry(1)), rows, a_draft("id"), "me") is None


@pytest.mark.parametrize(
    ("expiring", "lowest", "retention", "expected"),
    [
        (0, 1, UNLIMITED, False),
        (3, 4, UNLIMITED, False),
        (3, 3, UNLIMITED, True),
        (0, 1, TEN_SECONDS, True),
        (0, 10, TEN_SECONDS, True),
        (0, 11, TEN_SECONDS, False),
    ],
)
def test_only_logs_in_which_something_can_expire_are_searched(
    expiring: int, lowest: int, retention: Retention, expected: bool
) -> None:
    """Everybody else reads nothing to learn where a log begins."""
    tail = msgspec.structs.replace(tail_at(an_entry(10)), expiring=expiring)

    assert expected == must_search(tail, lowest, retention)


@given(st.integers(1, 500), st.data())
def test_a_search_finds_the_first_that_is_kept(last: int, data: st.DataObject) -> None:
    """In about twice the logarithm of how many have expired."""
    oldest = data.draw(st.integers(1, last))
    lowest = data.draw(st.integers(1, oldest))
    looked_at, found = [], 0
    search = first_kept(lowest, last)
    try:
        sequence = next(search)
        while True:
            looked_at.append(sequence)
            sequence = search.send(sequence >= oldest)
    except StopIteration as end:
        found = end.value

    assert oldest == found
    assert len(looked_at) <= 2 * (oldest - lowest + 1).bit_length()
