"""What becomes of a group of drafts."""

import msgspec
import pytest

from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.message import Appended, Message
from talkroom.storage.rules import accept
from talkroom.storage.sqlite.settling import NO_LOG, LogEnd, Outcome, begin_log, key_of, settle
from tests.contracts.given import ATTIC, LOBBY, a_draft

NOW = 5_000
END = LogEnd(log=7, room=LOBBY, epoch="e", last=9, oldest=4, stored_at_ms=4_000)


def told(outcomes: list[Outcome]) -> list[tuple[int, bool] | None]:
    """Sequence and duplicate of each, or None for a refusal."""
    return [(each.message.sequence, each.duplicate) if isinstance(each, Appended) else None for each in outcomes]


def test_drafts_take_the_next_sequences_in_their_order() -> None:
    """And are to be stored in that order."""
    settled = settle([a_draft("a"), a_draft("b")], {LOBBY: END}, {}, NOW)

    assert [(10, False), (11, False)] == told(settled.outcomes)
    assert [accept(a_draft("a"), "e", 10), accept(a_draft("b"), "e", 11)] == settled.stored


def test_the_end_of_the_log_moves_with_them() -> None:
    """To the last sequence, at the moment of the group."""
    settled = settle([a_draft("a"), a_draft("b")], {LOBBY: END}, {}, NOW)

    assert {LOBBY: msgspec.structs.replace(END, last=11, stored_at_ms=NOW)} == settled.ends


def test_a_kept_message_is_the_answer() -> None:
    """Nothing is stored and the end stays where it was."""
    kept = accept(a_draft("a"), "e", 5)

    settled = settle([a_draft("a", text="else")], {LOBBY: END}, {key_of(kept): kept}, NOW)

    assert ([Appended(kept, duplicate=True)], [], {LOBBY: END}) == (settled.outcomes, settled.stored, settled.ends)


def test_drafts_that_repeat_each_other_are_stored_once() -> None:
    """The first is, and the others are attempts that came later."""
    settled = settle([a_draft("a"), a_draft("b"), a_draft("a")], {LOBBY: END}, {}, NOW)

    assert [(10, False), (11, False), (10, True)] == told(settled.outcomes)
    assert len(settled.stored) == 2


def test_a_refused_draft_leaves_no_hole() -> None:
    """The next one takes the sequence that it did not get."""
    settled = settle([a_draft("a", retry_after=0), a_draft("b")], {LOBBY: END}, {}, NOW)

    assert [None, (10, False)] == told(settled.outcomes)
    assert isinstance(settled.outcomes[0], ClientError)


def test_a_refused_draft_may_be_accepted_without_its_claim() -> None:
    """The same name again, as no retry: it is a new message."""
    settled = settle([a_draft("a", retry_after=0), a_draft("a")], {LOBBY: END}, {}, NOW)

    assert [None, (10, False)] == told(settled.outcomes)


def test_rooms_count_for_themselves() -> None:
    """A new one from the beginning."""
    ends = {LOBBY: END, ATTIC: begin_log(ATTIC, "next")}

    settled = settle([a_draft("a"), a_draft("b", room=ATTIC), a_draft("c")], ends, {}, NOW)

    assert [(10, False), (1, False), (11, False)] == told(settled.outcomes)
    assert LogEnd(log=NO_LOG, room=ATTIC, epoch="next", last=1, oldest=1, stored_at_ms=NOW) == settled.ends[ATTIC]


def test_a_message_counts_as_stored_no_earlier_than_the_one_before_it() -> None:
    """Whatever the clock says."""
    settled = settle([a_draft("a")], {LOBBY: END}, {}, 1_000)

    assert settled.ends[LOBBY].stored_at_ms == 4_000


def test_an_expired_log_cannot_be_settled_in() -> None:
    """It has to be detached first; anything else is a mistake of ours."""
    with pytest.raises(ValueError, match="log 7 has expired"):
        _ = msgspec.structs.replace(END, oldest=None).position


def test_a_draft_and_its_message_have_one_name() -> None:
    """Room, sender and id, and nothing else."""
    draft = a_draft("a", text="hello")
    message: Message = accept(a_draft("a", text="else", name="else"), "e", 3)

    assert key_of(draft) == key_of(message)
