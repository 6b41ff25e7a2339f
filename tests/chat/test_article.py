"""The article's dialogue as it is written there: with the real wscat, and with the `websockets` package."""

import asyncio
import json
from urllib.parse import quote

import pytest
from websockets.asyncio.client import ClientConnection

from tests.chat.host import Host
from tests.chat.looking import members_become
from tests.chat.terminal import Terminal
from tests.e2e.client import PATIENCE_S


def as_the_article_has_it(host: Host, token: str, room: str) -> Terminal:
    """`wscat -c <url> -s <token> -s <roomId>`."""
    return Terminal("-c", host.url, "-s", token, "-s", room)


def sendmessage(room: str, message: str) -> str:
    """The article's command."""
    return json.dumps({"action": "sendmessage", "data": {"message": message, "roomId": room}}, ensure_ascii=False)


async def hear(connection: ClientConnection) -> str | bytes:
    """What comes next."""
    async with asyncio.timeout(PATIENCE_S):
        return await connection.recv()


async def test_with_wscat_what_one_says_every_other_in_the_room_sees(host: Host, room: str) -> None:
    """Not the sender, and not other rooms."""
    other = f"{room}-other"
    async with (
        as_the_article_has_it(host, host.issue("alice", [room]), room) as alice,
        as_the_article_has_it(host, host.issue("bob", [room]), room) as bob,
        as_the_article_has_it(host, host.issue("carol", [room]), room) as carol,
        as_the_article_has_it(host, host.issue("dave", [other]), other) as dave,
        as_the_article_has_it(host, host.issue("erin", [other]), other) as erin,
    ):
        for one in (alice, bob, carol, dave, erin):
            await one.see("Connected (press CTRL+C to quit)")
        alice.type(sendmessage(room, "こんにちは"))
        await bob.see("< こんにちは")
        await carol.see("< こんにちは")
        # What those see who should not have seen it comes after it would have come.
        bob.type(sendmessage(room, "返事"))
        erin.type(sendmessage(other, "別の部屋"))
        await alice.see("< 返事")
        await carol.see("< 返事")
        await dave.see("< 別の部屋")
        heard = [one.heard for one in (alice, bob, carol, dave, erin)]
        left = await alice.leave()

    assert [["返事"], ["こんにちは"], ["こんにちは", "返事"], ["別の部屋"], []] == heard
    assert 0 == left


async def test_with_wscat_the_same_person_in_another_terminal_sees_it(host: Host, room: str) -> None:
    """The connection is left out, not the person."""
    token = host.issue("alice", [room])
    async with (
        as_the_article_has_it(host, token, room) as one,
        as_the_article_has_it(host, token, room) as other,
    ):
        await one.see("Connected")
        await other.see("Connected")
        one.type(sendmessage(room, "こんにちは"))
        await other.see("< こんにちは")

        assert [] == one.heard


@pytest.mark.parametrize(
    ("token", "rooms", "status"),
    [pytest.param("nonsense", None, 401, id="bad token"), pytest.param(None, ["elsewhere"], 403, id="another room")],
)
async def test_wscat_prints_how_it_was_refused(
    host: Host, room: str, token: str | None, rooms: list[str] | None, status: int
) -> None:
    """By the status."""
    async with as_the_article_has_it(host, token or host.issue("alice", rooms or []), room) as terminal:
        await terminal.see(f"error: Unexpected server response: {status}")


async def test_with_websockets_what_one_says_every_other_in_the_room_hears(host: Host, room: str) -> None:
    """As raw text, in a text frame of its own, but for the sender; nothing is replied."""
    async with (
        await host.open_plain(host.issue("alice", [room]), room) as alice,
        await host.open_plain(host.issue("bob", [room]), room) as bob,
        await host.open_plain(host.issue("carol", [room]), room) as carol,
    ):
        await alice.send(sendmessage(room, "こんにちは"))
        heard = [await hear(bob), await hear(carol)]
        await bob.send(sendmessage(room, "返事"))
        heard += [await hear(alice), await hear(carol)]

    assert ["こんにちは", "こんにちは", "返事", "返事"] == heard


async def test_the_token_is_the_subprotocol_that_is_selected(host: Host, room: str) -> None:
    """A client that offers subprotocols needs one of them back."""
    token = host.issue("alice", [room])
    async with await host.open_plain(token, room) as alice:
        assert token == alice.subprotocol


async def test_another_room_hears_nothing(host: Host, room: str) -> None:
    """Its own next message is the first that it gets."""
    other = f"{room}-other"
    async with (
        await host.open_plain(host.issue("alice"), room) as alice,
        await host.open_plain(host.issue("bob"), room) as bob,
        await host.open_plain(host.issue("dave"), other) as dave,
        await host.open_plain(host.issue("erin"), other) as erin,
    ):
        await alice.send(sendmessage(room, "not for dave"))
        assert "not for dave" == await hear(bob)
        await erin.send(sendmessage(other, "for dave"))

        assert "for dave" == await hear(dave)


async def test_a_room_without_one_who_speaks_may_be_spoken_to(host: Host, room: str) -> None:
    """The token decides, not the room of the handshake."""
    other = f"{room}-other"
    async with (
        await host.open_plain(host.issue("alice", [room, other]), room) as alice,
        await host.open_plain(host.issue("bob", [other]), other) as bob,
    ):
        await alice.send(sendmessage(other, "from next door"))

        assert "from next door" == await hear(bob)


async def test_a_room_is_percent_encoded(host: Host, room: str) -> None:
    """A subprotocol must be an HTTP token, and a room may have any name."""
    room = f"会議室 {room} (1)"
    async with (
        await host.open_plain(host.issue("alice"), room) as alice,
        await host.open_plain(host.issue("bob", [room]), room) as bob,
    ):
        await alice.send(sendmessage(room, "🎉"))

        assert "🎉" == await hear(bob)
        assert quote(room, safe="") not in (alice.subprotocol or "")


async def test_closing_removes_the_connection(host: Host, room: str) -> None:
    """Who has closed is a member no more, and the room goes on without."""
    async with (
        await host.open("carol", room) as carol,
        await host.open_plain(host.issue("alice", [room]), room) as alice,
        await host.open_plain(host.issue("bob", [room]), room) as bob,
    ):
        await bob.close()
        await members_become(carol, room, ["alice", "carol"])
        await alice.send(sendmessage(room, "bob?"))

        assert "bob?" == await carol.said()


@pytest.mark.parametrize("command", ['{"action":"sendmessage","data":{"roomId":"lobby"}}', "words"])
async def test_only_what_fails_is_answered(host: Host, room: str, command: str) -> None:
    """As JSON, because there is no other way to know."""
    async with await host.open_plain(host.issue("alice"), room) as alice:
        await alice.send(sendmessage(room, "is not answered"))
        await alice.send('{"action":"ping"}')
        await alice.send(command)
        answer = json.loads(await hear(alice))

    assert "error" == answer["type"]


async def test_plain_and_v1_connections_hear_each_other(host: Host, room: str) -> None:
    """Each in its own way."""
    async with (
        await host.open_plain(host.issue("alice", name="アリス"), room) as alice,
        await host.open("bob", room) as bob,
    ):
        await alice.send(sendmessage(room, "plain"))
        push = await bob.push()
        await bob.do("sendmessage", roomId=room, message="v1")

        assert ("plain", "alice", "アリス", 1) == (push["message"], push["sender"], push["name"], push["sequence"])
        assert "v1" == await hear(alice)
