"""Section E, continued: `@connections`: who may call it, from where, and how often."""

import asyncio
import time
from typing import Final
from urllib.parse import quote

from talkroom.conformance.checks.management import path_of
from talkroom.conformance.connection import Connection
from talkroom.conformance.errors import Departure
from talkroom.conformance.expectations import expect, require
from talkroom.conformance.management import Answer, Management, message_of
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target

METHODS: Final = ("POST", "GET", "DELETE")

STALLING_POST: Final = b"x" * 100_000
STALLING_POSTS_MAX: Final = 320
"""32 MB: more than the buffers of any network hold, so that a gateway which takes them all keeps them in its memory."""

FLOOD_MAX: Final = 200
"""Requests to a stage that takes 2 a second; as many as no burst or delay explains."""
FLOOD_AT_ONCE: Final = 20
PAUSE_S: Final = 0.5


@check(103)
async def only_who_may_is_answered(target: Target) -> None:
    """Unsigned in the gateway's words; signed by a key without `execute-api:ManageConnections` as a ForbiddenException."""
    management = await target.management()
    connection = await target.connect()
    connection_id = await connection.connection_id()
    for method in METHODS:
        response = await management.request(method, path_of(connection_id), signed=False)
        expect(
            (403, "Missing Authentication Token"),
            (response.status, message_of(response)),
            f"status and message of an unsigned {method}",
        )
    denied = await target.management(denied=True)
    calls = [denied.post(connection_id, b"denied"), denied.get(connection_id), denied.delete(connection_id)]
    for method, answer in zip(METHODS, await asyncio.gather(*calls), strict=True):
        expect((403, "ForbiddenException"), (answer.status, answer.error), f"{method} with a key that may not")
    await connection.is_open()


@check(104)
async def the_signature_is_for_execute_api(target: Target) -> None:
    """Not for the name of the SDK's client, nor for another service."""
    management = await target.management()
    connection = await target.connect()
    path = path_of(await connection.connection_id())
    for service in ("apigateway", "apigatewaymanagementapi", "lambda"):
        response = await management.request("POST", path, b"other service", service=service)
        expect(403, response.status, f"status of a post that is signed for the service {service}")
    response = await management.request("POST", path, b"right service")
    expect(200, response.status, "status of a post that is signed for the service execute-api")
    expect(b"right service", (await connection.message()).payload, "the post")


@check(105)
async def a_client_that_does_not_read_is_429(target: Target) -> None:
    """Not a stall, and not memory without end. How much is buffered before is not known."""
    management = await target.management()
    hanging, other = await target.connect(), await target.connect()
    hanging_id, other_id = await hanging.connection_id(), await other.connection_id()
    hanging.stop_reading()
    answer = Answer(200)
    for _ in range(STALLING_POSTS_MAX):
        answer = await management.post(hanging_id, STALLING_POST)
        if answer.status != 200:
            break
    expect(
        (429, "LimitExceededException"),
        (answer.status, answer.error),
        f"the first post that is not 200, or the last of {STALLING_POSTS_MAX}, to a client that does not read",
    )
    expect(200, (await management.post(other_id, b"hello")).status, "status of a post to another client")
    expect(b"hello", (await other.message()).payload, "the post to another client")
    await other.is_open()


@check(106)
async def requests_beyond_the_throttle_are_429(target: Target) -> None:
    """Of posts, LimitExceededException in the SDK; and after a while they are served again.

    AWS documents that the account's throttle counts calls of `@connections`, and does not say whether a stage's does, which is the
    one that a suite can exceed. So a target that takes any number of posts passes when it refuses handshakes with 429.
    """
    management = await target.management("throttled")
    connection = await connect_in_time(target)
    connection_id = await connection.connection_id()
    refused = await flood(management, connection_id)
    if not refused:
        await handshakes_are_throttled(target)
    for answer in refused:
        expect((429, "LimitExceededException"), (answer.status, answer.error), "a post too many")
    deadline_s = time.monotonic() + target.options.patience_s
    while (await management.post(connection_id, b"again")).status == 429:
        require(time.monotonic() < deadline_s, "the stage takes 2 requests a second, and refuses one every half second")
        await asyncio.sleep(PAUSE_S)


async def connect_in_time(target: Target) -> Connection:
    """A connection to Throttled, whoever else floods it."""
    deadline_s = time.monotonic() + target.options.patience_s
    while True:
        try:
            return await target.connect("throttled")
        except Departure:
            if time.monotonic() > deadline_s:
                raise
        await asyncio.sleep(PAUSE_S)


async def flood(management: Management, connection_id: str) -> list[Answer]:
    """Posts until one is not served; what was not."""
    for _ in range(FLOOD_MAX // FLOOD_AT_ONCE):
        answers = await asyncio.gather(*(management.post(connection_id, b"flood") for _ in range(FLOOD_AT_ONCE)))
        refused = [answer for answer in answers if answer.status != 200]
        if refused:
            return refused
    return []


async def handshakes_are_throttled(target: Target) -> None:
    """One of many is 429."""
    for _ in range(FLOOD_MAX // FLOOD_AT_ONCE):
        responses = await asyncio.gather(*(target.handshake("throttled") for _ in range(FLOOD_AT_ONCE)))
        if any(response.status == 429 for response in responses):
            return
    raise Departure(
        f"of {FLOOD_MAX} posts and {FLOOD_MAX} handshakes to a stage that takes 2 requests a second none was 429"
    )


@check(107)
async def a_mapped_domain_has_no_stage_in_its_paths(target: Target) -> None:
    """Handshakes and `@connections` are below the mapping. With the stage below it too there is no such method, in AWS's words.

    The status of that was not recorded.
    """
    domain, management = target.deployment.domain(), target.deployment.domain_management()
    connection = await target.connect(at=domain)
    record = await connection.event("CONNECT")
    connection_id = record.connection_id
    expect(200, (await management.post(connection_id, b"mapped")).status, "status of a post below the mapping")
    expect(b"mapped", (await connection.message()).payload, "the post")
    expect(200, (await management.get(connection_id)).status, "status of GET below the mapping")
    stage = record.context["stage"]
    for method in ("POST", "GET"):
        response = await management.request(method, f"/{stage}/%40connections/{quote(connection_id, safe='')}")
        require(
            400 <= response.status < 500, f"{method} with the stage below the mapping is answered {response.status}"
        )
        expect(
            f"No method found matching route {stage}/@connections/{connection_id} for http method {method}.",
            message_of(response),
            f"message of {method} with the stage below the mapping",
        )
    await connection.nothing_came()


@check(108)
async def whoever_has_credentials_may_post(target: Target) -> None:
    """This process, to a connection for which no handler runs; and the handler of another connection."""
    management = await target.management()
    poster, reader = await target.connect(), await target.connect()
    reader_id = await reader.connection_id()
    await reader.event("CONNECT", ended=True)
    expect(200, (await management.post(reader_id, b"from outside")).status, "status of a post from outside")
    expect(b"from outside", (await reader.message()).payload, "the post from outside")
    record = await poster.performed(f"post-to:{reader_id} from another handler")
    expect(200, record.notes.get("post", {}).get("status"), "status of a post by the handler of another connection")
    expect(b"from another handler", (await reader.message()).payload, "the post by the handler of another connection")
