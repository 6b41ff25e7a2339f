"""Units of each use case: requests, time, reads and writes, metered messages, log and data out.

A use case is what a client does once: send a message, connect, join, ping, read a page, disconnect.
"""

from math import ceil
from typing import Final, Literal

import msgspec

from talkroom.cost import storage_units
from talkroom.cost.lambda_time import COLD_SHARE, Functions, duration_ms, invocation
from talkroom.cost.usage import GB, Usage, frames, sent

Protocol = Literal["talkroom.v1", "plain"]

COMMAND_BYTES: Final = 115
"""A `sendmessage` without its text, with names and ids of ten to twenty characters; other commands are shorter."""
REPLY_BYTES: Final = 185
PUSH_BYTES: Final = 210
"""A push of a message without its text, on a `talkroom.v1` connection; on a plain one the text is all there is."""
BODY_BYTES: Final = 135
"""A message in a page of history, without its text."""
ACCESS_LOG_BYTES: Final = 300
"""API Gateway's line for each request, counted from the format in infra/aws/template.yaml."""
TAIL_SHARE: Final = 0.5
"""Assumed: of appends, those to a room that the execution environment has not appended to in the last minute."""
CONFLICT_SHARE: Final = 0.1
"""Assumed: of appends, those that find another execution environment's message in their place."""

INTEGRATION_TIMEOUT_MS: Final = 29_000
"""API Gateway waits no longer for a function (quotas of WebSocket APIs)."""
FUNCTION_TIMEOUT_MS: Final = 900_000
"""Lambda lets none run longer."""


class Impossible(ValueError):
    """Numbers with which the chat could not work. The text says which, and what to change."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A room and what is said in it."""

    members: int
    """Connections that receive its pushes, the sender's included."""
    text_bytes: int = 200
    """UTF-8: a Latin letter has one byte, a Japanese character three."""
    protocol: Protocol = "talkroom.v1"

    @property
    def recipients(self) -> int:
        """Who gets a push; on plain connections the sender does not."""
        return self.members if self.protocol == "talkroom.v1" else self.members - 1


def message(room: Room, functions: Functions) -> Usage:
    """One message: the command, the append, the look-up of recipients, a push to each, and the reply. Raises Impossible."""
    pages = _page_sizes(room.recipients, functions)
    work = invocation(functions, store_calls=3, posts=0 if pages else room.recipients, invokes=len(pages))
    for size in set(pages):
        work += invocation(functions, posts=size).times(pages.count(size))
    append = storage_units.append(room.text_bytes) + storage_units.learn_tail().times(TAIL_SHARE)
    append += storage_units.conflict(room.text_bytes).times(CONFLICT_SHARE)
    pushes = sent(room.text_bytes + (PUSH_BYTES if room.protocol == "talkroom.v1" else 0), room.recipients)
    return _command(room, room.text_bytes) + work + append + storage_units.recipients(room.members) + pushes


def _page_sizes(recipients: int, functions: Functions) -> list[int]:
    """Of the pages that are handed over; none when the messages function posts by itself. Raises Impossible."""
    if recipients <= functions.inline_max:
        _check_time(
            duration_ms(functions, store_calls=3, posts=recipients), INTEGRATION_TIMEOUT_MS, recipients, "inline"
        )
        return []
    count = ceil(recipients / functions.page_max)
    sizes = [functions.page_max] * (count - 1) + [recipients - functions.page_max * (count - 1)]
    _check_time(duration_ms(functions, posts=sizes[0]), FUNCTION_TIMEOUT_MS, sizes[0], "page")
    _check_time(duration_ms(functions, store_calls=3, invokes=count), INTEGRATION_TIMEOUT_MS, recipients, "page")
    return sizes


def _check_time(needed_ms: float, timeout_ms: int, recipients: int, option: str) -> None:
    if needed_ms > timeout_ms:
        change = {
            "inline": "lower --fan-out-inline or raise --memory-mb",
            "page": "change --fan-out-page or raise --memory-mb",
        }
        raise Impossible(
            f"a function would need {needed_ms / 1000:,.0f} s for {recipients:,} recipients, and has {timeout_ms // 1000} s: "
            f"{change[option]}"
        )


def _command(room: Room, text_bytes: int = 0, reply_bytes: int = REPLY_BYTES) -> Usage:
    """A frame from a client, its line in the access log, and its reply, which plain connections do not get."""
    asked = frames(COMMAND_BYTES + text_bytes) + Usage(log_gb=ACCESS_LOG_BYTES / GB)
    return asked + (sent(reply_bytes) if room.protocol == "talkroom.v1" else Usage())


def connect(room: Room, functions: Functions) -> Usage:
    """A handshake: authorizer and connect. A plain connection is in its room at once; the other one joins after it.

    AWS charges for messages and minutes; whether it counts a handshake as a message it does not say, and here it does not.
    """
    authorizer = invocation(functions) + Usage(secret_requests=COLD_SHARE, log_gb=ACCESS_LOG_BYTES / GB)
    if room.protocol == "plain":
        return authorizer + invocation(functions, store_calls=2) + storage_units.subscribe()
    return authorizer + invocation(functions)


def join(room: Room, functions: Functions) -> Usage:
    """One more room for a connection."""
    reads = storage_units.find_grant() + storage_units.of_connection() + storage_units.position()
    return _command(room) + invocation(functions, store_calls=5) + reads + storage_units.subscribe()


def ping(room: Room, functions: Functions) -> Usage:
    """The command that keeps a browser's connection from being idle."""
    return _command(room) + invocation(functions)


def history(room: Room, functions: Functions, messages: int) -> Usage:
    """The newest page of what was said, on a `talkroom.v1` connection."""
    reply = REPLY_BYTES + messages * (room.text_bytes + BODY_BYTES)
    return (
        _command(room, reply_bytes=reply)
        + invocation(functions, store_calls=1)
        + storage_units.history(messages, room.text_bytes)
    )


def disconnect(functions: Functions, rooms: int) -> Usage:
    """A connection is over: everything that is kept of it goes."""
    batches = ceil(rooms / 25)
    gone = Usage(log_gb=ACCESS_LOG_BYTES / GB)
    return gone + invocation(functions, store_calls=2 + batches) + storage_units.end(rooms)
