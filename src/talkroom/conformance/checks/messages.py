"""Section D: which route takes a message, and what the client is sent. What closes the connection is in `frames.py`."""

import asyncio
import json
import re
from typing import Any

from talkroom.conformance.connection import Connection
from talkroom.conformance.expectations import expect, require, show
from talkroom.conformance.recall import Record
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target
from talkroom.conformance.wire import TEXT

SLEEP_S = 2
"""How long a handler sleeps that another one is to overtake."""

FORBIDDEN = re.compile(r'\{"message": "Forbidden", "connectionId":"([^"]+)", "requestId":"([^"]+)"\}')


async def routed(connection: Connection, text: str) -> Record:
    """The record of a message of this text."""
    await connection.connection_id()  # which may take a message of its own
    before = await connection.events("MESSAGE", at_least=0)
    connection.send_text(text)
    return (await connection.events("MESSAGE", at_least=len(before) + 1))[-1]


async def goes_to(target: Target, text: str, route_key: str, api: str = "main") -> None:
    """A message of this text, on a connection of its own, is handled under this route key."""
    record = await routed(await target.connect(api), text)
    expect(route_key, record.context.get("routeKey"), f"routeKey of the message {show(text)}")
    expect(text, record.event.get("body"), "body of the event")


async def error_frame(connection: Connection, message: str) -> dict[str, Any]:
    """The next text is the frame of a failed message: its three fields and no other."""
    text = await connection.text()
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    require(isinstance(fields, dict), f"API Gateway sends an error frame, this is {show(text)}")
    assert isinstance(fields, dict)
    expect(message, fields.get("message"), f"`message` of the frame {show(text)}")
    expect({"message", "connectionId", "requestId"}, set(fields), "fields of the error frame")
    expect(await connection.connection_id(), fields["connectionId"], "`connectionId` of the error frame")
    return fields


async def sends_nothing(connection: Connection, do: str) -> None:
    """A handler on a route without route response does so, and the connection goes on as if nothing had been."""
    await connection.performed(do)
    await connection.is_open()


# Routing.


@check(65)
async def a_message_goes_to_the_route_of_its_action(target: Target) -> None:
    """The event names the route."""
    await goes_to(target, '{"action":"sendmessage"}', "sendmessage")


@check(66)
async def an_unknown_action_goes_to_the_default_route(target: Target) -> None:
    """The event says `$default`, and not what the client said; reserved keys are no routes of messages."""
    for action in ("no such action", "SENDMESSAGE"):
        await goes_to(target, json.dumps({"action": action}), "$default")


@check(67)
async def text_that_is_not_json_goes_to_the_default_route(target: Target) -> None:
    """However near it comes."""
    for text in ("hello", '{"action":"sendmessage"'):
        await goes_to(target, text, "$default")


@check(68)
async def json_without_the_path_goes_to_the_default_route(target: Target) -> None:
    """An object without it, and what is no object."""
    for text in ('{"other":"sendmessage"}', '["sendmessage"]', '"sendmessage"', "17", "null"):
        await goes_to(target, text, "$default")


@check(69)
async def any_value_selects_a_route_by_its_text(target: Target) -> None:
    """As the guide shows for arrays."""
    await goes_to(target, '{"action":5}', "5")
    await goes_to(target, '{"action":["a","b"]}', "[a, b]")


@check(70)
async def paths_may_be_nested_and_composed(target: Target) -> None:
    """A path that is missing from a composition is empty text."""
    await goes_to(target, '{"service":{"do":"perform"}}', "perform", "nested")
    await goes_to(target, '{"service":"perform"}', "$default", "nested")
    await goes_to(target, '{"a":"perform","b":"now"}', "perform/now", "composed")
    await goes_to(target, '{"a":"half"}', "half/", "composed")
    await goes_to(target, '{"a":"perform","b":"later"}', "$default", "composed")


# Error frames.


@check(71)
async def a_message_that_no_route_takes_is_forbidden(target: Target) -> None:
    """There is no `$default` to fall back to; the connection stays."""
    connection = await target.connect("bare")
    await connection.connection_id()
    for text in ('{"action":"no such action"}', "not JSON"):
        connection.send_text(text)
        await error_frame(connection, "Forbidden")
    await connection.is_open()


@check(72)
async def the_forbidden_frame_is_spaced_as_captured(target: Target) -> None:
    """A space after the first colon and after the commas, and nowhere else."""
    connection = await target.connect("bare")
    connection_id = await connection.connection_id()
    connection.send_text("not JSON")
    text = await connection.text()
    found = FORBIDDEN.fullmatch(text)
    require(found is not None, f"API Gateway's frame matches {FORBIDDEN.pattern}, this is {show(text)}")
    assert found is not None
    expect(connection_id, found[1], "`connectionId` of the frame")
    require(found[2] != connection_id, "`requestId` of the frame is the connection's id")


@check(73)
async def a_handler_that_fails_is_an_internal_server_error(target: Target) -> None:
    """It raises, or its process ends; the connection stays, and the next message is handled."""
    connection = await target.connect()
    for do, route in (("raise", None), ("exit:3", "brittle")):
        connection.perform(do, route=route)
        await error_frame(connection, "Internal server error")
    await connection.is_open()


@check(74)
async def a_handler_that_takes_too_long_is_timed_out(target: Target) -> None:
    """By the integration's timeout, here `TimeoutInMillis` of 1000; the handler may go on."""
    connection = await target.connect()
    connection.perform("sleep:3", route="hasty")
    await error_frame(connection, "Endpoint request timed out")
    await connection.is_open()


# Results.


@check(75)
async def a_result_without_route_response_sends_nothing(target: Target) -> None:
    """Whatever it is: "API Gateway will not pass the backend response through"."""
    connection = await target.connect()
    for do in ("body:leaked", "return:null", 'return:"leaked"', 'return:{"body":"leaked"}'):
        await sends_nothing(connection, do)


@check(76)
async def an_error_status_without_route_response_sends_nothing(target: Target) -> None:
    """And closes nothing."""
    connection = await target.connect()
    for status in (301, 401, 500):
        await sends_nothing(connection, f"status:{status};body:leaked")


@check(77)
async def a_route_response_sends_the_body(target: Target) -> None:
    """The text itself, as one message."""
    connection = await target.connect()
    for body in ("hello", "こんにちは 🎈", '{"a": 1}', "x" * 10_000):
        connection.send_to("reply", do=f"body:{body}")
        message = await connection.message()
        expect((TEXT, body), (message.opcode, message.payload.decode()), "message of the route response")


@check(78)
async def a_route_response_sends_the_body_of_an_error_too(target: Target) -> None:
    """One observation."""
    connection = await target.connect()
    expect("no luck", await connection.reply("status:500;body:no luck"), "message of the route response")


# Concurrency.


@check(79)
async def messages_of_a_connection_are_handled_concurrently(target: Target) -> None:
    """The second handler begins before the first has ended."""
    connection = await target.connect()
    first, second = connection.perform(f"sleep:{SLEEP_S}"), connection.perform(f"sleep:{SLEEP_S}")
    slept, other = await asyncio.gather(
        *(target.event(case=case, kind="MESSAGE", ended=True) for case in (first, second))
    )
    assert slept.ended_at_ms is not None
    assert other.ended_at_ms is not None
    overlap_ms = min(slept.ended_at_ms, other.ended_at_ms) - max(slept.started_at_ms, other.started_at_ms)
    require(overlap_ms > 0, f"the second handler began {-overlap_ms:.0f} ms after the first had ended")


@check(80)
async def replies_may_overtake(target: Target) -> None:
    """ "Responses are asynchronous": a reply does not wait for one to an earlier message."""
    connection = await target.connect()
    # So that two execution environments are ready, and only the sleep decides which reply is first.
    await asyncio.gather(*(target.event(case=connection.perform("sleep:1"), kind="MESSAGE", ended=True) for _ in "12"))
    connection.perform(f"sleep:{SLEEP_S * 2};body:slow", route="reply")
    connection.perform("body:fast", route="reply")
    expect(["fast", "slow"], [await connection.text() for _ in "12"], "replies to a slow handler and to a fast one")


# What is no JSON object, or breaks a model.


@check(86)
async def an_empty_message_goes_to_the_default_route(target: Target) -> None:
    """The guide's walk through route responses says "press the enter button"."""
    await goes_to(target, "", "$default")


@check(87)
async def a_message_that_breaks_a_model_is_a_bad_request(target: Target) -> None:
    """The handler is not asked; the frame names the message, and the connection stays."""
    connection = await target.connect("modelled")
    case = target.new_case()
    connection.send_to("perform", case=case, count="many")
    text = await connection.text()
    fields = json.loads(text)
    expect("Bad request body", fields.get("message"), f"`message` of the frame {show(text)}")
    expect({"message", "connectionId", "messageId"}, set(fields), "fields of the frame")
    await target.no_event(case=case)
    record = await target.event(case=connection.perform(title="fits", count=3), kind="MESSAGE", ended=True)
    expect(record.connection_id, fields["connectionId"], "`connectionId` of the frame")
