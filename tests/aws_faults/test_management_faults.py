"""The management API refuses, fails, breaks off or says nothing: who can be reached is, and nobody is told twice."""

from typing import Any

import pytest

from tests.aws_faults import faults
from tests.aws_faults.conftest import OpenPlain, OpenV1
from tests.aws_faults.faults import Fault
from tests.aws_faults.plans import Script
from tests.aws_faults.stack import Stack

REFUSALS = (faults.LIMIT_EXCEEDED, faults.MANAGEMENT_FAILS, faults.MANAGEMENT_UNAVAILABLE)


@pytest.fixture
def settings() -> dict[str, Any]:
    """A push gives up early, so that nobody waits for what never comes."""
    return {"delivery_deadline_s": 0.5}


def named(fault: Fault) -> str:
    """For the test's id."""
    return fault.name


@pytest.mark.parametrize("fault", REFUSALS, ids=named)
async def test_a_post_that_was_not_carried_out_is_made_again(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain, fault: Fault
):
    """API Gateway says that it was not."""
    alice, bob = await v1("alice", "lobby"), await plain("bob", "lobby")
    await alice.send(alice.draft("lobby"))
    bob_id = stack.edge.connection_id(bob.user_agent)
    script.strike(fault, action="POST", target=bob_id)

    await alice.send(alice.draft("lobby"))

    await bob.until(lambda: len(bob.texts) == 2)
    assert [fault.name] == script.met


@pytest.mark.parametrize("fault", [*REFUSALS, faults.HANGING], ids=named)
async def test_who_cannot_be_reached_keeps_nobody_from_hearing(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain, fault: Fault
):
    """The sender has its reply, the others the message, and the one that was left out stays a member and reads the log."""
    alice, bob, carol = await v1("alice", "lobby"), await v1("bob", "lobby"), await plain("carol", "lobby")
    bob_id = stack.edge.connection_id(bob.user_agent)
    script.strike(fault, action="POST", target=bob_id, times=1_000)

    accepted = await alice.send(alice.draft("lobby"))
    await carol.until(lambda: len(carol.texts) == 1)
    assert (False, 0) == (accepted["duplicate"], bob.rooms["lobby"].last_seen)
    assert bob_id in await stack.subscribed()

    await bob.catch_up("lobby")
    assert carol.texts == bob.rooms["lobby"].said()


async def test_who_was_left_out_sees_the_gap_with_the_next_push(stack: Stack, script: Script, v1: OpenV1):
    """And fills it from the log."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    script.strike(faults.CUT_BEFORE, action="POST", target=stack.edge.connection_id(bob.user_agent), times=8)
    first, second = alice.draft("lobby"), alice.draft("lobby")
    await alice.send(first)
    script.forgive()

    await alice.send(second)
    await bob.until(lambda: bob.rooms["lobby"].has_gap)
    await bob.fill_gaps()

    assert [one["first"]["message"] for one in (first, second)] == bob.rooms["lobby"].said()


@pytest.mark.parametrize("is_cold", [True, False])
async def test_a_post_whose_answer_is_lost_is_not_made_again(
    stack: Stack, script: Script, plain: OpenPlain, is_cold: bool
):
    """Nobody knows whether it was carried out, and a plain client would show it twice; on a new connection or a kept one alike."""
    alice, bob = await plain("alice", "lobby"), await plain("bob", "lobby")
    script.is_cold = is_cold
    script.strike(faults.CUT_AFTER, action="POST", target=stack.edge.connection_id(bob.user_agent))

    await alice.send()
    await stack.until_handled(1)
    await alice.send()

    await bob.until(lambda: "text of alice-2" in bob.texts)
    assert ([faults.CUT_AFTER.name], ["text of alice-1", "text of alice-2"]) == (script.met, bob.texts)


async def test_a_post_that_hangs_and_is_carried_out_late_is_heard_once(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain
):
    """The sender does not wait for it longer than the deadline."""
    alice, bob = await v1("alice", "lobby"), await plain("bob", "lobby")
    script.strike(faults.LATE, action="POST", target=stack.edge.connection_id(bob.user_agent))

    await alice.send(alice.draft("lobby"))
    await stack.settle()
    await alice.send(alice.draft("lobby"))

    await bob.until(lambda: "text of alice-2" in bob.texts)
    assert ["text of alice-1", "text of alice-2"] == bob.texts
