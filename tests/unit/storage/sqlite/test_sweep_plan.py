"""What one step of a sweep removes."""

import msgspec

from talkroom.chat.model.room import RoomId
from talkroom.storage.retention import UNLIMITED, Retention
from talkroom.storage.sqlite.sweep_plan import LOGS_PER_STEP, ROWS_PER_STEP, Plan, Span, plan

NOW = 100_000
AGED = Retention(max_age_s=10)
COUNTED = Retention(max_messages=5)


def a_span(log: int = 1, **fields: object) -> Span:
    """A log with messages 1 to 20, the last of them stored just now, all within their age."""
    span = Span(log=log, room=RoomId(f"room-{log}"), first=1, last=20, fresh=1, newest_at_ms=NOW)
    return msgspec.structs.replace(span, **fields)


def test_without_logs_a_sweep_is_finished() -> None:
    """At once."""
    assert Plan([], [], [], cursor=0, finished=True) == plan([], AGED, NOW, cursor=0)


def test_without_limits_nothing_is_removed() -> None:
    """And the sweep comes to its end."""
    assert Plan([], [], [], cursor=2, finished=True) == plan([a_span(1), a_span(2)], UNLIMITED, NOW, cursor=0)


def test_what_is_over_the_count_is_removed() -> None:
    """Five of twenty stay."""
    assert Plan([], [(1, 16)], [], cursor=1, finished=True) == plan([a_span()], COUNTED, NOW, cursor=0)


def test_what_is_past_its_age_is_removed() -> None:
    """All before the first that is not."""
    assert Plan([], [(1, 8)], [], cursor=1, finished=True) == plan([a_span(fresh=8)], AGED, NOW, cursor=0)


def test_the_stricter_limit_decides() -> None:
    """Here the count."""
    both = Retention(max_age_s=10, max_messages=5)

    assert [(1, 16)] == plan([a_span(fresh=8)], both, NOW, cursor=0).remove


def test_an_expired_log_is_detached_and_emptied() -> None:
    """Its newest message has reached its age."""
    expired = a_span(fresh=None, newest_at_ms=NOW - 10_000)

    assert Plan([1], [(1, 21)], [1], cursor=1, finished=True) == plan([expired], AGED, NOW, cursor=0)


def test_a_log_is_not_detached_before_its_time() -> None:
    """A millisecond earlier."""
    living = a_span(fresh=20, newest_at_ms=NOW - 9_999)

    assert ([], [(1, 20)]) == (plan([living], AGED, NOW, cursor=0).detach, plan([living], AGED, NOW, cursor=0).remove)


def test_a_detached_log_is_emptied_whatever_the_limits() -> None:
    """Nobody can read it any more; it is not detached twice."""
    assert Plan([], [(1, 21)], [1], cursor=1, finished=True) == plan([a_span(room=None)], UNLIMITED, NOW, cursor=0)


def test_an_empty_detached_log_goes() -> None:
    """There is nothing left to remove but itself."""
    empty = a_span(room=None, first=None, last=None, fresh=None, newest_at_ms=None)

    assert Plan([], [], [1], cursor=1, finished=True) == plan([empty], AGED, NOW, cursor=0)


def test_a_step_removes_no_more_than_its_share() -> None:
    """The next one looks at the same log again."""
    large = a_span(first=101, last=101 + 10 * ROWS_PER_STEP, fresh=101)

    assert Plan([], [(1, 101 + ROWS_PER_STEP)], [], cursor=0, finished=False) == plan([large], COUNTED, NOW, cursor=0)


def test_a_step_shares_between_logs() -> None:
    """What one leaves is the next one's; the third waits, and the cursor stays before the second."""
    spans = [
        a_span(4, last=ROWS_PER_STEP - 100 + 5),
        a_span(5, last=1_000_000),
        a_span(6, last=1_000_000),
    ]

    expected = Plan([], [(4, ROWS_PER_STEP - 100 + 1), (5, 101)], [], cursor=4, finished=False)
    assert expected == plan(spans, COUNTED, NOW, cursor=3)


def test_messages_past_their_age_are_removed_as_far_as_they_were_looked_at() -> None:
    """None of the first is fresh: they all go, and the next step looks further."""
    large = a_span(first=11, last=1_000_000, fresh=None)

    assert Plan([], [(1, 11 + ROWS_PER_STEP)], [], cursor=0, finished=False) == plan([large], AGED, NOW, cursor=0)


def test_a_full_step_is_followed_by_another() -> None:
    """There may be more logs than it looked at."""
    spans = [a_span(number) for number in range(1, LOGS_PER_STEP + 1)]

    assert Plan([], [], [], cursor=LOGS_PER_STEP, finished=False) == plan(spans, AGED, NOW, cursor=0)
