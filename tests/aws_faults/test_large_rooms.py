"""A room of more members than one function posts to: pages of it go to functions that run beside each other."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from talkroom.conformance.wire import Wire
from tests.aws_faults import faults
from tests.aws_faults.conftest import OpenPlain, OpenV1
from tests.aws_faults.faults import Fault
from tests.aws_faults.plans import Script
from tests.aws_faults.stack import FAN_OUT_FUNCTION, Stack
from tests.aws_faults.test_management_faults import named

MEMBERS = 600
"""Of each kind."""
PAGE = 250
AT_ONCE = 32
"""Handshakes."""


@pytest.fixture
def settings() -> dict[str, Any]:
    """From three recipients on a push goes in pages of two."""
    return {"fan_out_function": FAN_OUT_FUNCTION, "fan_out_inline_max": 2, "fan_out_page": 2}


@asynccontextmanager
async def crowd(stack: Stack, room: str) -> AsyncIterator[tuple[list[Wire], list[Wire]]]:
    """Plain members and members of `talkroom.v1`, each with an open connection."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each has two files, one of them the gateway's
    token = stack.issue("somebody")
    turns = asyncio.Semaphore(AT_ONCE)

    async def open_member(offer: str) -> Wire:
        async with turns:
            return await Wire.upgrade(stack.edge.port, protocols=offer)

    plain = await asyncio.gather(*(open_member(f"{token}, {room}") for _ in range(MEMBERS)))
    v1 = await asyncio.gather(*(open_member(f"talkroom.v1, {token}, {room}") for _ in range(MEMBERS)))
    try:
        yield plain, v1
    finally:
        for wire in [*plain, *v1]:
            await wire.drop()


@pytest.mark.parametrize(
    "settings", [{"fan_out_function": FAN_OUT_FUNCTION, "fan_out_inline_max": 100, "fan_out_page": PAGE}]
)
async def test_twelve_hundred_members_are_told_by_functions_that_run_beside_each_other(
    stack: Stack, script: Script, v1: OpenV1
):
    """Each hears each of two messages once."""
    script.copies_of_disconnects = 0  # nobody needs them at the end
    async with crowd(stack, "lobby") as (plain_members, v1_members):
        alice = await v1("alice")
        await alice.join("lobby")
        await alice.leave("lobby")
        for _ in range(2):
            await alice.send(alice.draft("lobby"))
            await stack.settle()

        texts = ["text of alice-1", "text of alice-2"]
        assert [texts] * MEMBERS == [[await member.text() for _ in texts] for member in plain_members]
        pushes = [[json.loads(await member.text()) for _ in texts] for member in v1_members]
        assert [texts] * MEMBERS == [[push["message"] for push in each] for each in pushes]

    pages = 2 * 2 * -(-MEMBERS // PAGE)
    posted_by = {function for function, request in script.requests if request.service == "management"}
    assert (pages, {"fan_out"}) == (stack.functions.invocations["fan_out"], posted_by)
    assert stack.functions.most_at_once["fan_out"] > 1


@pytest.mark.parametrize("fault", [faults.TOO_MANY_INVOCATIONS, faults.LAMBDA_FAILS, faults.CUT_BEFORE], ids=named)
async def test_a_page_that_lambda_refuses_is_taken_in_the_end(
    stack: Stack, script: Script, v1: OpenV1, plain: OpenPlain, fault: Fault
):
    """By Lambda, or by the function that wanted to hand it over; every member hears the message once."""
    alice = await v1("alice", "lobby")
    members = [await plain(f"member{number}", "lobby") for number in range(5)]
    script.strike(fault, service="lambda", times=2)

    await alice.send(alice.draft("lobby"))
    await stack.settle()
    await alice.send(alice.draft("lobby"))

    for member in members:
        await member.until(lambda: "text of alice-2" in member.texts)  # noqa: B023  # awaited at once
    assert [["text of alice-1", "text of alice-2"]] * 5 == [member.texts for member in members]
    assert [fault.name] * 2 == script.met


async def test_a_page_that_is_lost_is_read_from_the_log(stack: Stack, script: Script, v1: OpenV1):
    """Accepted and never run: its members see the gap with the next push."""
    members = [await v1(f"member{number}", "lobby") for number in range(3)]
    script.strike(faults.LOST_BY_LAMBDA, service="lambda", times=2)
    first, second = members[0].draft("lobby"), members[0].draft("lobby")

    await members[0].send(first)
    await members[0].send(second)

    for member in members:
        await member.until(lambda: member.rooms["lobby"].last_seen == 2)  # noqa: B023  # awaited at once
        await member.fill_gaps()
    assert [["text of member0-1", "text of member0-2"]] * 3 == [member.rooms["lobby"].said() for member in members]
