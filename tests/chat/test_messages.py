"""`sendmessage` and its pushes: who gets what, where it stands in the order, and that nothing is stored twice."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from tests.chat.host import Host
from tests.e2e.client import Client, all_of

SENDERS, EACH = 4, 10


async def pushes(client: Client, number: int) -> list[dict[str, Any]]:
    """So many, in the order of their sequences: two pushes may change places on the way."""
    return sorted([await client.push() for _ in range(number)], key=lambda push: push["sequence"])


def texts(messages: Iterable[dict[str, Any]]) -> list[str]:
    """What was said."""
    return [message["message"] for message in messages]


async def test_everybody_in_the_room_gets_the_push(host: Host, room: str) -> None:
    """The sender too: what was sent, and what the server says of it."""
    async with (
        await host.open("alice", room, name="アリス") as alice,
        await host.open("bob", room) as bob,
    ):
        reply = await alice.do("sendmessage", roomId=room, message="おはよう", id="m-1")
        own, others = await alice.push(), await bob.push()

    expected = {
        "type": "message",
        "roomId": room,
        "epoch": reply["epoch"],
        "sequence": 1,
        "id": "m-1",
        "sender": "alice",
        "name": "アリス",
        "sentAt": reply["sentAt"],
        "message": "おはよう",
    }
    assert expected == own == others
    assert {"roomId", "epoch", "sequence", "id", "sentAt", "duplicate"} == set(reply)
    assert (room, 1, "m-1", False) == (reply["roomId"], reply["sequence"], reply["id"], reply["duplicate"])


async def test_two_tabs_of_one_person_both_get_it(host: Host, room: str) -> None:
    """A push goes to connections, and one person may have several."""
    token = host.issue("alice", name="アリス")
    async with await host.open_with(token, room) as one, await host.open_with(token, room) as other:
        await one.do("sendmessage", roomId=room, message="from the first")
        await other.do("sendmessage", roomId=room, message="from the second")

        expected = [("alice", "from the first"), ("alice", "from the second")]
        assert expected == [(push["sender"], push["message"]) for push in await pushes(one, 2)]
        assert expected == [(push["sender"], push["message"]) for push in await pushes(other, 2)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("日本語のテキスト、全角。", id="Japanese"),
        pytest.param("👩‍👩‍👧‍👦 🎉 🏴󠁧󠁢󠁳󠁣󠁴󠁿", id="emoji"),
        pytest.param("مرحبا\u200fעברית", id="right to left"),
        pytest.param("e\u0301 is not \u00e9", id="not normalised"),
        pytest.param("  line\n\tbreak \r\n  ", id="white space"),
        pytest.param("\u0000\u0007\u001f\u007f", id="control characters"),
        pytest.param("\ufeff\ufffe\uffff\U0010ffff", id="noncharacters"),
        pytest.param('{"type":"error","ref":1,"name":"x"} \\ " \' <b>&amp;</b>', id="what looks like JSON or HTML"),
        pytest.param("🎉" * 4000, id="the largest"),
    ],
)
async def test_a_text_arrives_as_it_was_sent(host: Host, room: str, text: str) -> None:
    """Code point by code point, in the push and in the history."""
    async with await host.open("alice", room) as alice:
        await alice.do("sendmessage", roomId=room, message=text)

        assert text == await alice.said()
        assert [text] == texts((await alice.do("history", roomId=room))["messages"])


async def test_the_clients_word_on_sender_and_time_is_not_taken(host: Host, room: str) -> None:
    """The token says who, the server says when and where in the order."""
    async with await host.open("alice", room, name="アリス") as client:
        await client.do(
            "sendmessage", roomId=room, message="x", sender="root", name="root", sentAt=1, sequence=77, epoch="e"
        )
        push = await client.push()

    assert ("alice", "アリス", 1) == (push["sender"], push["name"], push["sequence"])
    assert push["sentAt"] > 1_700_000_000_000
    assert push["epoch"] != "e"


async def test_messages_one_after_the_other_are_in_that_order(host: Host, room: str) -> None:
    """Each sent after the reply to the one before."""
    async with await host.open("alice", room) as alice, await host.open("bob", room) as bob:
        for number in range(6):
            await (alice, bob)[number % 2].do("sendmessage", roomId=room, message=str(number))

        assert [(number + 1, str(number)) for number in range(6)] == [
            (push["sequence"], push["message"]) for push in await pushes(bob, 6)
        ]


async def test_many_at_once_are_consecutive_and_the_same_to_everybody(host: Host, room: str) -> None:
    """No hole, nothing twice: replies, pushes and history agree."""

    async def talk(client: Client, sender: int) -> list[tuple[int, str]]:
        refs = [
            await client.send("sendmessage", roomId=room, message=f"{sender}-{number}", id=f"{sender}-{number}")
            for number in range(EACH)
        ]
        replies = [(await client.answer(ref))["data"] for ref in refs]
        return [(reply["sequence"], reply["id"]) for reply in replies]

    async with (
        all_of(host.open(f"user-{number}", room) for number in range(SENDERS)) as clients,
        await host.open("listener", room) as listener,
    ):
        replied = await asyncio.gather(*(talk(client, number) for number, client in enumerate(clients)))
        heard = [(push["sequence"], push["id"]) for push in await pushes(listener, SENDERS * EACH)]
        page = await listener.do("history", roomId=room)

    stored = [(message["sequence"], message["id"]) for message in page["messages"]]
    assert list(range(1, SENDERS * EACH + 1)) == [sequence for sequence, _ in stored]
    assert stored == heard
    assert stored == sorted(pair for replies in replied for pair in replies)


async def test_the_server_names_a_message_that_its_client_did_not(host: Host, room: str) -> None:
    """In the reply and in the push; two of the same text are two."""
    async with await host.open("alice", room) as alice:
        replies = [await alice.do("sendmessage", roomId=room, message="x") for _ in range(2)]
        named = [push["id"] for push in await pushes(alice, 2)]

    assert [reply["id"] for reply in replies] == named
    assert 2 == len(set(named))


async def test_a_repetition_is_answered_with_the_first_result(host: Host, room: str) -> None:
    """By id alone when it comes soon, and by `retryAfter` at any time; it is stored once and pushed once."""
    async with await host.open("alice", room) as alice:
        await alice.do("sendmessage", roomId=room, message="before")
        first = await alice.do("sendmessage", roomId=room, message="once", id="m-1")
        again = await alice.do("sendmessage", roomId=room, message="once", id="m-1", retryAfter=1, epoch=first["epoch"])
        await alice.do("sendmessage", roomId=room, message="after")
        heard = texts(await pushes(alice, 3))
        stored = texts((await alice.do("history", roomId=room))["messages"])

    assert {**first, "duplicate": True} == again
    assert ["before", "once", "after"] == stored == heard


async def test_a_repetition_on_another_connection_is_one_too(host: Host, room: str) -> None:
    """The sender and the id count: that is what a client needs that has lost its connection."""
    async with await host.open("alice", room) as alice:
        first = await alice.do("sendmessage", roomId=room, message="once", id="m-1")
    async with await host.open("alice") as alice:
        again = await alice.do("sendmessage", roomId=room, message="once", id="m-1", retryAfter=0, epoch=first["epoch"])

    assert {**first, "duplicate": True} == again


async def test_repetitions_at_once_store_one(host: Host, room: str) -> None:
    """However many come at the same time, from however many connections."""
    async with all_of(host.open("alice", room) for _ in range(4)) as clients:
        epoch = (await clients[0].do("join", roomId=room))["epoch"]
        said = {"roomId": room, "message": "once", "id": "m-1", "retryAfter": 0, "epoch": epoch}
        replies = await asyncio.gather(*(client.do("sendmessage", **said) for client in clients))
        page = await clients[0].do("history", roomId=room)

    assert {(1, "m-1")} == {(reply["sequence"], reply["id"]) for reply in replies}
    assert [False, True, True, True] == sorted(reply["duplicate"] for reply in replies)
    assert ["once"] == texts(page["messages"])


async def test_a_repetition_of_what_was_never_stored_is_stored(host: Host, room: str) -> None:
    """The first attempt was lost on its way."""
    async with await host.open("alice", room) as alice:
        epoch = (await alice.do("join", roomId=room))["epoch"]
        reply = await alice.do("sendmessage", roomId=room, message="late", id="m-1", retryAfter=0, epoch=epoch)

        assert (1, False) == (reply["sequence"], reply["duplicate"])
        assert "late" == await alice.said()


async def test_the_same_id_of_another_person_or_room_is_another_message(host: Host, room: str) -> None:
    """An id is its sender's, and a message is its room's."""
    other = f"{room}-other"
    async with await host.open("alice") as alice, await host.open("bob") as bob:
        replies = [
            await alice.do("sendmessage", roomId=room, message="x", id="m-1"),
            await bob.do("sendmessage", roomId=room, message="x", id="m-1"),
            await alice.do("sendmessage", roomId=other, message="x", id="m-1"),
        ]

    assert [1, 2, 1] == [reply["sequence"] for reply in replies]
    assert [False] * 3 == [reply["duplicate"] for reply in replies]


async def test_fields_that_a_command_does_not_know_are_ignored(host: Host, room: str) -> None:
    """So that a newer client can talk to an older server; null is the same as absent."""
    async with await host.open("alice", room) as alice:
        reply = await alice.do("sendmessage", roomId=room, message="x", colour="red", id=None, retryAfter=None)

    assert 1 == reply["sequence"]


@pytest.mark.parametrize("ref", [0, -1, 2**53 - 1, "", "x" * 128, "参照"])
async def test_an_answer_has_the_commands_ref(host: Host, ref: int | str) -> None:
    """Whatever the client chose."""
    async with await host.open() as client:
        await client.connection.send(json.dumps({"action": "ping", "ref": ref}, ensure_ascii=False))

        assert ref == (await client.frame())["ref"]


async def test_a_command_without_a_ref_is_answered_without(host: Host) -> None:
    """The fields of a reply are those that it has."""
    async with await host.open() as client:
        await client.connection.send('{"action":"ping"}')
        frame = await client.frame()

    assert {"type", "data"} == set(frame)
    assert frame["data"]["now"] > 1_700_000_000_000
