"""`history` and `join` with a position: pages both ways, cursors, and what a client does that was away."""

from typing import Any

import aiohttp
import pytest

from tests.chat.host import Host
from tests.e2e.client import Client

LAST = 7


async def say(client: Client, room: str, *texts: str) -> None:
    """One after the other."""
    for text in texts:
        await client.do("sendmessage", roomId=room, message=text)


def sequences(page: dict[str, Any]) -> list[int]:
    """Of a page's messages."""
    return [message["sequence"] for message in page["messages"]]


async def read_pages(client: Client, room: str, **first: Any) -> list[list[int]]:
    """Every page, from the first one's request through the cursors."""
    page = await client.do("history", roomId=room, **first)
    pages = [sequences(page)]
    while "cursor" in page:
        page = await client.do("history", roomId=room, cursor=page["cursor"], limit=first.get("limit"))
        pages.append(sequences(page))
    return pages


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, [[1, 2, 3, 4, 5, 6, 7]], id="all"),
        pytest.param({"limit": 3}, [[5, 6, 7], [2, 3, 4], [1]], id="back from the end"),
        pytest.param({"limit": 3, "before": 6}, [[3, 4, 5], [1, 2]], id="back from a sequence"),
        pytest.param({"limit": 3, "after": 0}, [[1, 2, 3], [4, 5, 6], [7]], id="forward from the beginning"),
        pytest.param({"limit": 2, "after": 3}, [[4, 5], [6, 7]], id="forward from a sequence"),
        pytest.param({"after": 7}, [[]], id="after the last"),
        pytest.param({"after": 1000}, [[]], id="after what is not there yet"),
        pytest.param({"before": 1}, [[]], id="before the first"),
        pytest.param({"before": 1000, "limit": 2}, [[6, 7], [4, 5], [2, 3], [1]], id="before what is not there yet"),
        pytest.param({"limit": 1_000_000}, [[1, 2, 3, 4, 5, 6, 7]], id="more than a page may hold"),
    ],
)
async def test_history_is_read_in_pages(
    host: Host, room: str, asked: dict[str, int], expected: list[list[int]]
) -> None:
    """Ascending within a page whichever way is read; the cursor goes on in the same direction to the end."""
    async with await host.open("alice") as alice:
        await say(alice, room, *map(str, range(1, LAST + 1)))

        assert expected == await read_pages(alice, room, **asked)


async def test_a_page_says_what_a_push_says(host: Host, room: str) -> None:
    """But for the room and the epoch, which stand beside the page."""
    async with await host.open("alice", room, name="アリス") as alice:
        await alice.do("sendmessage", roomId=room, message="おはよう", id="m-1")
        push = await alice.push()
        page = await alice.do("history", roomId=room)

    assert {name: push[name] for name in push if name not in ("type", "roomId", "epoch")} == page["messages"][0]
    assert (room, push["epoch"], 1, 1) == tuple(
        page[name] for name in ("roomId", "epoch", "lastSequence", "oldestSequence")
    )
    assert "cursor" not in page


async def test_an_empty_room_has_an_empty_page(host: Host, room: str) -> None:
    """And the same epoch as ever after."""
    async with await host.open("alice") as alice:
        page = await alice.do("history", roomId=room)
        said = await alice.do("sendmessage", roomId=room, message="x")

    assert ([], 0, 1, said["epoch"]) == (page["messages"], page["lastSequence"], page["oldestSequence"], page["epoch"])


async def test_a_cursor_leads_on_although_the_room_goes_on(host: Host, room: str) -> None:
    """What is said between two pages moves nothing."""
    async with await host.open("alice") as alice:
        await say(alice, room, "1", "2", "3")
        newest = await alice.do("history", roomId=room, limit=1)
        await say(alice, room, "4", "5")
        older = await alice.do("history", roomId=room, limit=2, cursor=newest["cursor"])

    assert ([3], [1, 2]) == (sequences(newest), sequences(older))


async def test_a_cursor_opens_no_other_room(host: Host, room: str) -> None:
    """It belongs to the room that it was given for, and is checked against the token besides."""
    other = f"{room}-other"
    async with await host.open("owner", room) as owner, await host.open("stranger", rooms=[other]) as stranger:
        await say(owner, room, "1", "2", "3")
        cursor = (await owner.do("history", roomId=room, limit=1))["cursor"]
        elsewhere = await stranger.ask("history", roomId=other, cursor=cursor)
        there = await stranger.ask("history", roomId=room, cursor=cursor)

    assert ("invalidCursor", "forbidden") == (elsewhere["name"], there["name"])


async def test_a_large_page_is_whole_in_every_client(host: Host, room: str) -> None:
    """It ends below 96 KiB, and comes in several frames, because the server sends none above 32 KiB."""
    texts = ["あ" * 4000 for _ in range(9)]
    token = host.issue("alice")
    async with await host.open_with(token) as client:
        await say(client, room, *texts)
        page = await client.do("history", roomId=room)
        rest = await client.do("history", roomId=room, cursor=page["cursor"])
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(host.url, protocols=["talkroom.v1", token]) as one,
    ):
        await one.send_json({"action": "history", "data": {"roomId": room}})
        same = (await one.receive_json(timeout=10))["data"]

    assert texts == [message["message"] for message in rest["messages"] + page["messages"]]
    assert page == same


async def test_who_comes_back_is_told_what_it_missed(host: Host, room: str) -> None:
    """By `join` with its position, and then by pushes: together everything, once by sequence."""
    async with await host.open("bob", room) as bob:
        async with await host.open("alice", room) as alice:
            await say(bob, room, "1", "2")
            seen = [(await alice.push())["sequence"] for _ in range(2)]
        await say(bob, room, "3", "4")
        async with await host.open("alice") as alice:
            epoch = (await bob.do("join", roomId=room))["epoch"]
            joined = await alice.do("join", roomId=room, after=2, epoch=epoch)
            await say(bob, room, "5")
            pushed = await alice.push()

    assert [1, 2] == sorted(seen)
    assert (True, [3, 4]) == (joined["resumed"], sequences(joined))
    assert "cursor" not in joined
    assert 5 == pushed["sequence"]


async def test_nothing_falls_between_what_is_told_and_what_is_pushed(host: Host, room: str) -> None:
    """Whoever comes back while others talk has a sequence from one or the other, or both."""
    async with await host.open("bob") as bob, await host.open("alice") as alice:
        await say(bob, room, "1")
        epoch = (await bob.do("join", roomId=room))["epoch"]
        refs = [await bob.send("sendmessage", roomId=room, message=str(number)) for number in range(10)]
        joined = await alice.do("join", roomId=room, after=0, epoch=epoch)
        for ref in refs:
            await bob.answer(ref)
        await bob.do("sendmessage", roomId=room, message="the last")
        seen = set(sequences(joined))
        while 12 not in seen or len(seen) < 12:
            seen.add((await alice.push())["sequence"])

    assert set(range(1, 13)) == seen


async def test_a_long_absence_is_told_in_pages(host: Host, room: str) -> None:
    """The cursor of `join` leads on with `history`."""
    async with await host.open("alice") as alice:
        await say(alice, room, *("あ" * 4000 for _ in range(9)))
        epoch = (await alice.do("join", roomId=room))["epoch"]
        page = await alice.do("join", roomId=room, after=0, epoch=epoch)
        told = sequences(page)
        while "cursor" in page:
            page = await alice.do("history", roomId=room, cursor=page["cursor"])
            told += sequences(page)

    assert list(range(1, 10)) == told


@pytest.mark.parametrize(
    ("after", "epoch", "reason"),
    [(1, "an-older-log", "epochChanged"), (0, "an-older-log", "epochChanged"), (9, None, "ahead")],
)
async def test_a_position_that_cannot_be_resumed_is_named(
    host: Host, room: str, after: int, epoch: str | None, reason: str
) -> None:
    """The connection is subscribed all the same; only the past is missing."""
    async with await host.open("alice") as alice:
        await say(alice, room, "1")
        current = (await alice.do("history", roomId=room))["epoch"]
        joined = await alice.do("join", roomId=room, after=after, epoch=epoch or current)
        await say(alice, room, "2")

        assert (False, reason) == (joined["resumed"], joined["reason"])
        assert "messages" not in joined
        assert "2" == await alice.said()
