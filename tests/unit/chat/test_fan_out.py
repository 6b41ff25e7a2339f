"""Fan-out: one push to every connection of a room, whatever state its receivers are in."""

import json
from collections.abc import AsyncIterator

import pytest

from talkroom.chat.fan_out import Splitting
from talkroom.chat.model.policy import Grant
from talkroom.chat.model.subscription import Kind
from talkroom.chat.protocol.context import encode_context
from talkroom.chat.protocol.frames import UnsubscribedPush
from talkroom.contract.authorizer import allow, context_for_events
from talkroom.contract.ids import encode_id
from talkroom.storage.memory import MemorySubscriptions
from talkroom.testing import (
    ChatForTests,
    Client,
    FaultySubscriptions,
    RecordingHandover,
    V1Client,
    a_chat,
    a_connect_event,
)
from talkroom.testing.clock import START_MS

HANDSHAKE_MS = 31_000
"""After this no handshake can still be pending: an integration has 29 s."""


async def rooms_of(chat: ChatForTests, client: Client) -> list[str]:
    """Where a connection is subscribed."""
    return sorted(one.room for one in await chat.subscriptions.of_connection(client.connection_id))


def messages(client: V1Client) -> list[str]:
    """The texts of what was pushed."""
    return [push.message for push in client.messages]


class TestDelivery:
    """To the management API a message is one call a kind."""

    async def test_a_message_is_posted_once_for_each_kind(self, chat: ChatForTests):
        """However many connections there are."""
        v1 = [await chat.connect(f"v{number}", room="lobby") for number in range(3)]
        plain = [await chat.connect_plain(f"p{number}", room="lobby") for number in range(3)]

        await v1[0].say("lobby", "hi")

        assert [{client.connection_id for client in v1}, {client.connection_id for client in plain}] == [
            set(batch) for batch in chat.management.batches
        ]

    async def test_an_empty_room_costs_no_call(self, chat: ChatForTests):
        """Nor does a room in which the plain sender is alone."""
        alice = await chat.connect("alice")
        bob = await chat.connect_plain("bob", room="lobby")

        await alice.say("empty", "hi")
        await bob.say("lobby", "hi")

        assert [] == chat.management.batches

    async def test_every_v1_connection_is_sent_the_same_text(self, chat: ChatForTests):
        """It is encoded once."""
        clients = [await chat.connect(f"v{number}", room="lobby") for number in range(3)]

        await (await chat.connect("bob")).say("lobby", "hi")

        assert 1 == len({text for client in clients for text in client.texts})

    async def test_deliveries_are_counted(self, chat: ChatForTests):
        """Of both kinds."""
        alice = await chat.connect("alice", room="lobby")
        await chat.connect_plain("bob", room="lobby")

        await alice.say("lobby", "hi")

        assert 2 == chat.app.fan_out.counters.deliveries


class TestGone:
    """Whatever points at a dead connection is removed after one send."""

    @pytest.mark.parametrize("plain", [False, True])
    async def test_a_gone_connection_is_posted_to_once(self, chat: ChatForTests, plain: bool):
        """The send after it does not try again."""
        alice = await chat.connect("alice")
        bob = await (chat.connect_plain if plain else chat.connect)("bob", room="lobby")
        chat.clock.advance(HANDSHAKE_MS)
        await chat.kill(bob)

        await alice.say("lobby", "one")
        await alice.say("lobby", "two")

        assert ([(bob.connection_id,)], 1) == (chat.management.batches, chat.app.fan_out.counters.gone)

    async def test_the_sender_is_not_told(self, chat: ChatForTests):
        """Its message is stored; who is gone is no concern of its."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")
        await chat.kill(bob)

        assert 1 == (await alice.say("lobby", "hi")).sequence

    async def test_the_others_get_the_message(self, chat: ChatForTests):
        """Those after the gone one too."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")
        carol = await chat.connect("carol", room="lobby")
        await chat.kill(bob)

        await alice.say("lobby", "hi")

        assert [["hi"], ["hi"]] == [messages(alice), messages(carol)]

    async def test_all_rooms_of_a_gone_connection_are_forgotten(self, chat: ChatForTests):
        """It is gone from everywhere."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="a")
        await bob.ask("join", roomId="b")
        chat.clock.advance(HANDSHAKE_MS)
        await chat.kill(bob)

        await alice.say("a", "hi")

        assert [] == await rooms_of(chat, bob)

    async def test_a_room_joined_just_now_does_not_save_a_gone_connection(self, chat: ChatForTests):
        """Its handshake was over long ago."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="a")
        chat.clock.advance(HANDSHAKE_MS)
        await bob.ask("join", roomId="b")
        await chat.kill(bob)

        await alice.say("b", "hi")

        assert [] == await rooms_of(chat, bob)

    async def test_a_gone_connection_is_no_member_any_more(self, chat: ChatForTests):
        """After the send that finds it."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")
        chat.clock.advance(HANDSHAKE_MS)
        await chat.kill(bob)
        await alice.say("lobby", "hi")

        assert ["alice"] == [member.id for member in (await alice.ask("members", roomId="lobby")).members]


class TestPendingHandshake:
    """`$connect` subscribes before the 101, and until then the management API says Gone."""

    CONNECTION_ID = encode_id(START_MS, b"pending")

    async def begin_handshake(self, chat: ChatForTests) -> None:
        """Let `$connect` subscribe a plain connection whose client has not had its 101 yet."""
        grant = Grant(
            principal_id="bob", name="Bob", rooms=("*",), can=frozenset({"read"}), expires_at_ms=START_MS + 10**6
        )
        context = context_for_events(allow("bob", "arn", encode_context(grant, Kind.PLAIN)))
        await chat.app.connect(
            a_connect_event(offered="tok, lobby", authorizer=context, connection_id=self.CONNECTION_ID)
        )

    async def test_a_connection_that_is_about_to_open_is_not_reaped(self, chat: ChatForTests):
        """It gets what is said after it has opened."""
        alice = await chat.connect("alice")
        await self.begin_handshake(chat)
        await alice.say("lobby", "too early")
        chat.management.open(self.CONNECTION_ID)

        await alice.say("lobby", "in time")

        assert ["in time"] == chat.management.sent_to(self.CONNECTION_ID)

    async def test_one_that_never_opened_is_reaped_when_no_handshake_can_be_pending(self, chat: ChatForTests):
        """A client that gave up leaves nothing behind."""
        alice = await chat.connect("alice")
        await self.begin_handshake(chat)
        chat.clock.advance(HANDSHAKE_MS)

        await alice.say("lobby", "hi")

        assert [] == list(await chat.subscriptions.of_connection(self.CONNECTION_ID))


class TestSlowConsumer:
    """Who does not read is disconnected and catches up from the log."""

    @pytest.mark.parametrize("plain", [False, True])
    async def test_a_slow_consumer_is_disconnected(self, chat: ChatForTests, plain: bool):
        """And subscribed nowhere."""
        alice = await chat.connect("alice")
        bob = await (chat.connect_plain if plain else chat.connect)("bob", room="lobby")
        chat.make_slow(bob)

        await alice.say("lobby", "hi")

        assert (False, [], 1) == (
            bob.is_open,
            await rooms_of(chat, bob),
            chat.app.fan_out.counters.slow_consumers,
        )

    async def test_the_others_are_unaffected(self, chat: ChatForTests):
        """The message comes, and so do the next."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")
        carol = await chat.connect("carol", room="lobby")
        chat.make_slow(bob)

        await alice.say("lobby", "one")
        await alice.say("lobby", "two")

        assert [["one", "two"]] * 2 == [messages(alice), messages(carol)]

    async def test_a_sender_that_does_not_read_is_disconnected_too(self, chat: ChatForTests):
        """Its message is stored and the others have it."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")
        chat.make_slow(alice)

        await alice.send("sendmessage", roomId="lobby", message="hi")

        assert (False, ["hi"]) == (alice.is_open, messages(bob))

    async def test_a_slow_consumer_that_vanishes_meanwhile_is_no_error(self, chat: ChatForTests):
        """It is slow for one room's post and gone for its deletion."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="lobby")
        await chat.kill(bob)

        await chat.app.fan_out.disconnect(bob.connection_id)

        assert (1, []) == ((await alice.say("lobby", "hi")).sequence, await rooms_of(chat, bob))

    async def test_a_disconnected_consumer_catches_up_from_the_log(self, chat: ChatForTests):
        """Nothing that it missed is lost."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="lobby")
        await alice.say("lobby", "one")
        chat.make_slow(bob)
        await alice.say("lobby", "two")

        again = await chat.connect("bob")
        joined = await again.ask("join", roomId="lobby", after=1, epoch="e1")

        assert ["two"] == [body.message for body in joined.messages]


class TestFailed:
    """A connection that cannot be reached may be reached next time."""

    async def test_an_unreachable_connection_stays_subscribed(self, chat: ChatForTests):
        """It is neither gone nor slow; the failure is counted."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="lobby")
        chat.management.make_unreachable(bob.connection_id)

        await alice.say("lobby", "hi")

        assert (["lobby"], True, 1) == (
            await rooms_of(chat, bob),
            bob.is_open,
            chat.app.fan_out.counters.failed,
        )


class TestLapsed:
    """A connection receives nothing that its token does not allow any more."""

    async def test_a_v1_connection_is_told_once_and_gets_nothing_more(self, chat: ChatForTests):
        """At the first message after its token has expired."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="lobby", expires_in_ms=1000)
        await alice.say("lobby", "in time")
        bob.forget()
        chat.clock.advance(1000)

        await alice.say("lobby", "one")
        await alice.say("lobby", "two")

        assert ([UnsubscribedPush("lobby", "tokenExpired")], True) == (bob.pushes, bob.is_open)

    async def test_a_plain_connection_is_disconnected(self, chat: ChatForTests):
        """It could not be told in a way that its people would not take for a message."""
        alice = await chat.connect("alice")
        bob = await chat.connect_plain("bob", room="lobby", expires_in_ms=1000)
        chat.clock.advance(1000)

        await alice.say("lobby", "hi")

        assert ([], False, []) == (bob.texts, bob.is_open, await rooms_of(chat, bob))

    async def test_only_the_room_that_is_spoken_in_is_ended(self, chat: ChatForTests):
        """Each room tells for itself."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="a", expires_in_ms=1000)
        await bob.ask("join", roomId="b")
        bob.forget()
        chat.clock.advance(1000)

        await alice.say("a", "hi")

        assert ([UnsubscribedPush("a", "tokenExpired")], ["b"]) == (bob.pushes, await rooms_of(chat, bob))

    async def test_after_a_refresh_it_joins_again_from_where_it_was(self, chat: ChatForTests):
        """What was said in between is in the reply."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="lobby", expires_in_ms=1000)
        await alice.say("lobby", "one")
        chat.clock.advance(1000)
        await alice.say("lobby", "two")

        await bob.ask("refresh", token=chat.tokens.issue("bob"))
        joined = await bob.ask("join", roomId="lobby", after=1, epoch="e1")

        assert ["two"] == [body.message for body in joined.messages]

    @pytest.mark.parametrize("plain", [False, True])
    async def test_a_lapsed_connection_that_is_gone_is_forgotten(self, chat: ChatForTests, plain: bool):
        """And is no error."""
        alice = await chat.connect("alice")
        bob = await (chat.connect_plain if plain else chat.connect)("bob", room="lobby", expires_in_ms=1000)
        await chat.kill(bob)
        chat.clock.advance(1000)

        assert (1, []) == ((await alice.say("lobby", "hi")).sequence, await rooms_of(chat, bob))


async def test_disconnecting_tells_whether_the_connection_was_open(chat: ChatForTests):
    """So that whoever logs it logs it once."""
    alice = await chat.connect("alice", room="lobby")
    first = await chat.app.fan_out.disconnect(alice.connection_id)
    second = await chat.app.fan_out.disconnect(alice.connection_id)

    assert (True, False) == (first, second)


class TestSplitting:
    """A room that is too large for one process."""

    @pytest.fixture
    def handover(self) -> RecordingHandover:
        """Takes every page."""
        return RecordingHandover()

    @pytest.fixture
    async def split_chat(self, handover: RecordingHandover) -> AsyncIterator[ChatForTests]:
        """A chat that posts to three by itself, and else hands over pages of two."""
        async with await a_chat(splitting=Splitting(handover=handover, inline_max=3, page_max=2)) as chat:
            yield chat

    async def test_a_room_within_the_threshold_is_posted_to(
        self, split_chat: ChatForTests, handover: RecordingHandover
    ):
        """Nothing is handed over."""
        members = [await split_chat.connect(f"user-{number}", room="lobby") for number in range(3)]

        await members[0].say("lobby", "hi")

        assert ([], [1, 1, 1]) == (handover.pages, [len(member.messages) for member in members])

    async def test_a_larger_room_is_handed_over_in_pages(self, split_chat: ChatForTests, handover: RecordingHandover):
        """Every recipient is in one page, with the push as each of them is to see it."""
        members = [await split_chat.connect(f"user-{number}", room="lobby") for number in range(5)]

        await members[0].say("lobby", "hi")

        assert [2, 2, 1] == [len(page.connection_ids) for page in handover.pages]
        ids = [one for page in handover.pages for one in page.connection_ids]
        assert [member.connection_id for member in members] == ids
        assert {"hi"} == {json.loads(page.payload)["message"] for page in handover.pages}
        assert split_chat.app.fan_out.counters.pages == 3

    async def test_pages_that_nobody_takes_are_posted_to_here(
        self, split_chat: ChatForTests, handover: RecordingHandover
    ):
        """The push may take longer, and nobody misses it."""
        members = [await split_chat.connect(f"user-{number}", room="lobby") for number in range(5)]
        handover.refuse()

        await members[0].say("lobby", "hi")

        assert [1] * 5 == [len(member.messages) for member in members]

    async def test_a_page_is_delivered_as_it_stands(self, chat: ChatForTests):
        """What the receiving process does: post, and forget whoever is gone."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")
        await chat.kill(bob)
        chat.clock.advance(HANDSHAKE_MS)

        await chat.app.fan_out.deliver([alice.connection_id, bob.connection_id], b"hi", chat.clock())

        assert ["hi"] == chat.management.sent_to(alice.connection_id)[-1:]
        assert [] == await rooms_of(chat, bob)


class TestBrokenStore:
    """The message is stored; a store that fails now cannot make that untrue."""

    async def test_the_sender_is_acknowledged_when_nobody_can_be_looked_up(self):
        """And the push is counted as given up."""
        subscriptions = FaultySubscriptions(MemorySubscriptions())
        async with await a_chat(subscriptions=subscriptions) as chat:
            alice = await chat.connect("alice", room="lobby")
            subscriptions.break_down()

            accepted = await alice.say("lobby", "hi")

            assert (1, 1) == (accepted.sequence, chat.app.fan_out.counters.abandoned)
