"""Section B: what an authorizer may answer, and what the client is told."""

import re
from typing import Final

from talkroom.conformance.checks.event_keys import ID
from talkroom.conformance.checks.guarded import (
    AUTHORIZATION,
    KEY,
    object_of,
    open_guarded,
    refused_by,
    was_asked,
)
from talkroom.conformance.checks.whole_life import live
from talkroom.conformance.expectations import expect, require, show
from talkroom.conformance.management import message_of
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target
from talkroom.conformance.wire import Response

UNAUTHORIZED: Final = re.compile("Unauthorized")
NOT_AUTHORIZED: Final = re.compile("User is not authorized to access this resource.*")
"""With the reason that was captured, or without it, as REST APIs say it."""
NOTHING: Final = re.compile("(None)?")

ELSEWHERE: Final = "arn:aws:execute-api:us-east-1:123456789012:another/prod/$connect"


@check(30)
async def a_deny_is_403(target: Target) -> None:
    """It wins over any Allow, whichever comes first."""
    for auth in ("deny", "allow;deny", "deny;allow", "allow:*;deny:{stage}/*"):
        case, _ = await refused_by(target, 403, auth)
        await was_asked(target, case)


@check(31)
async def an_allow_is_for_its_arn(target: Target) -> None:
    """IAM's wildcards `*` and `?`; `…/stage/*/*` has a slash more than any `methodArn`."""
    for auth in (f"allow:{ELSEWHERE}", "allow:{stage}/perform", "allow:{stage}/$disconnect", "allow:{stage}/*/*"):
        case, _ = await refused_by(target, 403, auth)
        await was_asked(target, case)
    for auth in ("allow", "allow:{stage}/*", "allow:{stage}/?connect", "allow:*", f"allow:{ELSEWHERE};allow"):
        await open_guarded(target, auth)


@check(32)
async def an_authorizer_that_fails_is_500(target: Target) -> None:
    """Another exception, also one that only contains the word; nothing; what an HTTP API takes; a result of a route."""
    for auth in (
        "raise:a bug in an authorizer",
        "raise:Unauthorized!",
        "return:null",
        'return:"Allow"',
        'return:{"isAuthorized":true}',
        'return:{"statusCode":401}',
        'return:{"principalId":"probe"}',
    ):
        case, _ = await refused_by(target, 500, auth)
        await was_asked(target, case)


@check(36)
async def the_context_arrives_as_strings(target: Target) -> None:
    """In all events; the text is that of JSON."""
    life = await live(await open_guarded(target, "context:n=7;context:half=0.5;context:yes=true;context:no=false"))
    for record in (life.connect, life.message, life.disconnect):
        seen = record.context.get("authorizer", {})
        values = {name: seen.get(name) for name in ("n", "half", "yes", "no")}
        expect({"n": "7", "half": "0.5", "yes": "true", "no": "false"}, values, f"context in {record.kind}")


@check(40)
async def a_nested_context_is_500(target: Target) -> None:
    """Objects and arrays are not values of a context."""
    for value in ('{"a":1}', "[1]"):
        case, _ = await refused_by(target, 500, f"context:room={value}")
        await was_asked(target, case)


@check(41)
async def statements_for_other_routes_are_not_asked(target: Target) -> None:
    """Only the handshake is decided; messages go to routes that the policy denies."""
    connection = await open_guarded(target, "allow;deny:{stage}/perform;deny:{stage}/reply")
    expect("hello", await connection.reply("body:hello"), "the reply of a route that the policy denies")
    await connection.performed()


@check(43)
async def a_refusal_says_why_and_who(target: Target) -> None:
    """Three keys; the text of a Deny has its reason or, as that of REST APIs, has none; the text of a 500 is empty or null."""
    _, missing = await refused_by(target, 401, headers=(), query=KEY)
    is_refusal(missing, UNAUTHORIZED)
    for status, auth, message in (
        (401, "raise:Unauthorized", UNAUTHORIZED),
        (403, "deny", NOT_AUTHORIZED),
        (403, f"allow:{ELSEWHERE}", NOT_AUTHORIZED),
        (500, "raise:a bug in an authorizer", NOTHING),
    ):
        case, response = await refused_by(target, status, auth, headers=AUTHORIZATION)
        asked = await target.event(case=case, kind="AUTHORIZER")
        is_refusal(response, message)
        expect(asked.connection_id, object_of(response)["connectionId"], "connectionId of a refusal")


def is_refusal(response: Response, message: re.Pattern[str]) -> None:
    """It has exactly the three keys, with such a message and two ids."""
    body = object_of(response)
    expect({"message", "connectionId", "requestId"}, set(body), "keys of a refusal's body")
    require(
        message.fullmatch(str(body["message"])),
        f"a {response.status} says {message.pattern!r}, not {show(body['message'])}",
    )
    for name in ("connectionId", "requestId"):
        require(ID.fullmatch(str(body[name])), f"{name} of a refusal is an id, and this is {show(body[name])}")


@check(44)
async def aws_iam_needs_a_signature(target: Target) -> None:
    """In the headers, or in the query, where a browser can put it; one that is wrong by a character is none."""
    unsigned = await target.refused("signed", by="header")
    expect((403, "Missing Authentication Token"), (unsigned.status, message_of(unsigned)), "an unsigned handshake")
    for place in ("headers", "query"):
        connection = await target.connect("signed", signed=place)
        await connection.event("CONNECT")
    management = await target.management("signed")
    signature = management.sign_handshake(await target.endpoint("signed"))
    forged = await target.refused("signed", by="header", headers=[(name, forge(value)) for name, value in signature])
    expect(403, forged.status, "status of a handshake with a wrong signature")


def forge(value: str) -> str:
    """A header with another signature, if it has one."""
    before, marker, digits = value.partition("Signature=")
    return f"{before}{marker}{digits[:-1]}{'1' if digits.endswith('0') else '0'}" if marker else value
