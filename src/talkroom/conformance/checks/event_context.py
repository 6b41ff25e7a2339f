"""Section C: what `requestContext` says of a connection and of an event."""

import asyncio
import ipaddress
import re
from calendar import timegm
from typing import Any, Final

from talkroom.conformance.checks.event_keys import ID, OF_REST_ONLY, nulls
from talkroom.conformance.checks.guarded import open_guarded
from talkroom.conformance.checks.whole_life import live
from talkroom.conformance.endpoint import Endpoint
from talkroom.conformance.expectations import expect, require, show
from talkroom.conformance.recall import Record
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REQUEST_TIME: Final = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) \+0000")
CLOCKS_APART_MS: Final = 300_000
"""By how much gateway and function may disagree about the time: enough to tell milliseconds from seconds."""


@check(55)
async def ids_are_url_safe_base64(target: Target) -> None:
    """All four; of connections that are opened at once each has its own."""
    connections = await asyncio.gather(*(target.connect() for _ in range(6)))
    found = [await connection.connection_id() for connection in connections]
    expect(len(found), len(set(found)), "different connection ids")
    for record in await live(connections[0]):
        for name in ("connectionId", "requestId", "extendedRequestId", *["messageId"] * (record.kind == "MESSAGE")):
            value = record.context.get(name)
            require(
                ID.fullmatch(str(value)), f"{name} of {record.kind} is 15 characters and `=`, and this is {show(value)}"
            )


@check(56)
async def every_event_has_its_request(target: Target) -> None:
    """By two names; a message has an id beside it."""
    connection = await target.connect()
    second = await connection.performed()
    life = await live(connection)
    records = [life.connect, second, life.message, life.disconnect]
    requests = [record.context.get("requestId") for record in records]
    expect(requests, [record.context.get("extendedRequestId") for record in records], "extendedRequestId, as requestId")
    expect(len(records), len(set(requests)), "different request ids")
    for record in (life.connect, life.disconnect):
        require("messageId" not in record.context, f"{record.kind} has a messageId")
    messages = {record.context.get("messageId") for record in (second, life.message)} - {None}
    expect(2, len(messages), "different message ids of two messages")
    require(not messages & set(requests), "a messageId is the requestId")


@check(57)
async def request_time_is_the_requests(target: Target) -> None:
    """In two ways that agree. A handshake's is when it came, however long the authorizer takes, as in the captures."""
    life = await live(await open_guarded(target, "sleep:2"))
    for record in life:
        epoch_ms = record.context.get("requestTimeEpoch")
        require(type(epoch_ms) is int, f"requestTimeEpoch of {record.kind} is an integer, and this is {show(epoch_ms)}")
        assert isinstance(epoch_ms, int)
        apart_ms = abs(record.started_at_ms - epoch_ms)
        require(apart_ms < CLOCKS_APART_MS, f"requestTimeEpoch of {record.kind} is milliseconds since 1970: {epoch_ms}")
        expect(epoch_ms // 1000, read_request_time(record), f"requestTime of {record.kind}, in seconds since 1970")
    took_ms = life.connect.context["requestTimeEpoch"] - life.connect.context["connectedAt"]
    require(
        0 <= took_ms < 1000, f"the request of CONNECT is {took_ms} ms later than connectedAt, and of one moment on AWS"
    )


def read_request_time(record: Record) -> int:
    """Seconds since 1970. Raises Departure when it is not in Common Log Format."""
    text = str(record.context.get("requestTime"))
    found = REQUEST_TIME.fullmatch(text)
    require(found and found[2] in MONTHS, f"requestTime is dd/Mon/yyyy:hh:mm:ss +0000, and this is {show(text)}")
    assert found is not None
    day, month, year, hour, minute, second = found.groups()
    return timegm((int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second)))


@check(58)
async def connected_at_stays(target: Target) -> None:
    """In the authorizer's event, and in all that come later, at other times."""
    connection = await open_guarded(target)
    asked = await target.event(case=connection.case, kind="AUTHORIZER")
    earlier = await connection.performed("sleep:0.2")
    life = await live(connection)
    connected_at_ms = life.connect.context.get("connectedAt")
    require(type(connected_at_ms) is int, f"connectedAt is an integer, and this is {show(connected_at_ms)}")
    for record in (asked, earlier, life.message, life.disconnect):
        expect(connected_at_ms, record.context.get("connectedAt"), f"connectedAt of {record.kind}")
    epochs = [record.context["requestTimeEpoch"] for record in (earlier, life.message)]
    require(
        epochs[0] < epochs[1], "two messages, the second sent 200 ms after the first, have the same requestTimeEpoch"
    )


@check(59)
async def identity_is_where_it_comes_from(target: Target) -> None:
    """The address, and the name of the program if the client has sent one; no key of an event is null."""
    named = await live(
        await open_guarded(target, headers=[("Authorization", "Bearer probe"), ("User-Agent", "probe/1")])
    )
    unnamed = await live(await target.connect())
    source_ip = named.connect.context.get("identity", {}).get("sourceIp")
    try:
        ipaddress.ip_address(source_ip)
    except ValueError:
        require(False, f"sourceIp is an address, and this is {show(source_ip)}")
    for life, identity in (
        (named, {"sourceIp": source_ip, "userAgent": "probe/1"}),
        (unnamed, {"sourceIp": source_ip}),
    ):
        for record in life:
            expect(identity, record.context.get("identity"), f"identity of {record.kind}")
            empty = list(nulls(record.event))
            require(not empty, f"{record.kind} has null at {', '.join(empty)}")


@check(60)
async def there_is_nothing_of_rest_apis(target: Target) -> None:
    """Neither in the context nor beside it, where the types of events for Lambda have it."""
    connection = await open_guarded(target)
    asked = await target.event(case=connection.case, kind="AUTHORIZER")
    for record in (asked, *await live(connection)):
        for where, keys in (
            (record.kind, record.event.keys()),
            (f"requestContext of {record.kind}", record.context.keys()),
        ):
            found = OF_REST_ONLY & keys
            require(not found, f"{where} has {', '.join(sorted(found))}")


@check(61)
async def domain_name_and_stage_lead_to_connections(target: Target) -> None:
    """For the function, and for whoever has its event and credentials; `apiId` is the API's."""
    connection = await target.connect()
    record = await connection.performed("post:from the function")
    context = record.context
    expect(await target.deployment.api_id("main"), context.get("apiId"), "apiId")
    post = record.notes.get("post", {})
    expect(200, post.get("status"), f"status of a post of the function ({post.get('error')} {post.get('message')})")
    expect("from the function", await connection.text(), "the post of the function")
    url = f"https://{context.get('domainName')}/{context.get('stage')}"
    management = target.deployment.management_at(Endpoint.parse(url, "domainName and stage of an event:"))
    expect(200, (await management.post(record.connection_id, b"from outside")).status, f"status of a post at {url}")
    expect("from outside", await connection.text(), "the post from outside")


@check(62)
async def stage_variables_are_those_of_the_stage(target: Target) -> None:
    """In all events of a stage that has some, and in none of one that has not."""
    for record in await live(await target.connect("composed")):
        expect({"colour": "blue", "size": "12"}, record.event.get("stageVariables"), f"stageVariables of {record.kind}")
    for record in await live(await target.connect()):
        require("stageVariables" not in record.event, f"{record.kind} of a stage without variables has stageVariables")


@check(63)
async def events_say_what_they_are(target: Target) -> None:
    """Direction, kind, route, and that the body is text."""
    connection = await target.connect()
    connection_id = await connection.connection_id()
    life = await live(connection)
    for record, route_key in zip(life, ("$connect", "perform", "$disconnect"), strict=True):
        kind = route_key[1:].upper() if route_key.startswith("$") else "MESSAGE"
        seen: dict[str, Any] = {
            name: record.context.get(name) for name in ("messageDirection", "eventType", "routeKey", "connectionId")
        }
        said = {"messageDirection": "IN", "eventType": kind, "routeKey": route_key, "connectionId": connection_id}
        expect(said, seen, f"what {kind} says of itself")
        require(record.event.get("isBase64Encoded") is False, f"isBase64Encoded of {kind} is not false")
