"""What the subscriptions in memory promise beyond the port: they cost little."""

import sys

from talkroom.storage.memory import MemorySubscriptions
from tests.contracts.given import ATTIC, LOBBY
from tests.contracts.subscriptions import LATER, NOW, a_subscription


async def test_recipients_are_derived_once() -> None:
    """While nothing changes and no lease ends, every message gets the same tuples."""
    subscriptions = MemorySubscriptions()
    await subscriptions.subscribe(a_subscription("c-1"))

    recipients = [await subscriptions.recipients(LOBBY, moment) for moment in (NOW, NOW + 1, LATER - 1)]

    assert recipients[0] is recipients[1] is recipients[2]


async def test_recipients_of_a_room_outlive_changes_in_others() -> None:
    """People come and go in other rooms all the time."""
    subscriptions = MemorySubscriptions()
    await subscriptions.subscribe(a_subscription("c-1", room=LOBBY))
    before = await subscriptions.recipients(LOBBY, NOW)
    await subscriptions.subscribe(a_subscription("c-2", room=ATTIC))
    await subscriptions.end("c-2")

    assert before is await subscriptions.recipients(LOBBY, NOW)


async def test_lapsed_subscriptions_do_not_spoil_what_was_derived() -> None:
    """A lease that has ended ends once."""
    subscriptions = MemorySubscriptions()
    await subscriptions.subscribe(a_subscription("c-1", lease_until_ms=NOW))
    await subscriptions.subscribe(a_subscription("c-2"))

    assert await subscriptions.recipients(LOBBY, NOW) is await subscriptions.recipients(LOBBY, NOW + 1)


async def test_members_are_derived_once() -> None:
    """Pages of one list are cut from one list."""
    subscriptions = MemorySubscriptions()
    await subscriptions.subscribe(a_subscription("c-1"))

    (first,) = await subscriptions.members(LOBBY, "", 10, NOW)
    (second,) = await subscriptions.members(LOBBY, "", 10, NOW + 1)

    assert first is second


async def test_nothing_is_kept_of_connections_that_ended() -> None:
    """Neither of them nor of their rooms, whose names clients choose."""
    subscriptions = MemorySubscriptions()
    empty = _size(subscriptions)
    for number in range(100):
        await subscriptions.subscribe(a_subscription(f"c-{number}", room=LOBBY))
        await subscriptions.subscribe(a_subscription(f"c-{number}", room=ATTIC))
    for number in range(50):
        await subscriptions.end(f"c-{number}")
    for number in range(50, 100):
        await subscriptions.unsubscribe(f"c-{number}", LOBBY)
        await subscriptions.unsubscribe(f"c-{number}", ATTIC)

    assert empty == _size(subscriptions)


def _size(subscriptions: MemorySubscriptions) -> list[int]:
    """How many entries each of its indexes has."""
    indexes = [getattr(subscriptions, name) for name in MemorySubscriptions.__slots__]
    assert all(sys.getsizeof(index) for index in indexes)
    return [len(index) for index in indexes]
