"""`sendmessage`: check, store, reply, fan out."""

import asyncio
import json

import pytest

from talkroom.chat.model.limits import Limits
from talkroom.chat.model.policy import Grant
from talkroom.chat.model.subscription import Kind
from talkroom.chat.protocol.context import encode_context
from talkroom.chat.protocol.frames import Accepted, MessagePush
from talkroom.contract.authorizer import allow, context_for_events
from talkroom.testing import ChatForTests, FaultyLog, a_chat, a_message_event
from talkroom.testing.clock import START_MS


class TestPlain:
    """The article's interface."""

    async def test_everyone_else_in_the_room_gets_the_raw_text(self, chat: ChatForTests):
        """And nothing around it."""
        alice = await chat.connect_plain("alice", room="room1")
        bob = await chat.connect_plain("bob", room="room1")
        carol = await chat.connect_plain("carol", room="room1")

        await alice.send_text('{"action":"sendmessage","data":{"message":"こんにちは","roomId":"room1"}}')

        assert [["こんにちは"], ["こんにちは"]] == [bob.texts, carol.texts]

    async def test_the_sender_gets_nothing(self, chat: ChatForTests):
        """Neither its own message nor a reply."""
        alice = await chat.connect_plain("alice", room="room1")

        await alice.say("room1", "hi")

        assert [] == alice.texts

    async def test_other_rooms_get_nothing(self, chat: ChatForTests):
        """Rooms are apart."""
        alice = await chat.connect_plain("alice", room="room1")
        bob = await chat.connect_plain("bob", room="room2")

        await alice.say("room1", "hi")

        assert [] == bob.texts

    async def test_the_sender_s_other_connections_get_it(self, chat: ChatForTests):
        """The connection that sent is left out, not the person."""
        phone = await chat.connect_plain("alice", room="room1")
        laptop = await chat.connect_plain("alice", room="room1")

        await phone.say("room1", "hi")

        assert ["hi"] == laptop.texts

    async def test_an_error_is_answered(self, chat: ChatForTests):
        """As the same JSON that `talkroom.v1` gets, or nobody could find out what is wrong."""
        alice = await chat.connect_plain("alice", room="room1", rooms=["room1"])

        await alice.say("other", "hi")

        assert [
            {
                "type": "error",
                "name": "forbidden",
                "detail": "The token's `rooms` do not cover this room.",
                "retry": False,
            }
        ] == [json.loads(text) for text in alice.texts]

    async def test_a_ref_is_repeated_in_an_error(self, chat: ChatForTests):
        """Plain clients may use one too."""
        alice = await chat.connect_plain("alice", room="room1")

        await alice.send_text('{"action":"nope","ref":7}')

        assert [7] == [json.loads(text)["ref"] for text in alice.texts]

    async def test_a_message_reaches_v1_connections_as_a_push(self, chat: ChatForTests):
        """Both kinds share a room."""
        alice = await chat.connect_plain("alice", room="room1")
        bob = await chat.connect("bob", room="room1")

        await alice.say("room1", "hi")

        assert [MessagePush("room1", "e1", 1, "m1", "alice", "Alice", START_MS, "hi")] == bob.pushes

    async def test_a_text_that_looks_like_a_frame_arrives_as_it_is(self, chat: ChatForTests):
        """Plain clients get text, and what they make of it is theirs."""
        alice = await chat.connect("alice", room="room1")
        bob = await chat.connect_plain("bob", room="room1")

        await alice.say("room1", '{"type":"error"}')

        assert ['{"type":"error"}'] == bob.texts


class TestV1:
    """The real protocol."""

    async def test_the_reply_tells_what_was_stored(self, chat: ChatForTests):
        """By ref."""
        alice = await chat.connect("alice", room="lobby")

        ref = await alice.send("sendmessage", roomId="lobby", message="hi")

        assert Accepted("lobby", "e1", 1, "m1", START_MS, False) == alice.reply_to(ref)

    async def test_everyone_in_the_room_gets_the_push(self, chat: ChatForTests):
        """The sender's own connection and its other ones too, which keeps their order right."""
        alice = await chat.connect("alice", room="lobby")
        tab = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")

        await alice.say("lobby", "hi")

        expected = [MessagePush("lobby", "e1", 1, "m1", "alice", "Alice", START_MS, "hi")]
        assert [expected] * 3 == [alice.pushes, tab.pushes, bob.pushes]

    async def test_other_rooms_get_nothing(self, chat: ChatForTests):
        """Rooms are apart."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="other")

        await alice.say("lobby", "hi")

        assert [] == bob.texts

    async def test_sending_needs_no_joining(self, chat: ChatForTests):
        """The token allows it; who has not joined gets no push, only the reply."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob", room="lobby")

        await alice.say("lobby", "hi")

        assert ([], ["hi"]) == (alice.pushes, [push.message for push in bob.pushes])

    async def test_messages_of_one_room_are_counted_from_one(self, chat: ChatForTests):
        """Whoever sends them."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")

        assert [1, 2, 3] == [
            (await alice.say("lobby", "a")).sequence,
            (await bob.say("lobby", "b")).sequence,
            (await alice.say("lobby", "c")).sequence,
        ]

    async def test_every_room_counts_for_itself(self, chat: ChatForTests):
        """A sequence means something only in its room."""
        alice = await chat.connect("alice")

        assert [1, 1] == [(await alice.say("a", "hi")).sequence, (await alice.say("b", "hi")).sequence]

    async def test_the_server_sets_sender_name_sequence_and_time(self, chat: ChatForTests):
        """The client's word on them is never taken."""
        mallory = await chat.connect("mallory", room="lobby")
        chat.clock.advance(5)

        await mallory.say(
            "lobby",
            "hi",
            sender="alice",
            principalId="alice",
            name="Alice",
            sequence=99,
            epoch="e9",
            sentAt=1,
            sentAtMs=1,
            sent_at_ms=1,
            room="other",
            kind="plain",
        )

        assert [MessagePush("lobby", "e1", 1, "m1", "mallory", "Mallory", START_MS + 5, "hi")] == mallory.pushes

    async def test_the_client_names_the_message(self, chat: ChatForTests):
        """By `id`, which comes back everywhere."""
        alice = await chat.connect("alice", room="lobby")

        accepted = await alice.say("lobby", "hi", id="i1")

        assert ["i1", "i1"] == [accepted.id, *(push.id for push in alice.pushes)]

    @pytest.mark.parametrize("text", ["hi", "こんにちは", ' "quoted" \\ \n', "🦊", "\x00", "<b>", "x" * 4000])
    async def test_a_text_arrives_as_it_was_sent(self, chat: ChatForTests, text: str):
        """Character for character."""
        alice = await chat.connect("alice", room="lobby")

        await alice.say("lobby", text)

        assert [text] == [push.message for push in alice.pushes]

    async def test_messages_sent_at_once_are_pushed_in_order(self, chat: ChatForTests):
        """On one machine; clients sort by sequence all the same."""
        bob = await chat.connect("bob", room="lobby")
        senders = [await chat.connect(f"sender{number}") for number in range(10)]

        await asyncio.gather(*(sender.say("lobby", "hi") for sender in senders for _ in range(5)))

        assert list(range(1, 51)) == [push.sequence for push in bob.messages]


class TestIdempotency:
    """The same sender and id is stored once."""

    async def test_a_repetition_gets_the_first_result(self, chat: ChatForTests):
        """Marked as a duplicate, with the first one's time."""
        alice = await chat.connect("alice", room="lobby")
        await alice.say("lobby", "hi", id="i1")
        await alice.say("lobby", "more")
        chat.clock.advance(1000)

        again = await alice.say("lobby", "hi", id="i1")

        assert Accepted("lobby", "e1", 1, "i1", START_MS, True) == again

    async def test_a_repetition_is_pushed_to_nobody(self, chat: ChatForTests):
        """Whoever missed it finds it in the log."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect_plain("bob", room="lobby")
        await alice.say("lobby", "hi", id="i1")

        await alice.say("lobby", "hi", id="i1")

        assert (1, ["hi"]) == (len(alice.pushes), bob.texts)

    async def test_a_frame_that_the_gateway_hands_over_twice_is_one_message(self, chat: ChatForTests):
        """Lambda may run an invocation twice; the gateway's name of the frame is the message's, when the client gave none."""
        alice = await chat.connect_plain("alice", room="lobby")
        bob = await chat.connect_plain("bob", room="lobby")
        grant = Grant(
            principal_id="alice", name="Alice", rooms=("*",), can=frozenset({"send"}), expires_at_ms=START_MS + 1000
        )
        context = context_for_events(allow("alice", "arn", encode_context(grant, Kind.PLAIN)))
        body = '{"action": "sendmessage", "data": {"roomId": "lobby", "message": "hi"}}'
        event = a_message_event(body, authorizer=context, connection_id=alice.connection_id)

        await chat.app.message(event)
        await chat.app.message(event)

        assert ["hi"] == bob.texts

    async def test_a_repetition_from_another_connection_counts_as_one(self, chat: ChatForTests):
        """After a reconnection the same person sends again."""
        before = await chat.connect("alice", room="lobby")
        await before.say("lobby", "hi", id="i1")
        await chat.kill(before)
        after = await chat.connect("alice", room="lobby")

        again = await after.say("lobby", "hi", id="i1", retryAfter=0, epoch="e1")

        assert (1, True) == (again.sequence, again.duplicate)

    async def test_the_same_id_of_another_sender_is_another_message(self, chat: ChatForTests):
        """Nobody can claim somebody else's ids."""
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")
        await alice.say("lobby", "from alice", id="i1")

        accepted = await bob.say("lobby", "from bob", id="i1")

        assert (2, False) == (accepted.sequence, accepted.duplicate)

    async def test_the_same_id_in_another_room_is_another_message(self, chat: ChatForTests):
        """An intent is for one room."""
        alice = await chat.connect("alice")
        await alice.say("a", "hi", id="i1")

        assert False is (await alice.say("b", "hi", id="i1")).duplicate

    async def test_messages_without_an_id_are_never_repetitions(self, chat: ChatForTests):
        """The server names each."""
        alice = await chat.connect("alice", room="lobby")

        assert ["m1", "m2"] == [(await alice.say("lobby", "hi")).id, (await alice.say("lobby", "hi")).id]

    async def test_of_concurrent_identical_commands_one_is_stored(self, chat: ChatForTests):
        """All get its result, and one push goes out."""
        alice = await chat.connect("alice", room="lobby")
        tabs = [await chat.connect("alice") for _ in range(10)]

        results = await asyncio.gather(*(tab.say("lobby", "hi", id="i1") for tab in tabs))

        assert ([1] * 10, 1, 1) == (
            [result.sequence for result in results],
            [result.duplicate for result in results].count(False),
            len(alice.pushes),
        )

    async def test_a_lost_answer_is_repeated_safely(self):
        """`unavailable` may hide a stored message; the same command again stores no second one."""
        healthy = await a_chat()
        log = FaultyLog(healthy.log)
        chat = await a_chat(log=log)
        alice = await chat.connect("alice", room="lobby")
        log.lose_answers()
        first = alice.error_to(await alice.send("sendmessage", roomId="lobby", message="hi", id="i1"))
        log.recover()

        again = await alice.say("lobby", "hi", id="i1", retryAfter=0, epoch="e1")

        assert ("unavailable", True, 1, True) == (first.name, first.retry, again.sequence, again.duplicate)


class TestRefusals:
    """What is refused is neither stored nor pushed."""

    @pytest.mark.parametrize(
        ("expected", "data"),
        [
            ("forbidden", {"roomId": "other", "message": "hi"}),
            ("invalidRoomId", {"roomId": "", "message": "hi"}),
            ("invalidRoomId", {"roomId": " lobby", "message": "hi"}),
            ("invalidRoomId", {"roomId": "x" * 129, "message": "hi"}),
            ("textEmpty", {"roomId": "lobby", "message": ""}),
            ("textEmpty", {"roomId": "lobby", "message": " \n"}),
            ("textTooLong", {"roomId": "lobby", "message": "x" * 4001}),
            ("invalidCommand", {"roomId": "lobby"}),
            ("invalidCommand", {"message": "hi"}),
            ("invalidCommand", {"roomId": "lobby", "message": 5}),
            ("invalidCommand", {"roomId": "lobby", "message": "hi", "id": ""}),
            ("invalidCommand", {"roomId": "lobby", "message": "hi", "id": "x" * 129}),
            ("invalidCommand", {"roomId": "lobby", "message": "hi", "retryAfter": -1}),
        ],
    )
    async def test_a_refused_message_leaves_no_trace(self, chat: ChatForTests, expected: str, data: dict[str, object]):
        """The error has the name, and says that repeating is useless."""
        alice = await chat.connect("alice", room="lobby", rooms=["lobby", "x*", " *"])
        bob = await chat.connect("bob", room="lobby")

        error = alice.error_to(await alice.send("sendmessage", **data))

        history = await bob.ask("history", roomId="lobby")
        assert (expected, False, [], []) == (error.name, error.retry, history.messages, bob.pushes)

    async def test_a_token_without_send_may_not(self, chat: ChatForTests):
        """Reading is another capability."""
        alice = await chat.connect("alice", room="lobby", can=["read"])

        assert "forbidden" == alice.error_to(await alice.send("sendmessage", roomId="lobby", message="hi")).name

    async def test_a_token_without_read_may_send(self, chat: ChatForTests):
        """A bot that only reports."""
        bot = await chat.connect("bot", can=["send"])

        assert 1 == (await bot.say("lobby", "hi")).sequence

    async def test_an_expired_token_may_not(self, chat: ChatForTests):
        """Policy is checked on every command, not only at the handshake."""
        alice = await chat.connect("alice", room="lobby", expires_in_ms=1000)
        chat.clock.advance(1000)

        assert "tokenExpired" == alice.error_to(await alice.send("sendmessage", roomId="lobby", message="hi")).name

    async def test_the_limit_on_text_is_configured(self):
        """And named in the refusal."""
        chat = await a_chat(limits=Limits(text_characters_max=3))
        alice = await chat.connect("alice", room="lobby")

        error = alice.error_to(await alice.send("sendmessage", roomId="lobby", message="four"))

        assert "The message has 4 characters; at most 3 are allowed." == error.detail

    async def test_nobody_hears_of_a_message_that_was_not_stored(self):
        """A message is acknowledged and fanned out only after it is stored."""
        healthy = await a_chat()
        log = FaultyLog(healthy.log)
        chat = await a_chat(log=log)
        alice = await chat.connect("alice", room="lobby")
        bob = await chat.connect("bob", room="lobby")
        log.break_down()

        error = alice.error_to(await alice.send("sendmessage", roomId="lobby", message="hi"))

        assert ("unavailable", True, []) == (error.name, error.retry, bob.pushes)
