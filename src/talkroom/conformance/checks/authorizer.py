"""Section B: when the authorizer is asked, what it is told, and what goes on with the connection.

Its policies and results are looked at in `authorizer_policies.py`.
"""

import re
from typing import Final

from talkroom.conformance.checks.event_keys import AUTHORIZER_CONTEXT_KEYS, AUTHORIZER_KEYS, same_keys
from talkroom.conformance.checks.guarded import AUTHORIZATION, KEY, not_invoked, open_guarded, refused_by, was_asked
from talkroom.conformance.checks.whole_life import live
from talkroom.conformance.expectations import expect, require, show
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target

CLOCKS_APART_MS: Final = 500
"""By how much the clocks of two functions may differ on AWS, where each has a host of its own."""

METHOD_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:execute-api:[a-z0-9-]+:\d{12}:(?P<api>[^/]+)/(?P<stage>[^/]+)/\$connect"
)


@check(25)
async def the_authorizer_comes_before_connect(target: Target) -> None:
    """It has ended when `$connect` begins, and when it refuses, in whatever way, `$connect` never begins."""
    connection = await open_guarded(target, "sleep:2")
    authorizer = await target.event(case=connection.case, kind="AUTHORIZER", ended=True)
    connect = await connection.event("CONNECT")
    ended_at_ms = authorizer.ended_at_ms or 0
    require(
        connect.started_at_ms > ended_at_ms - CLOCKS_APART_MS, "$connect was invoked before the authorizer had ended"
    )
    cases = [
        (await refused_by(target, status, auth))[0]
        for status, auth in ((403, "deny"), (401, "raise:Unauthorized"), (500, "raise:a bug in an authorizer"))
    ]
    for case in cases:
        await was_asked(target, case)
        await not_invoked(target, case, "CONNECT")


@check(26)
async def a_missing_identity_source_is_401(target: Target) -> None:
    """Nobody is asked whether a client without identity may connect."""
    without_header, _ = await refused_by(target, 401, headers=())
    without_both, _ = await refused_by(target, 401, headers=(), query=())
    for case in (without_header, without_both):
        await not_invoked(target, case)


@check(27)
async def an_empty_identity_source_is_401(target: Target) -> None:
    """A header or a parameter that is there and says nothing is as good as none."""
    header, _ = await refused_by(target, 401, headers=[("Authorization", "")])
    parameter, _ = await refused_by(target, 401, query=[("key", "")])
    for case in (header, parameter):
        await not_invoked(target, case)


@check(28)
async def every_identity_source_is_needed(target: Target) -> None:
    """Either alone is refused; both are not."""
    for headers, query in ((AUTHORIZATION, ()), ((), KEY)):
        case, _ = await refused_by(target, 401, headers=headers, query=query)
        await not_invoked(target, case)
    await open_guarded(target)


@check(29)
async def an_authorizer_that_raises_unauthorized_is_401(target: Target) -> None:
    """The one exception whose text API Gateway reads."""
    case, _ = await refused_by(target, 401, "raise:Unauthorized")
    await was_asked(target, case)


@check(33)
async def method_arn_names_the_route(target: Target) -> None:
    """Of this API and stage, as the context says them."""
    connection = await open_guarded(target)
    record = await target.event(case=connection.case, kind="AUTHORIZER")
    arn = record.event.get("methodArn", "")
    found = METHOD_ARN.fullmatch(arn)
    require(found, f"methodArn is arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/$connect, and this is {show(arn)}")
    assert found is not None
    expect(
        (record.context.get("apiId"), record.context.get("stage")),
        (found["api"], found["stage"]),
        "API and stage in it",
    )


@check(34)
async def the_authorizers_event_is_the_whole_handshake(target: Target) -> None:
    """Key for key the sample of the guide; `Connection`, `Upgrade` and `content-length` are there in any case of letters.

    Without a query string the two maps may be absent or empty (U); a handshake that comes so far has one here.
    """
    connection = await open_guarded(target, headers=[*AUTHORIZATION, ("HeaderAuth1", "headerValue1")])
    event = (await target.event(case=connection.case, kind="AUTHORIZER")).event
    same_keys(AUTHORIZER_KEYS, event, "the authorizer's event")
    same_keys(AUTHORIZER_CONTEXT_KEYS, event["requestContext"], "requestContext of the authorizer's event")
    expect("REQUEST", event["type"], "type")
    expect({}, event["stageVariables"], "stageVariables of a stage without variables")
    expect("one", event["queryStringParameters"].get("key"), "the query parameter `key`")
    expect(["one"], event["multiValueQueryStringParameters"].get("key"), "the query parameter `key` in the multi map")
    headers = event["headers"]
    expect("headerValue1", headers.get("HeaderAuth1"), "the header HeaderAuth1")
    lowered = {name.lower(): value.lower() for name, value in headers.items()}
    seen = {name: lowered.get(name) for name in ("connection", "upgrade", "content-length")}
    expect({"connection": "upgrade", "upgrade": "websocket", "content-length": "0"}, seen, "headers of the handshake")
    expect(
        headers, {name: values[-1] for name, values in event["multiValueHeaders"].items()}, "the multi map of headers"
    )


@check(35)
async def both_functions_see_the_same_request(target: Target) -> None:
    """The connection has its id before anybody has decided about it."""
    connection = await open_guarded(target)
    asked = (await target.event(case=connection.case, kind="AUTHORIZER")).context
    connect = (await target.event(case=connection.case, kind="CONNECT")).context
    for name in ("connectionId", "requestId", "extendedRequestId"):
        require(asked.get(name), f"the authorizer's event has no {name}")
        expect(asked[name], connect.get(name), f"{name} of the CONNECT event, compared with the authorizer's")


@check(37)
async def integration_latency_is_of_connect_only(target: Target) -> None:
    """How long the authorizer took, for the handshake; the map that is kept for the connection has none."""
    life = await live(await open_guarded(target))
    latency = life.connect.context.get("authorizer", {}).get("integrationLatency")
    is_number = isinstance(latency, int | float) and not isinstance(latency, bool)
    require(is_number, f"integrationLatency of CONNECT is a number, and this is {show(latency)}")
    for record in (life.message, life.disconnect):
        require("authorizer" in record.context, f"{record.kind} has no authorizer")
        require("integrationLatency" not in record.context["authorizer"], f"{record.kind} has an integrationLatency")


@check(38)
async def the_authorizers_map_stays_with_the_connection(target: Target) -> None:
    """The principal and the context, and nothing else, in every later event."""
    life = await live(await open_guarded(target, 'principal:alice;context:room="lobby"'))
    for record in (life.message, life.disconnect):
        seen = record.context.get("authorizer")
        expect({"principalId": "alice", "room": "lobby"}, seen, f"authorizer of {record.kind}")


@check(39)
async def every_handshake_is_asked_about_once(target: Target) -> None:
    """Two clients with the same identity sources are two, whatever was said of the first; nor is anybody asked at the end."""
    connections = [await open_guarded(target, f"context:turn={turn}") for turn in (1, 2)]
    for turn, connection in enumerate(connections, 1):
        life = await live(connection)
        seen = life.disconnect.context.get("authorizer", {})
        expect(str(turn), seen.get("turn"), "what the authorizer has said of this connection and of no other")
    await refused_by(target, 403, "deny")
    later = await open_guarded(target)
    await target.event(case=later.case, kind="AUTHORIZER")
    for connection in connections:
        await target.event(case=connection.case, kind="AUTHORIZER")
        asked = await target.events(connection_id=await connection.connection_id(), kind="AUTHORIZER", at_least=0)
        require(len(asked) <= 1, f"the authorizer was invoked {len(asked)} times for one connection")
