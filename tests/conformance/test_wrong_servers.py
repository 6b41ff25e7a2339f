"""Checks bite: servers that are deliberately wrong depart from them."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve

from talkroom.conformance.apis import APIS
from talkroom.conformance.deployment import Deployment
from talkroom.conformance.errors import Departure
from talkroom.conformance.options import Options
from talkroom.conformance.recall import RESPONSE_WAIT_S
from talkroom.conformance.runner import run

Handle = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def serving(handle: Handle) -> AsyncIterator[Options]:
    """A WebSocket server for any path, and the options of a run on it."""
    async with serve(handle, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield Options(
            ws=f"ws://127.0.0.1:{port}/prod", access_key_id="AKID", secret_access_key="secret", patience_s=0.5
        )


def answer(question: dict[str, str], url: str) -> str:
    """Of a probe application that is there and never was asked anything."""
    apis = {name: {"api_id": "", "url": url} for name in APIS}
    return json.dumps({"ref": question["ref"], "apis": apis, "records": [], "next": None})


async def welcome(connection: ServerConnection) -> None:
    """Everybody, whatever path and version; repeat every message."""
    async for message in connection:
        question = json.loads(message)
        is_recall = question.get("action") in ("recall", "describe")
        await connection.send(answer(question, "ws://127.0.0.1:9/prod") if is_recall else message)


async def test_a_server_that_welcomes_everybody_departs() -> None:
    """What it passes is what any WebSocket server does."""
    async with serving(welcome) as options:
        report = await run(msgspec.structs.replace(options, only="A"))

    assert {4, 5, 7} <= {result.number for result in report.results if result.outcome == "passed"}
    assert {1, 2, 3, 6, *range(8, 20), 20, 21, 22, 23, 24} == {result.number for result in report.departures()}


async def test_a_server_that_leaves_at_once_departs_from_everything_but_refusals() -> None:
    """The end of a TCP connection is a result."""

    async def leave(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with serving(leave) as options:
        report = await run(msgspec.structs.replace(options, only="1,2,3,16,17,20"))

    assert [1, 2, 3, 16, 17, 20] == [result.number for result in report.departures()]


async def test_a_target_without_route_responses_answers_by_posts() -> None:
    """The second way is asked for when nothing comes by the first, and from then on."""
    ways: list[str] = []

    async def post_only(connection: ServerConnection) -> None:
        async for message in connection:
            question = json.loads(message)
            ways.append(question["via"])
            if question["via"] == "post":
                await connection.send(answer(question, "ws://127.0.0.1:9/prod"))

    async with serving(post_only) as options:
        deployment = Deployment(options)
        recall = deployment.recall()
        assert [] == await recall.records(case="one")
        assert [] == await recall.records(case="two")
        await recall.close()

    assert options.patience_s < RESPONSE_WAIT_S
    assert ["response", "post", "post"] == ways


async def test_a_probe_that_does_not_answer_is_named() -> None:
    """With the URL that was asked."""

    async def silent(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serving(silent) as options:
        with pytest.raises(Departure, match="does not answer the route 'describe' of Main"):
            await Deployment(options).endpoint("bare")
