"""`$disconnect`: forget the connection."""

from talkroom.testing import ChatForTests, a_disconnect_event


async def test_nothing_is_kept_of_a_connection(chat: ChatForTests):
    """Its subscriptions and its refreshed grant go."""
    alice = await chat.connect("alice", room="a")
    await alice.ask("join", roomId="b")
    await alice.ask("refresh", token=chat.tokens.issue("alice"))

    await chat.disconnect(alice)

    assert ([], None) == (
        list(await chat.subscriptions.of_connection(alice.connection_id)),
        await chat.grants.find(alice.connection_id),
    )


async def test_other_connections_are_kept(chat: ChatForTests):
    """Of the same principal too."""
    phone = await chat.connect("alice", room="lobby")
    laptop = await chat.connect("alice", room="lobby")
    await chat.disconnect(phone)

    await laptop.say("lobby", "hi")

    assert 1 == len(laptop.pushes)


async def test_it_may_come_twice(chat: ChatForTests):
    """Or after the connection was reaped, or for one whose handshake failed: `$disconnect` is best effort."""
    alice = await chat.connect("alice", room="lobby")
    event = a_disconnect_event(connection_id=alice.connection_id)

    assert [200, 200] == [(await chat.app.invoke(event)).status_code, (await chat.app.invoke(event)).status_code]


async def test_it_needs_no_authorizer_context(chat: ChatForTests):
    """The id is enough."""
    assert 200 == (await chat.app.invoke(a_disconnect_event(authorizer=None))).status_code
