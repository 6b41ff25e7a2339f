"""What a connection may know: nothing of a room that its token does not cover, nothing of one that it has not joined."""

import asyncio

import pytest

from tests.e2e.client import Client, all_of
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue


async def nothing_came(client: Client) -> bool:
    """Whether no push is before the answer to a ping sent now."""
    await client.do("ping")
    return not client.pushes


async def test_a_connection_gets_its_own_rooms_messages_and_no_others(server: ServerProcess) -> None:
    """Three rooms of three, everybody talks at once."""
    rooms = ["isolation-a", "isolation-b", "isolation-b2"] * 3

    async def talk(room: str, client: Client) -> set[str]:
        for number in range(20):
            await client.do("sendmessage", roomId=room, message=f"{room} says {number}")
        return {push["roomId"] for push in [await client.push() for _ in range(60)]}

    openings = (Client.open(server.port, issue(f"{room}-{number}", [room]), room) for number, room in enumerate(rooms))
    async with all_of(openings) as clients:
        heard = await asyncio.gather(*(talk(room, client) for room, client in zip(rooms, clients, strict=True)))
        quiet = [await nothing_came(client) for client in clients]

    assert [{room} for room in rooms] == heard
    assert [True] * 9 == quiet


async def test_a_room_whose_name_begins_alike_is_another_room(server: ServerProcess) -> None:
    """Compared code point by code point."""
    async with (
        await Client.open(server.port, issue("a"), "name") as one,
        await Client.open(server.port, issue("b"), "name2") as other,
        await Client.open(server.port, issue("c"), "Name") as third,
    ):
        await one.do("sendmessage", roomId="name", message="x")
        assert "x" == await one.said()

        assert [True, True] == [await nothing_came(other), await nothing_came(third)]


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
    server: ServerProcess, action: str, data: dict[str, object]
) -> None:
    """And neither the error nor anything after it tells whether the room exists."""
    async with (
        await Client.open(server.port, issue("owner"), "private") as owner,
        await Client.open(server.port, issue("stranger", ["public-*"]), "public-1") as stranger,
    ):
        await owner.do("sendmessage", roomId="private", message="a secret")
        refused = await stranger.ask(action, roomId="private", **data)
        missing = await stranger.ask(action, roomId="does-not-exist", **data)
        await owner.do("sendmessage", roomId="private", message="another secret")

        assert ("error", "forbidden", False) == (refused["type"], refused["name"], refused["retry"])
        assert refused["detail"] == missing["detail"]
        assert await nothing_came(stranger)


@pytest.mark.parametrize("action", ["join", "history", "members"])
async def test_who_may_only_send_may_not_look(server: ServerProcess, action: str) -> None:
    """`can` counts as well as `rooms`."""
    async with await Client.open(server.port, issue("writer", can=["send"])) as writer:
        await writer.do("sendmessage", roomId="box", message="x")

        assert "forbidden" == (await writer.ask(action, roomId="box"))["name"]


async def test_who_may_only_read_may_not_send(server: ServerProcess) -> None:
    """And nobody hears of the attempt."""
    async with (
        await Client.open(server.port, issue("reader", can=["read"]), "stage") as reader,
        await Client.open(server.port, issue("actor"), "stage") as actor,
    ):
        assert "forbidden" == (await reader.ask("sendmessage", roomId="stage", message="boo"))["name"]
        assert await nothing_came(actor)


async def test_a_cursor_opens_no_other_room(server: ServerProcess) -> None:
    """It belongs to the room that it was given for, and is checked against the token besides."""
    async with await Client.open(server.port, issue("owner"), "cursor-a") as owner:
        for number in range(3):
            await owner.do("sendmessage", roomId="cursor-a", message=f"{number}")
        cursor = (await owner.do("history", roomId="cursor-a", limit=1))["cursor"]
        async with await Client.open(server.port, issue("stranger", ["cursor-b"])) as stranger:
            elsewhere = await stranger.ask("history", roomId="cursor-b", cursor=cursor)
            there = await stranger.ask("history", roomId="cursor-a", cursor=cursor)

    assert ("invalidCursor", "forbidden") == (elsewhere["name"], there["name"])


async def test_who_has_left_a_room_hears_nothing_more(server: ServerProcess) -> None:
    """From the reply on."""
    async with (
        await Client.open(server.port, issue("stays"), "left") as stays,
        await Client.open(server.port, issue("leaves"), "left") as leaves,
    ):
        await leaves.do("leave", roomId="left")
        await stays.do("sendmessage", roomId="left", message="x")
        assert "x" == await stays.said()

        assert await nothing_came(leaves)
        assert ["stays"] == [one["id"] for one in (await stays.do("members", roomId="left"))["members"]]


async def test_the_clients_word_on_sender_and_time_is_not_taken(server: ServerProcess) -> None:
    """The token says who, the server says when and where in the order."""
    async with await Client.open(server.port, issue("alice", name="アリス"), "words") as client:
        await client.do(
            "sendmessage", roomId="words", message="x", sender="root", name="root", sentAt=1, sequence=77, epoch="e"
        )
        push = await client.push()

    assert ("alice", "アリス", 1) == (push["sender"], push["name"], push["sequence"])
    assert push["sentAt"] > 1_700_000_000_000
    assert push["epoch"] != "e"


async def test_an_expired_token_ends_pushes_and_a_fresh_one_brings_them_back(serve: Serve) -> None:
    """Expiry is checked on every push and command, not only at the handshake."""
    server = serve("--token-leeway-s", "0", "--commands-burst", "100000", "--durability", "os")
    async with (
        await Client.open(server.port, issue("speaker"), "lease") as speaker,
        await Client.open(server.port, issue("listener", ttl_s=2), "lease") as listener,
    ):
        push = {"type": "message"}
        while push["type"] == "message":
            await speaker.do("sendmessage", roomId="lease", message="x")
            speaker.pushes.clear()
            push = await listener.push()
        refused = await listener.ask("history", roomId="lease")
        await listener.do("refresh", token=issue("listener"))
        await listener.do("join", roomId="lease")
        await speaker.do("sendmessage", roomId="lease", message="again")

        assert {"type": "unsubscribed", "roomId": "lease", "reason": "tokenExpired"} == push
        assert "tokenExpired" == refused["name"]
        assert "again" == await listener.said()
