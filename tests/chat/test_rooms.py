"""Rooms: joining, leaving, who is there, and that nothing is heard of a room that is not one's own."""

import asyncio

import pytest

from tests.chat.host import Host
from tests.chat.looking import member_ids, members_become, nothing_came
from tests.e2e.client import Client, all_of


async def test_joining_starts_the_pushes_and_leaving_ends_them(host: Host, room: str) -> None:
    """From the reply on, both times."""
    async with await host.open("alice") as alice, await host.open("bob") as bob:
        await bob.do("sendmessage", roomId=room, message="too early")
        joined = await alice.do("join", roomId=room)
        await bob.do("sendmessage", roomId=room, message="heard")
        assert "heard" == await alice.said()
        left = await alice.do("leave", roomId=room)
        await bob.do("sendmessage", roomId=room, message="too late")

        assert {"roomId": room, "epoch": joined["epoch"], "lastSequence": 1, "oldestSequence": 1} == joined
        assert {"roomId": room} == left
        assert await nothing_came(alice)


async def test_a_room_in_which_nothing_was_said_has_an_epoch(host: Host, room: str) -> None:
    """So that a client can tell later that the log is still the same one."""
    async with await host.open("alice") as alice:
        empty = await alice.do("join", roomId=room)
        said = await alice.do("sendmessage", roomId=room, message="x")

    assert (0, 1) == (empty["lastSequence"], empty["oldestSequence"])
    assert empty["epoch"] == said["epoch"]


async def test_joining_twice_is_joining_once(host: Host, room: str) -> None:
    """No push comes twice, and one `leave` ends it."""
    async with await host.open("alice", room) as alice, await host.open("bob") as bob:
        await alice.do("join", roomId=room)
        await bob.do("sendmessage", roomId=room, message="once")
        assert "once" == await alice.said()
        assert await nothing_came(alice)
        await alice.do("leave", roomId=room)

        assert "notJoined" == (await alice.ask("leave", roomId=room))["name"]


async def test_one_connection_may_be_in_several_rooms(host: Host, room: str) -> None:
    """Each push says of which room it is."""
    rooms = [f"{room}-{number}" for number in range(3)]
    async with await host.open("alice", rooms[0]) as alice, await host.open("bob") as bob:
        await alice.do("join", roomId=rooms[1])
        for one in rooms:
            await bob.do("sendmessage", roomId=one, message=f"in {one}")
        heard = {push["roomId"]: push["message"] for push in (await alice.push(), await alice.push())}

        assert {one: f"in {one}" for one in rooms[:2]} == heard
        assert await nothing_came(alice)


async def test_a_connection_gets_its_own_rooms_messages_and_no_others(host: Host, room: str) -> None:
    """Three rooms of three, everybody talks at once."""
    rooms = [f"{room}-a", f"{room}-b", f"{room}-b2"] * 3
    each = 5

    async def talk(room: str, client: Client) -> set[str]:
        for number in range(each):
            await client.do("sendmessage", roomId=room, message=f"{room} says {number}")
        return {push["roomId"] for push in [await client.push() for _ in range(3 * each)]}

    openings = (host.open(f"{one}-{number}", one, rooms=[one]) for number, one in enumerate(rooms))
    async with all_of(openings) as clients:
        heard = await asyncio.gather(*(talk(one, client) for one, client in zip(rooms, clients, strict=True)))
        quiet = [await nothing_came(client) for client in clients]

    assert [{one} for one in rooms] == heard
    assert [True] * 9 == quiet


async def test_a_room_whose_name_begins_alike_is_another_room(host: Host, room: str) -> None:
    """Compared code point by code point."""
    async with (
        await host.open("a", room) as one,
        await host.open("b", f"{room}2") as other,
        await host.open("c", room.upper()) as third,
        await host.open("d", f"{room}\u3000x") as fourth,
    ):
        await one.do("sendmessage", roomId=room, message="x")
        assert "x" == await one.said()

        assert [True] * 3 == [await nothing_came(client) for client in (other, third, fourth)]


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("join", {}),
        ("join", {"after": 0, "epoch": "x"}),
        ("history", {}),
        ("members", {}),
        ("sendmessage", {"message": "x"}),
        ("sendmessage", {"message": "x", "id": "x", "retryAfter": 0}),
    ],
)
async def test_a_room_that_the_token_does_not_cover_is_forbidden(
    host: Host, room: str, action: str, data: dict[str, object]
) -> None:
    """And neither the error nor anything after it tells whether the room exists."""
    async with (
        await host.open("owner", room) as owner,
        await host.open("stranger", "public-1", rooms=["public-*"]) as stranger,
    ):
        await owner.do("sendmessage", roomId=room, message="a secret")
        refused = await stranger.ask(action, roomId=room, **data)
        missing = await stranger.ask(action, roomId=f"{room}-that-is-not", **data)
        await owner.do("sendmessage", roomId=room, message="another secret")

        assert ("error", "forbidden", False) == (refused["type"], refused["name"], refused["retry"])
        assert refused["detail"] == missing["detail"]
        assert await nothing_came(stranger)


async def test_members_are_the_people_who_are_there(host: Host, room: str) -> None:
    """Each once however many connections, by ascending id, with the names of their tokens."""
    async with (
        await host.open("carol", room, name="キャロル"),
        await host.open("alice", room, name="アリス"),
        await host.open("alice", room, name="アリス"),
        await host.open("bob", f"{room}-other"),
        await host.open("dave") as dave,
    ):
        there = await dave.do("members", roomId=room)
        await dave.do("join", roomId=room)
        with_dave = await dave.do("members", roomId=room)

    assert {
        "roomId": room,
        "members": [{"id": "alice", "name": "アリス"}, {"id": "carol", "name": "キャロル"}],
    } == there
    assert ["alice", "carol", "dave"] == [one["id"] for one in with_dave["members"]]


async def test_members_come_in_pages(host: Host, room: str) -> None:
    """Of `limit` at most; only the last page has no cursor."""
    users = [f"user-{number}" for number in range(5)]
    async with all_of(host.open(user, room) for user in reversed(users)) as clients:
        page = await clients[0].do("members", roomId=room, limit=2)
        pages = [page]
        while "cursor" in page:
            page = await clients[0].do("members", roomId=room, limit=2, cursor=page["cursor"])
            pages.append(page)

    assert [users[:2], users[2:4], users[4:]] == [[one["id"] for one in page["members"]] for page in pages]


async def test_who_has_gone_is_no_member_any_more(host: Host, room: str) -> None:
    """By leaving at once, by closing soon."""
    async with await host.open("stays", room) as stays, await host.open("leaves", room) as leaves:
        await leaves.do("leave", roomId=room)
        assert ["stays"] == await member_ids(stays, room)
        await leaves.do("join", roomId=room)
        assert ["leaves", "stays"] == await member_ids(stays, room)

        await leaves.connection.close()
        await members_become(stays, room, ["stays"])
