"""`ping`: keeps a connection from being idle."""

from talkroom.chat.protocol.frames import Pong
from talkroom.testing import ChatForTests
from talkroom.testing.clock import START_MS


async def test_the_reply_tells_the_server_s_time(chat: ChatForTests):
    """From which a client can measure its own clock's error."""
    alice = await chat.connect("alice")
    chat.clock.advance(5)

    ref = await alice.send("ping")

    assert Pong(START_MS + 5) == alice.reply_to(ref)


async def test_an_expired_token_may_ping(chat: ChatForTests):
    """It keeps the connection for a refresh."""
    alice = await chat.connect("alice", expires_in_ms=1000)
    chat.clock.advance(1000)

    assert Pong(START_MS + 1000) == await alice.ask("ping")


async def test_a_plain_connection_gets_no_reply(chat: ChatForTests):
    """The message itself is what keeps it."""
    alice = await chat.connect_plain("alice", room="lobby")

    await alice.send("ping")

    assert [] == alice.texts
