"""Handing pages to a function: Lambda's Invoke API on a real socket, and its faults."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from talkroom.chat.protocol.push_page import PushPage, decode_page
from talkroom.delivery.page_handover import LambdaPageHandover
from tests.adapters.scripted_http import Deed, ScriptedServer, hang, raw, reset, scripted, signed, status

PAGE = PushPage(("R0oXAdfD0kwCH6w=", "R1oXAdfD0kwCH6w="), '{"message":"a word that no log may hold"}')
ACCEPTED = status(202)


@asynccontextmanager
async def handing(
    function: str = "fan-out", **options: Any
) -> AsyncIterator[tuple[ScriptedServer, LambdaPageHandover]]:
    """A Lambda that does what it is told, and the adapter."""
    async with scripted() as server, signed() as http:
        server.otherwise = ACCEPTED
        yield server, LambdaPageHandover(http, function, server.origin + "/", **{"jitter": lambda: 0.0, **options})


async def test_a_page_is_an_asynchronous_invocation() -> None:
    """The event is the page."""
    async with handing() as (server, handover):
        assert await handover.hand_over(PAGE)

    (request,) = server.received
    assert ("POST", "/2015-03-31/functions/fan-out/invocations") == request[:2]
    assert "Event" == request.headers["x-amz-invocation-type"]
    assert "/eu-west-1/lambda/aws4_request" in request.headers["authorization"]
    assert "x-amz-invocation-type" in request.headers["authorization"]
    assert PAGE == decode_page(msgspec.json.decode(request.body))


async def test_a_function_may_be_named_by_its_arn() -> None:
    """Its colons are percent-encoded, as the SDKs do it."""
    async with handing("arn:aws:lambda:eu-west-1:123456789012:function:fan-out:live") as (server, handover):
        assert await handover.hand_over(PAGE)

    named = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Afan-out%3Alive"
    assert f"/2015-03-31/functions/{named}/invocations" == server.received[0].target


@pytest.mark.parametrize("fault", [status(429, "TooManyRequestsException"), status(500), status(503)])
async def test_a_throttled_invocation_is_repeated(fault: Deed) -> None:
    """Until it is accepted."""
    async with handing() as (server, handover):
        server.tell("invocations", fault, fault)
        assert await handover.hand_over(PAGE)

    assert 3 == len(server.received)


@pytest.mark.parametrize("fault", [hang, reset, raw(b"garbage\r\n\r\n"), raw(b"")])
async def test_without_an_answer_the_page_is_not_accepted_and_not_invoked_again(fault: Deed) -> None:
    """The caller posts it."""
    async with handing(attempt_timeout_s=0.5) as (server, handover):
        server.tell("invocations", fault)
        assert not await handover.hand_over(PAGE)

    assert 1 == len(server.received)


async def test_a_throttle_that_does_not_end_is_given_up() -> None:
    """In a few seconds."""
    async with handing(deadline_s=0.5, jitter=lambda: 1.0) as (server, handover):
        server.otherwise = status(429)
        assert not await handover.hand_over(PAGE)


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (status(403, "AccessDeniedException"), "lambda:InvokeFunction"),
        (status(404, "ResourceNotFoundException:http://internal"), "ResourceNotFoundException); check the name"),
        (status(413, "RequestTooLargeException"), "Lambda answers 413"),
        (status(200), "Lambda answers 200"),
    ],
)
async def test_a_refusal_is_told_once(fault: Deed, advice: str, caplog: pytest.LogCaptureFixture) -> None:
    """With what to do, and without the page."""
    caplog.set_level(logging.DEBUG)
    async with handing() as (server, handover):
        server.otherwise = fault
        assert [False, False] == [await handover.hand_over(PAGE) for _ in range(2)]

    assert 1 == caplog.text.count(advice)
    for hidden in ("a word that no log may hold", "a token of the tests"):
        assert hidden not in caplog.text
