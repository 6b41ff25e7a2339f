"""Appends to one room come one after another; what is remembered has a limit."""

import asyncio

from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.recent import Recent
from talkroom.storage.dynamodb.turns import Turns
from tests.contracts.given import ATTIC, LOBBY


async def take(turns: Turns, room: RoomId, name: str, order: list[str]) -> None:
    """A turn that lets others run in its middle."""
    async with turns.turn(room):
        order.append(f"{name} begins")
        await asyncio.sleep(0)
        order.append(f"{name} ends")


async def test_turns_of_a_room_come_in_order() -> None:
    """Each ends before the next begins."""
    turns, order = Turns(), []

    await asyncio.gather(*[take(turns, LOBBY, name, order) for name in "abc"])

    assert ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"] == order


async def test_rooms_do_not_wait_for_each_other() -> None:
    """Each has a queue of its own."""
    turns, order = Turns(), []

    await asyncio.gather(take(turns, LOBBY, "a", order), take(turns, ATTIC, "b", order))

    assert ["a begins", "b begins", "a ends", "b ends"] == order


async def test_nothing_is_left_of_a_room_in_which_nobody_waits() -> None:
    """Also after a failure and after one that gave up waiting."""
    turns, order = Turns(), []

    async def fail() -> None:
        async with turns.turn(LOBBY):
            await asyncio.sleep(0)
            waiting.cancel()
            raise KeyError

    failing = asyncio.ensure_future(fail())
    waiting = asyncio.ensure_future(take(turns, LOBBY, "a", order))

    ends = await asyncio.gather(failing, waiting, return_exceptions=True)

    assert [KeyError, asyncio.CancelledError] == [type(end) for end in ends]
    assert (0, []) == (len(turns), order)


def test_what_was_used_longest_ago_is_forgotten() -> None:
    """Using is keeping and finding."""
    recent: Recent[str, int] = Recent(2)
    recent.keep("a", 1)
    recent.keep("b", 2)
    recent.find("a")

    recent.keep("c", 3)

    assert [1, None, 3, 2] == [*map(recent.find, "abc"), len(recent)]


def test_what_is_kept_again_is_replaced() -> None:
    """And can be forgotten, twice."""
    recent: Recent[str, int] = Recent(2)
    recent.keep("a", 1)
    recent.keep("a", 2)
    found = recent.find("a")

    recent.forget("a")
    recent.forget("a")

    assert (2, None, 0) == (found, recent.find("a"), len(recent))
