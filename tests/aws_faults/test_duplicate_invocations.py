"""A function that is invoked twice with one event: what happens is what happens once."""

import json

import pytest

from tests.aws_faults.conftest import OpenPlain, OpenV1
from tests.aws_faults.plans import Script
from tests.aws_faults.stack import Stack


@pytest.mark.parametrize("is_named", [True, False], ids=["named by its client", "without a name"])
async def test_a_message_that_comes_twice_at_once_is_one_message(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain, is_named: bool
):
    """In two environments at the same time; without an id of the client's the frame names it."""
    alice, bob, carol = await v1("alice", "lobby"), await v1("bob", "lobby"), await plain("carol", "lobby")
    script.copies_of_messages = 2
    first = alice.draft("lobby")["first"]
    if not is_named:
        del first["id"]

    await alice.ask("sendmessage", **first)
    script.copies_of_messages = 1
    await alice.send(alice.draft("lobby"))

    await carol.until(lambda: len(carol.texts) >= 2)
    await bob.until(lambda: bob.rooms["lobby"].last_seen == 2)
    assert [["text of alice-1", "text of alice-2"]] * 3 == [
        carol.texts,
        bob.rooms["lobby"].said(),
        [one["text"] for one in await stack.log("lobby")],
    ]


async def test_a_plain_client_s_message_that_comes_twice_is_one_message(stack: Stack, script: Script, plain: OpenPlain):
    """It names nothing and is told nothing."""
    alice, bob = await plain("alice", "lobby"), await plain("bob", "lobby")
    script.copies_of_messages = 2

    await alice.send()
    await bob.until(lambda: len(bob.texts) >= 1)
    await stack.settle()

    assert (["text of alice-1"], 1, []) == (bob.texts, len(await stack.log("lobby")), alice.texts)


async def test_an_event_that_comes_again_much_later_stores_nothing(stack: Stack, v1: OpenV1, plain: OpenPlain):
    """Other messages were stored in between; it is answered with the first result."""
    alice, bob = await v1("alice", "lobby"), await plain("bob", "lobby")
    for _ in range(3):
        await alice.send(alice.draft("lobby"))
    (event,) = [one for one in stack.edge.messages if "alice-1" in one.body]
    await stack.skip(60)

    result = await stack.edge.invoke("messages", event)

    data = json.loads(result.body)["data"]
    await bob.until(lambda: len(bob.texts) >= 3)
    assert (1, True, 3, 3) == (data["sequence"], data["duplicate"], len(await stack.log("lobby")), len(bob.texts))


async def test_a_connection_that_is_announced_twice_is_one_member(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain
):
    """`$connect` twice: one row, one push."""
    alice = await v1("alice", "lobby")
    script.copies_of_connects = 2
    bob = await plain("bob", "lobby")

    await alice.send(alice.draft("lobby"))
    await alice.send(alice.draft("lobby"))

    await bob.until(lambda: "text of alice-2" in bob.texts)
    assert ["text of alice-1", "text of alice-2"] == bob.texts
    assert {stack.edge.connection_id(one.user_agent): {"lobby"} for one in (alice, bob)} == await stack.subscribed()


async def test_a_connection_that_ends_twice_is_gone(stack: Stack, script: Script, v1: OpenV1):
    """`$disconnect` twice removes what there is and fails at nothing."""
    bob = await v1("bob", "lobby")
    script.copies_of_disconnects = 2
    bob_id = stack.edge.connection_id(bob.user_agent)

    await bob.close()
    await stack.edge.until_closed(bob_id)
    await stack.settle()

    assert ({}, []) == (await stack.subscribed(), stack.functions.failures)
