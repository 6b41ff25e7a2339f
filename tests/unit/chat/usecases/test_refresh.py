"""`refresh`: go on with a new token, without reconnecting."""

import pytest

from talkroom.chat.protocol.frames import MemberBody, Refreshed, UnsubscribedPush
from talkroom.testing import ChatForTests
from talkroom.testing.clock import START_MS


async def test_the_reply_tells_when_the_new_token_expires(chat: ChatForTests):
    """So that the client knows when to come again."""
    alice = await chat.connect("alice")

    ref = await alice.send("refresh", token=chat.tokens.issue("alice", expires_in_ms=5000))

    assert Refreshed(START_MS + 5000) == alice.reply_to(ref)


async def test_after_the_old_token_expires_the_new_one_counts(chat: ChatForTests):
    """Commands go on as if nothing had happened."""
    alice = await chat.connect("alice", room="lobby", expires_in_ms=1000)
    await alice.ask("refresh", token=chat.tokens.issue("alice", expires_in_ms=5000))
    chat.clock.advance(1000)

    assert 1 == (await alice.say("lobby", "hi")).sequence


async def test_the_new_token_expires_too(chat: ChatForTests):
    """Then it has to be refreshed again."""
    alice = await chat.connect("alice", room="lobby", expires_in_ms=1000)
    await alice.ask("refresh", token=chat.tokens.issue("alice", expires_in_ms=5000))
    chat.clock.advance(5000)

    assert "tokenExpired" == alice.error_to(await alice.send("sendmessage", roomId="lobby", message="hi")).name


async def test_a_token_may_be_refreshed_after_it_expired(chat: ChatForTests):
    """The connection is still there and so is its principal."""
    alice = await chat.connect("alice", expires_in_ms=1000)
    chat.clock.advance(60_000)
    await alice.ask("refresh", token=chat.tokens.issue("alice"))

    assert 1 == (await alice.say("lobby", "hi")).sequence


async def test_the_last_refresh_counts(chat: ChatForTests):
    """It replaces the one before."""
    alice = await chat.connect("alice", expires_in_ms=1000)
    await alice.ask("refresh", token=chat.tokens.issue("alice", rooms=["a"]))
    await alice.ask("refresh", token=chat.tokens.issue("alice", rooms=["b"]))
    chat.clock.advance(1000)

    assert ("forbidden", 1) == (
        alice.error_to(await alice.send("sendmessage", roomId="a", message="hi")).name,
        (await alice.say("b", "hi")).sequence,
    )


async def test_a_new_token_may_allow_more_rooms(chat: ChatForTests):
    """At once, while the old one is still good for the others."""
    alice = await chat.connect("alice", rooms=["a"])
    await alice.ask("refresh", token=chat.tokens.issue("alice", rooms=["b"]))

    assert [1, 1] == [(await alice.say("a", "hi")).sequence, (await alice.say("b", "hi")).sequence]


async def test_a_new_token_may_allow_more_capabilities(chat: ChatForTests):
    """Somebody was given a voice."""
    alice = await chat.connect("alice", can=["read"])
    await alice.ask("refresh", token=chat.tokens.issue("alice"))

    assert 1 == (await alice.say("lobby", "hi")).sequence


async def test_what_neither_token_allows_is_refused(chat: ChatForTests):
    """Two tokens are not a master key."""
    alice = await chat.connect("alice", rooms=["a"])
    await alice.ask("refresh", token=chat.tokens.issue("alice", rooms=["b"]))

    assert "forbidden" == alice.error_to(await alice.send("sendmessage", roomId="c", message="hi")).name


async def test_rights_of_two_tokens_do_not_add_up_within_one_command(chat: ChatForTests):
    """One token must allow the whole of it: to send, in this room."""
    alice = await chat.connect("alice", rooms=["a"], can=["read", "send"])
    await alice.ask("refresh", token=chat.tokens.issue("alice", rooms=["b"], can=["read"]))

    assert "forbidden" == alice.error_to(await alice.send("sendmessage", roomId="b", message="hi")).name


async def test_another_connection_of_the_principal_is_not_refreshed(chat: ChatForTests):
    """Each carries its own token."""
    phone = await chat.connect("alice", expires_in_ms=1000)
    laptop = await chat.connect("alice", expires_in_ms=1000)
    await phone.ask("refresh", token=chat.tokens.issue("alice"))
    chat.clock.advance(1000)

    assert "tokenExpired" == laptop.error_to(await laptop.send("join", roomId="lobby")).name


async def test_a_token_of_another_principal_is_refused(chat: ChatForTests):
    """A connection never changes hands."""
    alice = await chat.connect("alice", expires_in_ms=1000)

    error = alice.error_to(await alice.send("refresh", token=chat.tokens.issue("mallory")))

    assert ("invalidToken", False, None) == (error.name, error.retry, await chat.grants.find(alice.connection_id))


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 10_000])
async def test_a_token_that_was_not_issued_is_refused(chat: ChatForTests, token: str):
    """Whatever the verifier objects to."""
    alice = await chat.connect("alice")

    assert "invalidToken" == alice.error_to(await alice.send("refresh", token=token)).name


async def test_an_expired_token_is_refused(chat: ChatForTests):
    """With the name that says which."""
    alice = await chat.connect("alice")
    token = chat.tokens.issue("alice", expires_in_ms=1000)
    chat.clock.advance(1000)

    assert "tokenExpired" == alice.error_to(await alice.send("refresh", token=token)).name


async def test_a_refusal_leaves_the_old_token_in_force(chat: ChatForTests):
    """Nothing is lost by trying."""
    alice = await chat.connect("alice")
    await alice.send("refresh", token="nonsense")

    assert 1 == (await alice.say("lobby", "hi")).sequence


class TestLeases:
    """Subscriptions last as long as the token behind them."""

    async def test_a_refresh_renews_the_leases_of_all_rooms(self, chat: ChatForTests):
        """Pushes go on after the old token has expired."""
        alice = await chat.connect("alice", room="a", expires_in_ms=1000)
        await alice.ask("join", roomId="b")
        await alice.ask("refresh", token=chat.tokens.issue("alice", expires_in_ms=5000))
        chat.clock.advance(1000)
        bob = await chat.connect("bob")

        await bob.say("a", "hi")
        await bob.say("b", "hi")

        assert ["a", "b"] == [push.room_id for push in alice.pushes]

    async def test_a_lapsed_subscription_is_renewed_if_nobody_has_spoken_since(self, chat: ChatForTests):
        """It is still there, and nothing was missed."""
        alice = await chat.connect("alice", room="lobby", expires_in_ms=1000)
        chat.clock.advance(2000)
        await alice.ask("refresh", token=chat.tokens.issue("alice"))

        await alice.say("lobby", "hi")

        assert ["hi"] == [push.message for push in alice.pushes]

    async def test_rooms_that_the_new_token_does_not_allow_keep_their_lease(self, chat: ChatForTests):
        """They end with the old token."""
        alice = await chat.connect("alice", room="a", expires_in_ms=1000)
        await alice.ask("refresh", token=chat.tokens.issue("alice", rooms=["b"]))
        chat.clock.advance(1000)
        bob = await chat.connect("bob")

        await bob.say("a", "hi")

        assert [UnsubscribedPush("a", "tokenExpired")] == alice.pushes

    async def test_a_token_that_expires_earlier_shortens_no_lease(self, chat: ChatForTests):
        """Either token allows it, so the longer one counts."""
        alice = await chat.connect("alice", room="lobby", expires_in_ms=5000)
        await alice.ask("refresh", token=chat.tokens.issue("alice", expires_in_ms=1000))
        chat.clock.advance(1000)

        await alice.say("lobby", "hi")

        assert ["hi"] == [push.message for push in alice.pushes]

    async def test_a_room_joined_after_the_refresh_lasts_as_long_as_the_new_token(self, chat: ChatForTests):
        """Although the old one would have been enough to join."""
        alice = await chat.connect("alice", expires_in_ms=1000)
        await alice.ask("refresh", token=chat.tokens.issue("alice", expires_in_ms=5000))
        await alice.ask("join", roomId="lobby")
        chat.clock.advance(1000)

        await alice.say("lobby", "hi")

        assert ["hi"] == [push.message for push in alice.pushes]

    async def test_a_room_joined_after_the_refresh_that_only_the_old_token_allows_ends_with_it(
        self, chat: ChatForTests
    ):
        """The new one's length is no help where it does not count."""
        alice = await chat.connect("alice", rooms=["a"], expires_in_ms=1000)
        await alice.ask("refresh", token=chat.tokens.issue("alice", rooms=["b"]))
        await alice.ask("join", roomId="a")
        chat.clock.advance(1000)
        bob = await chat.connect("bob")

        await bob.say("a", "hi")

        assert [UnsubscribedPush("a", "tokenExpired")] == alice.pushes

    async def test_members_show_the_new_token_s_name(self, chat: ChatForTests):
        """Somebody has changed it."""
        alice = await chat.connect("alice", room="lobby")
        await alice.ask("refresh", token=chat.tokens.issue("alice", name="Alicia", expires_in_ms=10**9))

        assert [MemberBody("alice", "Alicia")] == (await alice.ask("members", roomId="lobby")).members

    async def test_a_plain_connection_may_refresh(self, chat: ChatForTests):
        """It is not closed when the old token expires."""
        alice = await chat.connect_plain("alice", room="lobby", expires_in_ms=1000)
        await alice.send("refresh", token=chat.tokens.issue("alice"))
        chat.clock.advance(1000)
        bob = await chat.connect("bob")

        await bob.say("lobby", "hi")

        assert ["hi"] == alice.texts
