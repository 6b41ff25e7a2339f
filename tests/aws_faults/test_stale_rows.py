"""Connections that end without `$disconnect`: the next send removes what is left of them."""

import asyncio

import pytest

from tests.aws_faults.conftest import OpenPlain, OpenV1
from tests.aws_faults.device import Device
from tests.aws_faults.faults import HANGING, KILLED_AFTER
from tests.aws_faults.plain_client import PlainClient
from tests.aws_faults.plans import Script
from tests.aws_faults.stack import FAN_OUT_FUNCTION, HANDSHAKE_S, Stack


async def vanish(stack: Stack, script: Script, client: Device) -> str:
    """The client's connection is gone and nobody is told; its id."""
    script.copies_of_disconnects = 0
    connection_id = stack.edge.connection_id(client.user_agent)
    await client.vanish()
    await stack.edge.until_closed(connection_id)
    await stack.settle()
    return connection_id


async def test_a_connection_that_vanished_is_gone_after_one_send(stack: Stack, script: Script, v1: OpenV1):
    """The post to it is answered 410, and the row goes before the sender has its reply."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    gone = await vanish(stack, script, bob)
    await stack.skip(HANDSHAKE_S)
    assert gone in await stack.subscribed()

    await alice.send(alice.draft("lobby"))

    assert {stack.edge.connection_id(alice.user_agent): {"lobby"}} == await stack.subscribed()


async def test_all_that_is_kept_of_it_goes_with_one_row(stack: Stack, script: Script, v1: OpenV1):
    """Its other rooms, and the grant of its last refresh."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    await bob.join("garden")
    await bob.refresh()
    gone = await vanish(stack, script, bob)
    await stack.skip(HANDSHAKE_S)
    assert gone in await stack.granted()

    await alice.send(alice.draft("lobby"))

    assert (False, False) == (gone in await stack.granted(), gone in await stack.subscribed())


async def test_a_plain_connection_that_vanished_goes_the_same_way(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain
):
    """The article's own case."""
    alice, bob = await v1("alice", "lobby"), await plain("bob", "lobby")
    gone = await vanish(stack, script, bob)
    await stack.skip(HANDSHAKE_S)

    await alice.send(alice.draft("lobby"))

    assert gone not in await stack.subscribed()


async def test_a_disconnect_that_fails_is_made_good_by_the_next_send(stack: Stack, script: Script, v1: OpenV1):
    """The function was killed when it had read what to remove, and nobody asks a second time."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    script.strike(KILLED_AFTER, function="disconnect", action="Query")
    gone = stack.edge.connection_id(bob.user_agent)
    await bob.close()
    await stack.edge.until_closed(gone)
    await stack.settle()
    await stack.skip(HANDSHAKE_S)
    assert gone in await stack.subscribed()

    await alice.send(alice.draft("lobby"))

    assert gone not in await stack.subscribed()


async def test_a_connection_whose_handshake_is_pending_keeps_its_row(stack: Stack, script: Script, v1: OpenV1):
    """Until the 101 the management API says 410 of it too; without its row it would be open and hear nothing."""
    alice, bob = await v1("alice", "lobby"), PlainClient(stack.url, "bob", "lobby", lambda: stack.issue("bob"))
    # The row is stored, and `$connect` does not end: it looks for the row in the index.
    looking = script.strike(HANGING, function="connect", action="Query")
    opening = asyncio.ensure_future(bob.connect())
    await looking.wait()

    await alice.send(alice.draft("lobby"))
    await opening
    await alice.send(alice.draft("lobby"))

    await bob.until(lambda: bob.texts == ["text of alice-2"])
    await bob.close()


@pytest.mark.parametrize(
    "settings", [{"fan_out_function": FAN_OUT_FUNCTION, "fan_out_inline_max": 1, "fan_out_page": 1}]
)
async def test_who_posts_a_page_removes_what_is_gone(stack: Stack, script: Script, v1: OpenV1):
    """In a large room the functions that post see the 410, and not the one that the sender waits for."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    gone = await vanish(stack, script, bob)
    await stack.skip(HANDSHAKE_S)

    await alice.send(alice.draft("lobby"))
    await stack.settle()

    assert (2, False) == (stack.functions.invocations["fan_out"], gone in await stack.subscribed())
