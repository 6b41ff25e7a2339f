"""A table that throttles, or fails, or answers nothing: for a moment nobody notices, and for long nothing is lost."""

import pytest

from tests.aws_faults import faults
from tests.aws_faults.conftest import OpenPlain, OpenV1
from tests.aws_faults.faults import Fault
from tests.aws_faults.plans import Script
from tests.aws_faults.stack import Stack
from tests.aws_faults.test_management_faults import named

MOMENTARY = (
    faults.THROUGHPUT_EXCEEDED,
    faults.THROTTLED,
    faults.REQUEST_LIMIT_EXCEEDED,
    faults.DYNAMODB_FAILS,
    faults.DYNAMODB_UNAVAILABLE,
    faults.CUT_BEFORE,
    faults.CUT_AFTER,
)
EVER = 1_000_000
FATAL = faults.refusal(400, "AccessDeniedException")
"""What no repetition mends, so that nobody waits for a deadline."""


@pytest.mark.parametrize("fault", MOMENTARY, ids=named)
async def test_a_moment_of_it_is_not_noticed(stack: Stack, script: Script, v1: OpenV1, fault: Fault):
    """Three requests of each table fail; the message is stored once, acknowledged, and told to the room."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    for table in (stack.messages, stack.connections):
        script.strike(fault, table=table, times=3)

    accepted = await alice.ask("sendmessage", **alice.draft("lobby")["first"])

    assert accepted is not None
    assert (False, ["text of alice-1"], 6) == (
        accepted["data"]["duplicate"],
        [one["text"] for one in await stack.log("lobby")],
        len(script.met),
    )
    await bob.until(lambda: bob.rooms["lobby"].said() == ["text of alice-1"])


@pytest.mark.parametrize("action", ["Query", "PutItem"])
async def test_a_message_that_cannot_be_stored_is_unavailable_and_its_repetition_is_stored_once(
    stack: Stack, script: Script, v1: OpenV1, action: str
):
    """Reading the log, or writing it, fails for good; then it works again."""
    alice = await v1("alice", "lobby")
    script.strike(FATAL, table=stack.messages, action=action, times=EVER)
    draft = alice.draft("lobby")

    refused = await alice.ask("sendmessage", **draft["first"])
    assert refused is not None
    assert ("unavailable", True) == (refused["name"], refused["retry"])
    script.forgive()

    accepted = await alice.send(draft, is_first=False)
    assert (1, False) == (accepted["sequence"], accepted["duplicate"])


async def test_a_message_is_acknowledged_although_nobody_can_be_told(stack: Stack, script: Script, v1: OpenV1):
    """The index of connections cannot be read: the push is given up, and the log has the message."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    script.strike(FATAL, table=stack.connections, times=EVER)

    accepted = await alice.send(alice.draft("lobby"))

    script.forgive()
    await bob.catch_up("lobby")
    assert (1, ["text of alice-1"]) == (accepted["sequence"], bob.rooms["lobby"].said())


async def test_a_connection_that_cannot_be_subscribed_is_refused(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain
):
    """It would be open and hear nothing; the client tries again."""
    alice = await v1("alice", "lobby")
    script.strike(FATAL, function="connect", action="PutItem")

    bob = await plain("bob", "lobby")
    await alice.send(alice.draft("lobby"))

    await bob.until(lambda: bob.texts == ["text of alice-1"])
    assert 2 == bob.opened


@pytest.mark.parametrize("fault", [faults.HANGING, faults.LATE], ids=named)
async def test_a_put_that_hangs_is_made_again_and_stores_one_message(
    stack: Stack, script: Script, v1: OpenV1, fault: Fault
):
    """Also when the first one is carried out in the end, after the second."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    script.strike(fault, table=stack.messages, action="PutItem")

    await alice.send(alice.draft("lobby"))
    await alice.send(alice.draft("lobby"))
    await stack.settle()

    assert ["text of alice-1", "text of alice-2"] == [one["text"] for one in await stack.log("lobby")]
    await bob.until(lambda: bob.rooms["lobby"].said() == ["text of alice-1", "text of alice-2"])
