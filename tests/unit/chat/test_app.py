"""The chat as a Lambda application: events in, results out."""

import json
import logging

import msgspec
import pytest

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.subscription import Subscription
from talkroom.chat.protocol.context import MissingContext
from talkroom.contract.events import Event
from talkroom.contract.integration import IntegrationResult
from talkroom.storage.memory import MemorySubscriptions
from talkroom.testing import ChatForTests, FaultyLog, HandshakeRefused, a_chat, a_connect_event, a_message_event


class TestAnswers:
    """What a client is answered."""

    async def test_an_unknown_action_is_an_error(self, chat: ChatForTests):
        """That names the actions there are."""
        alice = await chat.connect("alice")

        error = alice.error_to(await alice.send("nope"))

        assert ("unknownAction", False) == (error.name, error.retry)

    async def test_an_unknown_action_of_a_plain_connection_is_an_error(self, chat: ChatForTests):
        """As on `talkroom.v1`."""
        alice = await chat.connect_plain("alice", room="lobby")

        await alice.send("nope")

        assert ["unknownAction"] == [json.loads(text)["name"] for text in alice.texts]

    @pytest.mark.parametrize(
        ("expected", "text"),
        [
            ("invalidJson", ""),
            ("invalidJson", "hello"),
            ("invalidJson", "[1]"),
            ("invalidJson", "[" * 100_000),
            ("invalidCommand", "{}"),
            ("invalidCommand", '{"action":5,"ref":1}'),
            ("invalidCommand", '{"action":"ping","ref":[]}'),
        ],
    )
    async def test_what_cannot_be_read_is_an_error_without_ref(self, chat: ChatForTests, expected: str, text: str):
        """There is no telling which of its fields were meant."""
        alice = await chat.connect("alice")

        await alice.send_text(text)

        assert [(expected, None)] == [(error.name, error.ref) for error in alice.errors]

    async def test_what_an_action_cannot_read_is_an_error_by_ref(self, chat: ChatForTests):
        """The command is known, so its sender finds the answer."""
        alice = await chat.connect("alice")

        error = alice.error_to(await alice.send("join", roomId=5))

        assert ("invalidCommand", "join: Expected `str`, got `int` - at `$.data.roomId`.") == (error.name, error.detail)

    @pytest.mark.parametrize("ref", ["a", "", 0, 7, -7])
    async def test_a_ref_comes_back_as_it_was_sent(self, chat: ChatForTests, ref: str | int):
        """Text or number."""
        alice = await chat.connect("alice")

        await alice.send_text(msgspec.json.encode({"action": "ping", "ref": ref}).decode())

        assert [ref] == [frame["ref"] for frame in alice.frames]

    async def test_a_reply_to_a_command_without_ref_has_none(self, chat: ChatForTests):
        """It is sent all the same."""
        alice = await chat.connect("alice")

        await alice.send_text('{"action":"ping"}')

        assert [{"type", "data"}] == [set(frame) for frame in alice.frames]

    async def test_the_connection_stays_open_after_an_error(self, chat: ChatForTests):
        """One mistake is no reason to leave."""
        alice = await chat.connect("alice")
        await alice.send_text("nonsense")

        assert (True, 1) == (alice.is_open, (await alice.say("lobby", "hi")).sequence)

    @pytest.mark.parametrize("key", ["sendmessage", "join", "$default"])
    async def test_the_action_counts_and_not_the_route(self, chat: ChatForTests, key: str):
        """However the routes of an API are cut, the chat answers the same."""
        alice = await chat.connect("alice")
        context = {"principalId": "alice", "name": "A", "rooms": "*", "can": "read", "expiresAt": "9" * 15}

        result = await chat.app.invoke(
            a_message_event(
                '{"action":"ping","ref":1}', route_key=key, authorizer={**context, "protocol": "talkroom.v1"}
            )
        )

        assert ("reply", True) == (json.loads(result.body)["type"], alice.is_open)


class TestRateLimit:
    """Commands come faster than the limit."""

    LIMITS = Limits(commands_per_s=10, commands_burst=3, refused_commands_max=2)

    async def test_commands_over_the_limit_are_refused_for_now(self):
        """With the ref, and `retry` true."""
        chat = await a_chat(limits=self.LIMITS)
        alice = await chat.connect("alice")
        for _ in range(3):
            await alice.ask("ping")

        error = alice.error_to(await alice.send("ping"))

        assert ("rateLimited", True) == (error.name, error.retry)

    async def test_a_refused_command_is_not_done(self):
        """Nothing is stored."""
        chat = await a_chat(limits=self.LIMITS)
        alice = await chat.connect("alice", room="lobby")
        for _ in range(3):
            await alice.ask("ping")

        await alice.send("sendmessage", roomId="lobby", message="hi")

        assert ([], 1) == (alice.pushes, chat.app.counters.rate_limited)

    async def test_later_the_same_command_is_done(self):
        """The bucket refills."""
        chat = await a_chat(limits=self.LIMITS)
        alice = await chat.connect("alice")
        for _ in range(4):
            await alice.send("ping")
        chat.clock.advance(100)

        assert 1 == (await alice.say("lobby", "hi")).sequence

    async def test_going_on_in_spite_of_it_ends_the_connection(self):
        """After `refused_commands_max` refusals, and nothing is kept of it."""
        chat = await a_chat(limits=self.LIMITS)
        alice = await chat.connect("alice", room="lobby")
        for _ in range(5):
            await alice.send("ping")
        still = alice.is_open

        await alice.send("ping")

        assert (True, False, []) == (
            still,
            alice.is_open,
            list(await chat.subscriptions.of_connection(alice.connection_id)),
        )

    async def test_commands_that_were_under_way_when_it_ended_are_dropped(self):
        """They came over the connection before it closed."""
        chat = await a_chat(limits=self.LIMITS)
        context = {"principalId": "alice", "name": "A", "rooms": "*", "can": "read", "expiresAt": "9" * 15}
        event = a_message_event('{"action":"ping"}', authorizer={**context, "protocol": "talkroom.v1"})

        results = [await chat.app.invoke(event) for _ in range(8)]

        assert [IntegrationResult(200)] * 3 == results[5:]

    async def test_a_plain_connection_is_limited_too(self):
        """It gets the error, which has no ref."""
        chat = await a_chat(limits=self.LIMITS)
        alice = await chat.connect_plain("alice", room="lobby")
        for _ in range(4):
            await alice.say("lobby", "hi")

        assert [("rateLimited", True, None)] == [
            (error["name"], error["retry"], error.get("ref")) for error in map(json.loads, alice.texts)
        ]

    async def test_what_cannot_be_read_counts(self):
        """Nonsense is not cheaper than sense."""
        chat = await a_chat(limits=self.LIMITS)
        alice = await chat.connect("alice")
        for _ in range(4):
            await alice.send_text("nonsense")

        assert ["invalidJson", "invalidJson", "invalidJson", "rateLimited"] == [error.name for error in alice.errors]

    async def test_every_connection_has_its_own_limit(self):
        """One person's tabs do not stop one another, nor do other people."""
        chat = await a_chat(limits=self.LIMITS)
        phone = await chat.connect("alice")
        laptop = await chat.connect("alice")
        for _ in range(4):
            await phone.send("ping")

        assert 1 == (await laptop.say("lobby", "hi")).sequence

    async def test_a_clock_set_back_lets_nobody_through(self):
        """And raises nothing."""
        chat = await a_chat(limits=self.LIMITS)
        alice = await chat.connect("alice")
        for _ in range(3):
            await alice.ask("ping")
        chat.clock.advance(-60_000)

        assert "rateLimited" == alice.error_to(await alice.send("ping")).name


class TestFaults:
    """What is our own fault, or nobody's."""

    async def test_a_log_that_fails_is_answered_and_the_connection_stays(self):
        """`unavailable`, with `retry` true; later it works."""
        log = FaultyLog((await a_chat()).log)
        chat = await a_chat(log=log)
        alice = await chat.connect("alice", room="lobby")
        log.break_down()
        error = alice.error_to(await alice.send("sendmessage", roomId="lobby", message="hi"))
        log.recover()

        assert ("unavailable", True, 1) == (error.name, error.retry, (await alice.say("lobby", "hi")).sequence)

    async def test_the_cause_is_not_told_to_the_client(self):
        """It is in the log."""
        log = FaultyLog((await a_chat()).log)
        chat = await a_chat(log=log)
        alice = await chat.connect("alice")
        log.break_down()

        error = alice.error_to(await alice.send("history", roomId="lobby"))

        assert "A part of the server failed or is closing; send the same command again later." == error.detail

    async def test_a_handshake_that_cannot_subscribe_is_answered_with_503(self):
        """The client comes again later."""
        chat = await a_chat(subscriptions=BrokenSubscriptions())

        with pytest.raises(HandshakeRefused) as caught:
            await chat.connect("alice", room="lobby")

        assert 503 == caught.value.status

    @pytest.mark.parametrize("event", [a_connect_event(offered="talkroom.v1, tok"), a_message_event("{}")])
    async def test_an_event_without_the_authorizer_s_context_is_raised(self, chat: ChatForTests, event: Event):
        """The operator has to mend it; the gateway answers for us."""
        with pytest.raises(MissingContext):
            await chat.app.invoke(event)


class BrokenSubscriptions(MemorySubscriptions):
    """Subscriptions that can be read but not added to."""

    async def subscribe(self, _subscription: Subscription) -> None:
        """As the port says."""
        raise Unavailable("the table is not there")


class TestCounters:
    """What is counted."""

    async def test_commands_messages_and_errors_are_counted(self, chat: ChatForTests):
        """Duplicates are messages that were accepted too."""
        alice = await chat.connect("alice", room="lobby")
        await alice.say("lobby", "hi", id="i1")
        await alice.say("lobby", "hi", id="i1")
        await alice.ask("ping")
        await alice.send("nope")
        await alice.send_text("nonsense")

        counters = chat.app.counters
        assert (5, 2, 2, 0) == (counters.commands, counters.messages, counters.errors, counters.rate_limited)


class TestSecrecy:
    """Message text and tokens are never logged."""

    async def test_no_log_line_holds_a_text_or_a_token(self, caplog: pytest.LogCaptureFixture):
        """Whatever happens to them: accepted, refused, limited, undeliverable, failed."""
        caplog.set_level(logging.DEBUG)
        log = FaultyLog((await a_chat()).log)
        chat = await a_chat(log=log, limits=Limits(text_characters_max=20, commands_burst=13, refused_commands_max=1))
        alice = await chat.connect("alice", room="lobby", rooms=["lobby"])
        bob = await chat.connect_plain("bob", room="lobby")
        slow = await chat.connect("slow", room="lobby")
        chat.make_slow(slow)
        await chat.kill(bob)
        token = chat.tokens.issue("alice")
        for data in ({"roomId": "lobby"}, {"roomId": "other"}, {"roomId": 5}, {}):
            await alice.send("sendmessage", message="sesame", **data)
        await alice.send("sendmessage", roomId="lobby", message="sesame" * 5)
        await alice.send("refresh", token=token)
        await alice.send("refresh", token="sesame")
        await alice.send("refresh", token=["sesame"])
        await alice.send_text("sesame")
        await alice.send_text('{"action":"sesame"}')
        log.break_down()
        await alice.send("sendmessage", roomId="lobby", message="sesame")
        with pytest.raises(HandshakeRefused):
            await chat.connect("alice", room="other", rooms=["lobby"])
        for _ in range(4):
            await alice.send("sendmessage", roomId="lobby", message="sesame")

        logged = " ".join(str(vars(record)) for record in caplog.records)
        assert (False, False, False, False) == (
            alice.is_open,
            logged == "",
            "sesame" in logged,
            "token-" in logged,
        )

    async def test_no_error_repeats_a_token(self, chat: ChatForTests):
        """Errors are shown and reported."""
        alice = await chat.connect("alice")
        await alice.send("refresh", token="sesame")
        await alice.send("refresh", token=["sesame"])

        assert False is ("sesame" in "".join(alice.texts))
