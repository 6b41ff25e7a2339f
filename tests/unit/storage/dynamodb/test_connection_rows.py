"""Rows of the connections table hold what was put into them."""

from hypothesis import given
from hypothesis import strategies as st

from talkroom.chat.model.policy import Grant
from talkroom.chat.model.subscription import Subscription
from talkroom.storage.dynamodb.connection_rows import (
    grant_row,
    is_kept,
    read_grant,
    read_subscription,
    row_key,
    subscription_row,
)
from talkroom.storage.dynamodb.schema import EXPIRES_AT, GRANT_ROOM
from tests.contracts.grants import a_grant
from tests.contracts.subscriptions import a_subscription


@given(st.from_type(Subscription), st.integers(0, 2**53))
def test_a_subscription_is_read_as_it_was_written(subscription: Subscription, now_ms: int) -> None:
    """Whatever is in its fields."""
    assert subscription == read_subscription(subscription_row(subscription, now_ms))


@given(st.from_type(Grant), st.integers(0, 2**53))
def test_a_grant_is_read_as_it_was_written(grant: Grant, now_ms: int) -> None:
    """One that allows nothing too."""
    assert grant == read_grant(grant_row("c-1", grant, now_ms))


def test_a_grant_has_the_key_of_no_room() -> None:
    """Room ids are printable."""
    row = grant_row("c-1", a_grant(), 0)

    assert row_key("c-1", GRANT_ROOM).items() <= row.items()
    assert not GRANT_ROOM.isprintable()


def test_a_row_is_kept_two_hours_and_ten_minutes() -> None:
    """A whole second at a time, as DynamoDB counts."""
    row = subscription_row(a_subscription(), 1_999)

    assert row[EXPIRES_AT] == {"N": str(1 + 7800)}
    assert [is_kept(row, now_ms) for now_ms in (0, 7_800_999, 7_801_000)] == [True, True, False]
