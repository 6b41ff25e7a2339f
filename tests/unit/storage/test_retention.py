"""The two limits as numbers."""

import pytest

from talkroom.storage.retention import UNLIMITED, Retention


def test_without_limits_nothing_is_past_its_age() -> None:
    """Not even what was stored at the beginning of time."""
    assert UNLIMITED.cutoff_ms(10**15) < -(10**15)


def test_without_limits_the_first_message_is_kept() -> None:
    """However long the log is."""
    assert UNLIMITED.floor(10**12) == 1


def test_age_is_in_seconds() -> None:
    """And the moments in milliseconds."""
    assert Retention(max_age_s=10).cutoff_ms(50_000) == 40_000


@pytest.mark.parametrize(("last", "floor"), [(0, 1), (2, 1), (3, 1), (4, 2), (10, 8)])
def test_the_count_keeps_the_newest(last: int, floor: int) -> None:
    """The oldest of the last three, or the first when there are fewer."""
    assert floor == Retention(max_messages=3).floor(last)


@pytest.mark.parametrize(
    ("retention", "unlimited"),
    [(Retention(), True), (Retention(max_age_s=1), False), (Retention(max_messages=1), False)],
    ids=["none", "age", "count"],
)
def test_unlimited_is_without_either_limit(retention: Retention, unlimited: bool) -> None:
    """One is enough to have to look."""
    assert unlimited == retention.unlimited


@pytest.mark.parametrize("limit", [0, -1])
@pytest.mark.parametrize("name", ["max_age_s", "max_messages"])
def test_a_limit_of_nothing_is_refused(name: str, limit: int) -> None:
    """With the name and the number, for whoever configured it."""
    with pytest.raises(ValueError, match=f"{name} is {limit}; give at least 1"):
        Retention(**{name: limit})
