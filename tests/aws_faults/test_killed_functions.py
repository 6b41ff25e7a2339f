"""A function that is killed at any of its requests: what it has done counts, and the repetition does the rest, once."""

from functools import partial

import pytest

from tests.aws_faults.conftest import OpenPlain, OpenV1
from tests.aws_faults.faults import KILLED_AFTER, KILLED_BEFORE, Fault
from tests.aws_faults.plans import Script
from tests.aws_faults.stack import Stack
from tests.aws_faults.test_management_faults import named

REQUESTS_MAX = 30
"""More than any invocation here makes."""


async def test_a_message_whose_function_dies_before_the_push_is_read_by_the_next_reader(
    stack: Stack, script: Script, v1: OpenV1
):
    """It is stored, its sender has no answer and nobody was told: who reads the log has it."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    script.strike(KILLED_AFTER, table=stack.messages, action="PutItem")

    answer = await alice.ask("sendmessage", **alice.draft("lobby")["first"])
    assert (None, 0) == (answer, bob.rooms["lobby"].last_seen)

    await bob.catch_up("lobby")
    assert ["text of alice-1"] == bob.rooms["lobby"].said()


async def test_its_repetition_is_answered_with_what_was_stored(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain
):
    """Another message came in between; the repetition stores nothing, and tells nobody."""
    alice, bob, carol = await v1("alice", "lobby"), await v1("bob", "lobby"), await plain("carol", "lobby")
    script.strike(KILLED_AFTER, table=stack.messages, action="PutItem")
    draft = alice.draft("lobby")
    assert await alice.ask("sendmessage", **draft["first"]) is None
    await bob.send(bob.draft("lobby"))

    accepted = await alice.send(draft, is_first=False)
    await bob.send(bob.draft("lobby"))

    await carol.until(lambda: "text of bob-2" in carol.texts)
    assert (1, True, ["text of bob-1", "text of bob-2"]) == (accepted["sequence"], accepted["duplicate"], carol.texts)


async def test_who_missed_it_sees_the_gap_with_the_next_push(stack: Stack, script: Script, v1: OpenV1):
    """And reads what lies before."""
    alice, bob = await v1("alice", "lobby"), await v1("bob", "lobby")
    script.strike(KILLED_AFTER, table=stack.messages, action="PutItem")
    assert await alice.ask("sendmessage", **alice.draft("lobby")["first"]) is None

    await alice.send(alice.draft("lobby"))
    await bob.until(lambda: bob.rooms["lobby"].has_gap)
    await bob.fill_gaps()

    assert ["text of alice-1", "text of alice-2"] == bob.rooms["lobby"].said()


@pytest.mark.parametrize("fault", [KILLED_BEFORE, KILLED_AFTER], ids=named)
async def test_a_message_is_stored_once_wherever_its_function_is_killed(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain, fault: Fault
):
    """At its first request, at its second, and so on; each time it is repeated until it is acknowledged."""
    alice, bob, carol = await v1("alice", "lobby"), await v1("bob", "lobby"), await plain("carol", "lobby")
    script.is_cold = True
    for request in range(REQUESTS_MAX):
        script.forgive()
        struck = script.strike(fault, function="messages", after=request)
        await alice.send(alice.draft("lobby"))
        if not struck.is_set():
            break
    await bob.catch_up("lobby")

    texts = [f"text of alice-{number}" for number in range(1, request + 2)]
    assert 4 < request < REQUESTS_MAX - 1
    await carol.until(lambda: texts[-1] in carol.texts)
    assert (texts, texts, len(set(carol.texts))) == (
        [one["text"] for one in await stack.log("lobby")],
        bob.rooms["lobby"].said(),
        len(carol.texts),
    )


@pytest.mark.parametrize("fault", [KILLED_BEFORE, KILLED_AFTER], ids=named)
async def test_a_connection_is_told_of_what_comes_wherever_its_handshake_was_killed(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain, fault: Fault
):
    """The authorizer's requests and those of `$connect`, one after the other; the client tries until it is let in."""
    alice, bob = await v1("alice", "lobby"), await plain("bob", "lobby")
    script.is_cold = True
    for request in range(REQUESTS_MAX):
        await bob.close()
        script.forgive()
        struck = [script.strike(fault, function=function, after=request) for function in ("authorizer", "connect")]
        await bob.connect()
        await alice.send(alice.draft("lobby"))
        await bob.until(partial(bob.texts.__contains__, f"text of alice-{request + 1}"))
        if not any(one.is_set() for one in struck):
            break

    assert 0 < request < REQUESTS_MAX - 1


@pytest.mark.parametrize("fault", [KILLED_BEFORE, KILLED_AFTER], ids=named)
async def test_a_join_is_done_when_it_is_answered_wherever_it_was_killed(
    stack: Stack, script: Script, v1: OpenV1, fault: Fault
):
    """Joining again is no error, and leads to the same."""
    alice, bob = await v1("alice", "lobby"), await v1("bob")
    for request in range(REQUESTS_MAX):
        script.forgive()
        struck = script.strike(fault, function="default", after=request)
        await bob.join("lobby")
        script.forgive()
        await alice.send(alice.draft("lobby"))
        await bob.until(lambda: bob.rooms["lobby"].last_seen == alice.rooms["lobby"].last_seen)
        await bob.leave("lobby")
        if not struck.is_set():
            break

    assert 2 < request < REQUESTS_MAX - 1
