"""Section E: `@connections`: what a post, GET and DELETE do."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from talkroom.conformance.connection import Connection
from talkroom.conformance.expectations import expect, require, show
from talkroom.conformance.invalid_utf8 import REPLACED
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target
from talkroom.conformance.wire import TEXT, close

UNKNOWN_IDS = ("R1kmxc2VNjMCFIA=", "Mg_ugfpqPHcCIVA=", "Jx-TaE0_GjQFvSw=")
"""Of connections of others: from captures of AWS, with each character that an id may have beside letters and digits."""
MALFORMED_IDS = ("cjy8i76bx002884le6n17d49b", "abcde")
"""The first was seen to be refused on AWS; neither is base64 of anything."""

GONE = (410, "GoneException")
POSTED_CHARACTERS = 102_400 // len("é".encode())
TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")


def path_of(connection_id: str) -> str:
    """Below the stage, as the SDKs spell it."""
    return f"/%40connections/{quote(connection_id, safe='')}"


async def text_of(connection: Connection, what: str) -> bytes:
    """The next message's payload, which must be text."""
    message = await connection.message()
    expect(TEXT, message.opcode, f"opcode of {what}")
    return message.payload


async def closed_id(target: Target) -> str:
    """Of a connection that its client has closed, and whose `$disconnect` was invoked."""
    connection = await target.connect()
    connection_id = await connection.connection_id()
    connection.send(close(1000))
    await connection.event("DISCONNECT")
    return connection_id


async def described(target: Target, connection: Connection) -> dict[str, Any]:
    """The JSON of GET, as it comes."""
    management = await target.management()
    response = await management.request("GET", path_of(await connection.connection_id()))
    expect(200, response.status, "status of GET")
    body = json.loads(response.body)
    require(isinstance(body, dict), f"the body of GET is no JSON object: {show(body)}")
    return dict(body)


def epoch_ms(timestamp: object) -> float:
    """Of a time in ISO 8601 with milliseconds and Z."""
    require(
        isinstance(timestamp, str) and TIMESTAMP.fullmatch(timestamp),
        f"a time of GET is not in ISO 8601 with milliseconds and Z: {show(timestamp)}",
    )
    return datetime.fromisoformat(str(timestamp)).timestamp() * 1000


@check(88)
async def a_post_is_delivered(target: Target) -> None:
    """The bytes are the text, whatever they say."""
    management = await target.management()
    connection = await target.connect()
    connection_id = await connection.connection_id()
    for payload in (b"hello", ' {"é": "日本",\r\n\t"\\u00e9": "😀"} '.encode(), b'"'):
        response = await management.request("POST", path_of(connection_id), payload)
        expect((200, b""), (response.status, response.body), "status and body of a post")
        expect(payload, await text_of(connection, "a post"), "the post")
    expect(200, (await management.post(connection_id, b"by the SDK")).status, "status of a post by the SDK")
    expect(b"by the SDK", await text_of(connection, "a post"), "the post by the SDK")


@check(89)
async def a_post_is_text_whatever_its_type(target: Target) -> None:
    """SDKs say application/octet-stream, and mean nothing by it."""
    management = await target.management()
    connection = await target.connect()
    path = path_of(await connection.connection_id())
    for content_type in ("application/octet-stream", "application/json", "image/png"):
        headers = [("Content-Type", content_type)]
        response = await management.request("POST", path, b"typed", headers=headers)
        expect(200, response.status, f"status of a post of {content_type}")
        expect(b"typed", await text_of(connection, f"a post of {content_type}"), "the post")


@check(90)
async def what_is_not_utf_8_is_replaced(target: Target) -> None:
    """Every row of the table, as text."""
    management = await target.management()
    connection = await target.connect()
    connection_id = await connection.connection_id()
    for payload, delivered in REPLACED.items():
        what = f"a post of the bytes {payload.hex()}"
        expect(200, (await management.post(connection_id, payload)).status, f"status of {what}")
        expect(delivered.encode(), await text_of(connection, what), what)


@check(91)
async def a_post_to_a_closed_id_is_gone(target: Target) -> None:
    """From `$disconnect` on."""
    answer = await (await target.management()).post(await closed_id(target), b"too late")
    expect(GONE, (answer.status, answer.error), "a post to a closed id")


@check(92)
async def a_post_to_an_unknown_id_is_gone(target: Target) -> None:
    """The gateway does not tell whether there has ever been such a connection."""
    management = await target.management()
    for connection_id in UNKNOWN_IDS:
        answer = await management.post(connection_id, b"to nobody")
        expect(GONE, (answer.status, answer.error), f"a post to {connection_id}")


@check(93)
async def a_post_to_a_malformed_id_is_a_bad_request(target: Target) -> None:
    """What cannot be an id is said to be none."""
    management = await target.management()
    for connection_id in MALFORMED_IDS:
        answer = await management.post(connection_id, b"to nobody")
        expect(
            (400, "BadRequestException", f"Invalid connectionId: {connection_id}"),
            (answer.status, answer.error, answer.message),
            f"a post to {connection_id}",
        )


@check(94)
async def both_spellings_of_a_path_are_accepted(target: Target) -> None:
    """Percent-encoded, as botocore sends it, plain, and half of each."""
    management = await target.management()
    connection = await target.connect()
    connection_id = await connection.connection_id()
    for place in ("%40connections", "@connections"):
        for spelled in (connection_id, quote(connection_id, safe="")):
            path = f"/{place}/{spelled}"
            posted = await management.request("POST", path, b"spelled")
            expect(200, posted.status, f"status of POST {path}")
            expect(b"spelled", await text_of(connection, "a post"), f"what POST {path} sent")
            expect(200, (await management.request("GET", path)).status, f"status of GET {path}")


@check(95)
async def a_post_of_131073_bytes_is_too_large(target: Target) -> None:
    """One more than the model's maximum. That the maximum itself is accepted is not known, and not looked at."""
    management = await target.management()
    connection = await target.connect()
    answer = await management.post(await connection.connection_id(), b"x" * 131_073)
    expect((413, "PayloadTooLargeException"), (answer.status, answer.error), "a post of 131073 bytes")
    await connection.nothing_came()


@check(96)
async def a_post_of_100_kb_is_one_message(target: Target) -> None:
    """In how many frames is not known, and up to the gateway."""
    management = await target.management()
    connection = await target.connect()
    payload = ("é" * POSTED_CHARACTERS).encode()
    expect(200, (await management.post(await connection.connection_id(), payload)).status, "status of a post of 100 KB")
    delivered = await text_of(connection, "a post of 100 KB")
    require(payload == delivered, f"a post of 100 KB came as {len(delivered)} bytes: {show(delivered)}")
    await connection.nothing_came()


@check(97)
async def get_describes_a_connection(target: Target) -> None:
    """On the wire, where times are text, and in the SDK, which wants names and form of the model to make times of them."""
    connection = await target.connect(headers=[("User-Agent", "probe/1.0")])
    record = await connection.event("CONNECT")
    identity = {"sourceIp": record.context["identity"]["sourceIp"], "userAgent": "probe/1.0"}
    body = await described(target, connection)
    expect(identity, body.get("identity"), "identity of GET")
    connected_ms, last_active_ms = epoch_ms(body.get("connectedAt")), epoch_ms(body.get("lastActiveAt"))
    require(
        abs(connected_ms - record.context["connectedAt"]) < 1000,
        f"connectedAt of GET is {body['connectedAt']}, and of the event {record.context['connectedAt']}",
    )
    require(connected_ms <= last_active_ms, f"{body['lastActiveAt']} is before {body['connectedAt']}")
    answer = await (await target.management()).get(record.connection_id)
    expect(200, answer.status, "status of GET by the SDK")
    for name, at_ms in (("ConnectedAt", connected_ms), ("LastActiveAt", last_active_ms)):
        seen = answer.data.get(name)
        require(
            isinstance(seen, datetime) and abs(seen.timestamp() * 1000 - at_ms) < 1000,
            f"{name} is {show(seen)} to the SDK, and {show(body)} on the wire",
        )
    identity_of_sdk = {"SourceIp": identity["sourceIp"], "UserAgent": identity["userAgent"]}
    expect(identity_of_sdk, answer.data.get("Identity"), "Identity of the SDK")


@check(98)
async def last_active_at_follows_traffic(target: Target) -> None:
    """It is the time of the last message, and not that of the question, which is two seconds later.

    Messages of the client only: whether a post counts here too is not known.
    """
    connection = await target.connect()
    first = await described(target, connection)
    before_ms = epoch_ms(first.get("lastActiveAt"))
    for _ in range(2):
        record = await connection.performed("sleep:2")
        body = await described(target, connection)
        expect(first.get("connectedAt"), body.get("connectedAt"), "connectedAt after a message")
        now_ms = epoch_ms(body.get("lastActiveAt"))
        require(
            now_ms > before_ms, f"lastActiveAt was {first['lastActiveAt']} and is {body['lastActiveAt']} after traffic"
        )
        require(
            abs(now_ms - record.context["requestTimeEpoch"]) < 1000,
            f"lastActiveAt is {body['lastActiveAt']}, and the last message came at {record.context['requestTime']}",
        )
        before_ms = now_ms


@check(99)
async def a_missing_user_agent_is_null(target: Target) -> None:
    """The key is there."""
    body = await described(target, await target.connect(without=["User-Agent"]))
    identity = body.get("identity")
    require(
        isinstance(identity, dict) and "userAgent" in identity and identity["userAgent"] is None,
        f"userAgent of a client that sent none is not null: {show(identity)}",
    )


@check(100)
async def delete_closes_with_1000(target: Target) -> None:
    """204 and no body; whatever the client does, it is closed for it."""
    management = await target.management()
    connection = await target.connect()
    response = await management.request("DELETE", path_of(await connection.connection_id()))
    expect((204, b""), (response.status, response.body), "status and body of DELETE")
    expect(1000, (await connection.closed()).code, "close code after DELETE")
    deleted = await target.connect()
    expect(204, (await management.delete(await deleted.connection_id())).status, "status of DELETE by the SDK")
    expect(1000, (await deleted.closed()).code, "close code after DELETE by the SDK")


@check(101)
async def delete_invokes_disconnect(target: Target) -> None:
    """It is told why, before the client has answered the close frame."""
    management = await target.management()
    connection = await target.connect()
    connection_id = await connection.connection_id()
    await management.delete(connection_id)
    context = (await target.event(connection_id=connection_id, kind="DISCONNECT")).context
    expect(
        (1000, "Connection Closed Normally"),
        (context.get("disconnectStatusCode"), context.get("disconnectReason")),
        "code and reason of $disconnect after DELETE",
    )


@check(102)
async def a_closed_id_is_gone_for_all(target: Target) -> None:
    """Closed by its client, and by DELETE."""
    management = await target.management()
    deleted = await target.connect()
    deleted_id = await deleted.connection_id()
    await management.delete(deleted_id)
    await deleted.closed()
    await deleted.event("DISCONNECT")
    for connection_id, how in ((await closed_id(target), "its client"), (deleted_id, "DELETE")):
        for name, call in (("GET", management.get), ("DELETE", management.delete)):
            answer = await call(connection_id)
            expect(GONE, (answer.status, answer.error), f"{name} of an id that {how} has closed")


@check(109)
async def awaited_posts_arrive_in_order(target: Target) -> None:
    """Small ones and large ones."""
    management = await target.management()
    connection = await target.connect()
    connection_id = await connection.connection_id()
    posts = [f"{number} ".encode() * (20_000 if number % 10 == 5 else 1) for number in range(30)]
    for number, payload in enumerate(posts):
        expect(200, (await management.post(connection_id, payload)).status, f"status of post {number}")
    came = [await text_of(connection, "a post") for _ in posts]
    numbers = [int(payload.partition(b" ")[0] or -1) for payload in came]
    expect(list(range(30)), numbers, "the order of posts")
    require(posts == came, "a post arrived in pieces, or was cut")
