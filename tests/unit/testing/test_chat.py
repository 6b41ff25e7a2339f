"""A chat you can talk to."""

import pytest

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.contract.close_codes import IDLE
from talkroom.contract.ids import is_well_formed
from talkroom.testing import FakeClock, HandshakeRefused, a_chat


async def test_clients_have_ids_that_a_gateway_could_have_made():
    """Each another one."""
    chat = await a_chat()
    clients = [await chat.connect("alice"), await chat.connect("alice"), await chat.connect_plain("bob", room="a")]

    assert (3, True) == (
        len({client.connection_id for client in clients}),
        all(is_well_formed(client.connection_id) for client in clients),
    )


async def test_a_connected_client_is_open():
    """After its handshake."""
    chat = await a_chat()

    assert True is (await chat.connect("alice")).is_open


@pytest.mark.parametrize(
    ("status", "token"),
    [
        (401, {"expires_in_ms": 0}),
        (403, {"rooms": ["other"]}),
        (403, {"can": ["send"]}),
    ],
)
async def test_a_client_that_is_not_admitted_learns_why(status: int, token: dict[str, object]):
    """On both kinds of connection."""
    chat = await a_chat()
    with pytest.raises(HandshakeRefused) as v1:
        await chat.connect("alice", room="lobby", **token)
    with pytest.raises(HandshakeRefused) as plain:
        await chat.connect_plain("alice", room="lobby", **token)

    assert [status, status] == [v1.value.status, plain.value.status]


async def test_a_refused_client_is_not_open():
    """There is no connection to post to."""
    chat = await a_chat()
    with pytest.raises(HandshakeRefused):
        await chat.connect("alice", room="lobby", rooms=["other"])
    bob = await chat.connect("bob")

    await bob.say("lobby", "hi")

    assert [] == chat.management.batches


async def test_a_disconnected_client_is_forgotten():
    """`$disconnect` is told."""
    chat = await a_chat()
    alice = await chat.connect("alice", room="lobby")
    await chat.disconnect(alice, IDLE)

    assert (False, 0) == (alice.is_open, len(await chat.subscriptions.of_connection(alice.connection_id)))


async def test_a_killed_client_is_gone_and_not_forgotten():
    """`$disconnect` is not told."""
    chat = await a_chat()
    alice = await chat.connect("alice", room="lobby")
    await chat.kill(alice)

    assert (False, 1) == (alice.is_open, len(await chat.subscriptions.of_connection(alice.connection_id)))


async def test_a_connection_that_the_chat_closes_is_disconnected():
    """`$disconnect` follows a deletion, as on API Gateway; the refreshed grant goes with it."""
    chat = await a_chat()
    alice = await chat.connect("alice", room="lobby")
    await alice.ask("refresh", token=chat.tokens.issue("alice"))
    bob = await chat.connect("bob")
    chat.make_slow(alice)

    await bob.say("lobby", "hi")

    assert (False, None) == (alice.is_open, await chat.grants.find(alice.connection_id))


@pytest.mark.parametrize("end", ["disconnect", "kill"])
async def test_a_closed_client_cannot_send(end: str):
    """A test that tries has a mistake."""
    chat = await a_chat()
    alice = await chat.connect("alice")
    await getattr(chat, end)(alice)

    with pytest.raises(AssertionError, match="is closed"):
        await alice.send("ping")


async def test_messages_that_come_from_a_client_make_it_active():
    """As `GET @connections` shows."""
    chat = await a_chat()
    alice = await chat.connect("alice")
    before = (await chat.management.get_connection(alice.connection_id)).last_active_at
    chat.clock.advance(1000)
    await alice.send_text("")

    assert True is (before < (await chat.management.get_connection(alice.connection_id)).last_active_at)


async def test_a_chat_runs_on_the_clock_that_it_is_given():
    """And on no other."""
    clock = FakeClock(5)
    chat = await a_chat(clock=clock)
    alice = await chat.connect("alice")

    assert 5 == (await alice.say("lobby", "hi")).sent_at_ms


async def test_leaving_the_chat_closes_its_log():
    """So that files are released."""
    async with await a_chat() as chat:
        pass

    with pytest.raises(Unavailable):
        await chat.log.append(Draft(room=RoomId("a"), sender="a", name="A", id="i", text="hi", sent_at_ms=0))
