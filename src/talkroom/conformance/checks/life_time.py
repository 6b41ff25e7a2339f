"""Section F: how long a connection lives, what keeps it alive, and what outlives what.

What idles is watched to its end: an activity has reset the timer when the connection ends a whole timeout after it, and not a
timeout after what came before. So no check has to be at a place in time, and a gateway without a timer departs.

At both limits AWS has been seen to send a close frame with 1001 and to end the connection without one, so either is accepted.
"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from talkroom.conformance.connection import Connection
from talkroom.conformance.errors import Departure, NotRun
from talkroom.conformance.expectations import expect, require
from talkroom.conformance.options import Limits
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target
from talkroom.conformance.wire import PING, PONG, Closed, Frame, frame

T = TypeVar("T")

EARLY_S: Final = 0.5
"""How much sooner than its limit a connection may end: clocks differ."""
TRIES_MAX: Final = 3
WATCH_S: Final = 60.0
"""Servers that ping do so every 20 to 55 seconds."""


def idle(limits: Limits) -> float:
    """Until a silent connection ends."""
    return limits.idle_timeout_s


def idle_after_half(limits: Limits) -> float:
    """Until one ends that was active once, at half time."""
    return 1.5 * limits.idle_timeout_s


def watched(limits: Limits) -> float:
    """Long enough to see a server ping, in the life of one connection."""
    return min(WATCH_S, 0.8 * limits.connection_duration_s)


async def end_of(connection: Connection) -> Closed | None:
    """How the server ends the connection, which is next: its close frame, or None for an end without one."""
    try:
        return await connection.closed()
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def ends_by_limit(connection: Connection, limit_s: float, since_s: float, what: str) -> None:
    """The server ends the connection when the limit has passed since then, and not much later."""
    connection.patience_s = limit_s + connection.target.options.patience_s
    try:
        closed = await end_of(connection)
    except TimeoutError:
        raise Departure(f"the limit is {limit_s:g} s after {what}, and the connection is open after it") from None
    lasted_s = time.monotonic() - since_s
    require(
        lasted_s > limit_s - EARLY_S,
        f"the limit is {limit_s:g} s after {what}, and the end came {lasted_s:.1f} s after it",
    )
    require(
        closed is None or closed.code == 1001, f"at its limit the connection was closed with {closed}, not with 1001"
    )


async def half_idle(target: Target) -> Connection:
    """A connection that has idled for half of what it may. Raises NotRun when it could not be had before much more had passed."""
    limit_s = target.limits.idle_timeout_s
    management = await target.management()
    for _ in range(TRIES_MAX):
        connection = await target.connect()
        opened_s = time.monotonic()
        await management.get(await connection.connection_id())
        await asyncio.sleep(opened_s + limit_s / 2 - time.monotonic())
        if time.monotonic() < opened_s + 0.7 * limit_s:
            return connection
    raise NotRun(f"this machine is too busy for an idle timeout of {limit_s:g} s: give the target a longer one")


async def busy_while(connection: Connection, work: Coroutine[Any, Any, T]) -> T:
    """What becomes of the work, while the client sends messages that nobody answers."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            connection.perform()
            await asyncio.wait([task], timeout=connection.target.limits.idle_timeout_s / 4)
        return await task
    finally:
        task.cancel()


async def next_frame(connection: Connection, within_s: float) -> Frame | None:
    """What the server sends by itself, or None."""
    connection.patience_s = within_s
    try:
        return await connection.frame()
    except TimeoutError:
        return None
    finally:
        connection.patience_s = connection.target.options.patience_s


async def pong_of(connection: Connection, payload: bytes) -> None:
    """A ping of this payload is answered."""
    connection.send(frame(PING, payload))
    answer = await next_frame(connection, connection.target.options.patience_s)
    expect((PONG, payload), answer and (answer.opcode, answer.payload), "the answer to a ping")


@check(110, waits=idle)
async def an_idle_connection_is_closed(target: Target) -> None:
    """After the handshake nothing is sent by either side."""
    connection = await target.connect()
    since_s = time.monotonic() - connection.waited_s
    await ends_by_limit(connection, target.limits.idle_timeout_s, since_s, "the handshake")


@check(111, waits=idle)
async def disconnect_of_an_idle_connection_is_told_1001(target: Target) -> None:
    """However the client is told."""
    connection = await target.connect()
    await connection.connection_id()
    connection.patience_s = target.limits.idle_timeout_s + target.options.patience_s
    await end_of(connection)
    context = (await connection.event("DISCONNECT")).context
    expect(
        (1001, "Going away"),
        (context.get("disconnectStatusCode"), context.get("disconnectReason")),
        "code and reason of $disconnect of an idle connection",
    )


@check(112, waits=idle_after_half)
async def a_post_resets_the_idle_timer(target: Target) -> None:
    """The client itself never says anything."""
    connection = await half_idle(target)
    management, connection_id = await target.management(), await connection.connection_id()
    since_s = time.monotonic()
    expect(200, (await management.post(connection_id, b"still here")).status, "status of a post to an idle client")
    expect(b"still here", (await connection.message()).payload, "the post")
    await ends_by_limit(connection, target.limits.idle_timeout_s, since_s, "a post")


@check(113, waits=idle_after_half)
async def a_message_resets_the_idle_timer(target: Target) -> None:
    """One that is not answered."""
    connection = await half_idle(target)
    since_s = time.monotonic()
    connection.perform()
    await ends_by_limit(connection, target.limits.idle_timeout_s, since_s, "a message of the client")


@check(114)
async def a_ping_is_answered(target: Target) -> None:
    """With the same payload: none, some, and as much as a control frame holds."""
    connection = await target.connect()
    for payload in (b"", b"hello", bytes(range(125))):
        await pong_of(connection, payload)
    await connection.is_open()


@check(115, waits=idle_after_half)
async def a_ping_resets_the_idle_timer(target: Target) -> None:
    """Or its pong does, which no client can tell."""
    connection = await half_idle(target)
    since_s = time.monotonic()
    await pong_of(connection, b"still here")
    await ends_by_limit(connection, target.limits.idle_timeout_s, since_s, "a ping")


@check(116)
async def no_handler_sees_pings(target: Target) -> None:
    """Nor pongs that nobody asked for; even when their payload would be a message for a route."""
    connection = await target.connect()
    await connection.connection_id()
    payload = connection.message_to("perform").encode()
    connection.send(frame(PONG, payload))
    await pong_of(connection, payload)
    await target.a_later_life()
    expect(["CONNECT"], [record.kind for record in await connection.events()], "events of a client that only pings")
    await connection.is_open()


@check(117, waits=watched)
async def the_server_sends_no_pings(target: Target) -> None:
    """To a client that is never idle, for a minute, or for most of its life when that is short."""
    connection = await target.connect()
    came = await busy_while(connection, next_frame(connection, watched(target.limits)))
    require(came is None or came.opcode != PING, "the server sent a ping")
    expect(None, came, "what came to a client whose messages nobody answers")
    await connection.nothing_came()


@check(118, waits=lambda limits: limits.connection_duration_s)
async def a_connection_ends_however_busy(target: Target) -> None:
    """The client goes on sending messages until it does."""
    connection = await target.connect()
    since_s = time.monotonic() - connection.waited_s
    ending = ends_by_limit(connection, target.limits.connection_duration_s, since_s, "the handshake")
    await busy_while(connection, ending)
