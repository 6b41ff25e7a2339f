"""`leave`: receive no more pushes of a room."""

import pytest

from talkroom.chat.protocol.frames import Left
from talkroom.testing import ChatForTests


async def test_the_reply_names_the_room(chat: ChatForTests):
    """By ref."""
    alice = await chat.connect("alice", room="lobby")

    ref = await alice.send("leave", roomId="lobby")

    assert Left("lobby") == alice.reply_to(ref)


async def test_no_pushes_come_after_leaving(chat: ChatForTests):
    """Of this room; others go on."""
    alice = await chat.connect("alice", room="a")
    await alice.ask("join", roomId="b")
    await alice.ask("leave", roomId="a")
    bob = await chat.connect("bob")

    await bob.say("a", "hi")
    await bob.say("b", "hi")

    assert ["b"] == [push.room_id for push in alice.pushes]


async def test_other_connections_stay(chat: ChatForTests):
    """Leaving is a connection's, not a person's."""
    phone = await chat.connect("alice", room="lobby")
    laptop = await chat.connect("alice", room="lobby")
    await phone.ask("leave", roomId="lobby")

    await phone.say("lobby", "hi")

    assert (0, 1) == (len(phone.pushes), len(laptop.pushes))


async def test_a_room_may_be_left_when_the_token_has_expired(chat: ChatForTests):
    """Nobody is kept."""
    alice = await chat.connect("alice", room="lobby", expires_in_ms=1000)
    chat.clock.advance(1000)

    assert Left("lobby") == await alice.ask("leave", roomId="lobby")


@pytest.mark.parametrize(("expected", "room"), [("notJoined", "other"), ("invalidRoomId", "")])
async def test_a_room_that_was_not_joined_cannot_be_left(chat: ChatForTests, expected: str, room: str):
    """It is said, since the client's idea of its rooms is wrong."""
    alice = await chat.connect("alice", room="lobby")

    assert expected == alice.error_to(await alice.send("leave", roomId=room)).name
