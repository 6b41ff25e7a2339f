"""Section F, continued: what `$disconnect` is told, and what outlives a deployment or a handler's return."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from talkroom.conformance.checks.guarded import open_guarded
from talkroom.conformance.checks.life_time import busy_while, end_of
from talkroom.conformance.errors import NotRun
from talkroom.conformance.expectations import expect, require
from talkroom.conformance.recall import Record
from talkroom.conformance.suite import check
from talkroom.conformance.target import COMMAND_TIMEOUT_S, Target
from talkroom.conformance.wire import close

DEPLOYED_WITHIN_S: Final = 40.0
"""How long the old code may go on to answer when the command has ended."""


async def told(target: Target, ending: bytes) -> tuple[object, object]:
    """Code and reason that `$disconnect` gets when a client sends this."""
    connection = await target.connect()
    await connection.connection_id()
    connection.send(ending)
    context = (await connection.event("DISCONNECT")).context
    return context.get("disconnectStatusCode"), context.get("disconnectReason")


@check(119)
async def a_close_without_code_is_1005(target: Target) -> None:
    """As `close()` in a browser, and Ctrl-C in wscat."""
    seen = await told(target, close())
    expect((1005, "Client-side close frame status not set"), seen, "code and reason after a close frame without code")


@check(120)
async def the_code_and_reason_of_a_client_are_told(target: Target) -> None:
    """Whatever they mean to the application."""
    expect((4001, "bye"), await told(target, close(4001, "bye")), "code and reason after a close frame with 4001 bye")


@check(121)
async def a_browser_that_leaves_is_1001(target: Target) -> None:
    """What a browser sends when its page is left is a close frame with 1001, and no reason."""
    expect((1001, ""), await told(target, close(1001)), "code and reason after a close frame with 1001")


@check(122, waits=lambda limits: limits.idle_timeout_s)
async def a_lost_connection_is_disconnected_at_last(target: Target) -> None:
    """With 1006 when the gateway notices the reset, or with 1001 when only its idle timer does. The reason is not known."""
    connection = await target.connect()
    connection_id = await connection.connection_id()
    await connection.performed()
    expect([], await connection.events("DISCONNECT", at_least=0), "$disconnect of an open connection")
    await connection.reset()
    record = await target.event(
        connection_id=connection_id,
        kind="DISCONNECT",
        patience_s=target.limits.idle_timeout_s + target.options.patience_s,
    )
    code, reason = record.context.get("disconnectStatusCode"), record.context.get("disconnectReason")
    require(code in (1006, 1001), f"$disconnect of a connection that was reset is told {code!r}, not 1006 or 1001")
    require(isinstance(reason, str), f"disconnectReason of a connection that was reset is no text: {reason!r}")


@check(123)
async def disconnect_is_invoked_once_and_says_nothing(target: Target) -> None:
    """Whatever it returns or raises, the client that leaves and the one that stays get nothing of it."""
    witness = await target.connect()
    left = [await target.connect(bye=bye) for bye in ("raise:a bug in a handler", "status:500;body:a leak")]
    for connection in left:
        await connection.connection_id()
        connection.send(close(1000))
        await end_of(connection)
    raised = await left[0].event("DISCONNECT", ended=True)
    require("raised" in raised.notes, "the probe's $disconnect did not raise when it was told to")
    await left[1].event("DISCONNECT", ended=True)
    await target.a_later_life()
    for connection in left:
        expect(1, len(await connection.events("DISCONNECT")), "invocations of $disconnect for one connection")
    await witness.nothing_came()


@check(124)
async def an_api_without_disconnect_closes_silently(target: Target) -> None:
    """Nothing else is invoked in its place: not `$default` either, which one of the two APIs has."""
    left = [await target.connect(api) for api in ("bare", "nested")]
    for connection in left:
        await connection.connection_id()
        connection.send(close(1000))
        closed = await end_of(connection)
        require(closed is None or closed.code == 1000, f"a client that closed with 1000 was answered {closed}")
    await target.a_later_life()
    for connection in left:
        kinds = [record.kind for record in await connection.events()]
        expect(["MESSAGE"], kinds, f"events of a connection to {connection.api!r}, closed after a message")


@check(125, takes_s=COMMAND_TIMEOUT_S)
async def a_deployment_keeps_connections(target: Target) -> None:
    """The new code answers on the connections of the old one, of which one was let in by an authorizer that is replaced too."""
    connections = [await target.connect(), await open_guarded(target)]
    old = (await connections[0].event("CONNECT")).code
    command = target.command("redeploy", target.options.redeploy)
    expect(0, await busy_while(connections[0], busy_while(connections[1], command)), "status of the command --redeploy")
    for connection in connections:
        await is_replaced(old, connection.performed)

    async def authorized() -> Record:
        later = await open_guarded(target)
        return await target.event(case=later.case, kind="AUTHORIZER")

    await is_replaced(old, authorized)
    for connection in connections:
        await connection.is_open()
        expect([], await connection.events("DISCONNECT", at_least=0), "$disconnect of a connection after a deployment")


async def is_replaced(old: str, invoke: Callable[[], Awaitable[Record]]) -> None:
    """Other code than the old one is invoked, soon."""
    deadline_s = time.monotonic() + DEPLOYED_WITHIN_S
    while (await invoke()).code == old:
        require(
            time.monotonic() < deadline_s,
            f"the old code still answered {DEPLOYED_WITHIN_S:g} s after --redeploy: either it changed none, or it is not served",
        )


@check(126)
async def what_is_left_behind_does_not_go_on(target: Target) -> None:
    """A thread of the handler's process records something a second later: while another invocation is at work, and not after it."""
    if not target.options.freezes:
        raise NotRun("the target freezes no functions, as far as is known: give --freezes when it does")
    meanwhile = await (await target.connect()).performed("linger:0.5;sleep:3", route="linger")
    await target.event(case=meanwhile.case, kind="LINGER")
    afterwards = await (await target.connect()).performed("linger:1", route="linger")
    await (await target.connect()).performed("sleep:3")
    await target.no_event(case=afterwards.case, kind="LINGER")
