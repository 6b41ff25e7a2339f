"""The public test kit: for Talkroom's own tests, and for yours when you embed it.

    from talkroom.testing import a_chat

    async def test_everyone_in_the_room_gets_a_message():
        chat = await a_chat()
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")

        accepted = await alice.say("lobby", "hello")

        assert [accepted.sequence] == [push.sequence for push in bob.messages]

docs/howto/test-your-integration.md shows more. Production code never imports this package.
"""

from talkroom.testing.chat import ChatForTests, HandshakeRefused, a_chat
from talkroom.testing.clients import Client, PlainClient, V1Client
from talkroom.testing.clock import FakeClock
from talkroom.testing.events import a_connect_event, a_disconnect_event, a_message_event
from talkroom.testing.faults import FaultyLog, FaultySubscriptions
from talkroom.testing.handover import RecordingHandover
from talkroom.testing.ids import SequentialIds
from talkroom.testing.management import RecordingManagement
from talkroom.testing.tokens import FakeTokens

__all__ = [
    "ChatForTests",
    "Client",
    "FakeClock",
    "FakeTokens",
    "FaultyLog",
    "FaultySubscriptions",
    "HandshakeRefused",
    "PlainClient",
    "RecordingHandover",
    "RecordingManagement",
    "SequentialIds",
    "V1Client",
    "a_chat",
    "a_connect_event",
    "a_disconnect_event",
    "a_message_event",
]
