"""The two example applications on `talkroom gateway`, with DynamoDB on MiniStack."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack
from itertools import count
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from tests.chat.terminal import Terminal
from tests.e2e.ministack import MiniStack
from tests.e2e.template_gateway import (
    PATIENCE_S,
    GatewayProcess,
    copy_example,
    open_connection,
    put_runtime_client,
    table_properties,
)

TOKEN_SECRET = "a secret of tests, of more than thirty-two bytes"
EXPIRES_AT_S = 4_000_000_000
WELL_FORMED_ID = "R1kmxc2VNjMCFIA="

Application = Callable[..., GatewayProcess]


@pytest.fixture(scope="module")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    """One for all tests; each application has a table of its own."""
    with MiniStack(tmp_path_factory.mktemp("ministack")) as running:
        yield running


@pytest.fixture(scope="module")
def run(ministack: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """Runs a copy of an example, `python-chat` or `node-chat`, with a table of its own, which is called as its folder is."""
    with ExitStack() as stack:
        numbers = count(1)

        def start(example: str, *options: str, runtime_client: bool = False) -> GatewayProcess:
            folder = tmp_path_factory.mktemp(f"{example}-{next(numbers)}")
            template = copy_example(example, folder)
            if runtime_client:
                put_runtime_client(folder)
            ministack.create_table(table_properties(template), folder.name)
            options = ("--parameter", f"TableName={folder.name}", *options)
            if example == "python-chat":
                options += ("--parameter", f"TokenSecret={TOKEN_SECRET}")
            return stack.enter_context(GatewayProcess(folder, template, *options, environment=ministack.environment))

        yield start


@pytest.fixture(scope="module")
def rooms(run: Application) -> GatewayProcess:
    """The Python example, for all tests that only talk to it."""
    return run("python-chat")


def table_of(gateway: GatewayProcess) -> str:
    """Its table's name."""
    return gateway.folder.name


def token(user: str, *rooms: str, secret: str = TOKEN_SECRET) -> str:
    """As the back end of the Python example issues it."""
    return jwt.encode({"sub": user, "rooms": rooms, "exp": EXPIRES_AT_S}, secret, algorithm="HS256")


def address(gateway: GatewayProcess, **query: str) -> str:
    """With a query string."""
    return f"{gateway.url}?{urlencode(query)}"


def join(gateway: GatewayProcess, user: str, room: str) -> AbstractAsyncContextManager[ClientConnection]:
    """A connection to the Python example."""
    return open_connection(address(gateway, room=room, token=token(user, room)))


async def say(connection: ClientConnection, text: str) -> None:
    """A message, to either example."""
    await connection.send(json.dumps({"action": "sendmessage", "text": text, "data": text}))


async def heard(connection: ClientConnection) -> str:
    """What comes next."""
    async with asyncio.timeout(PATIENCE_S):
        frame = await connection.recv()
    assert isinstance(frame, str)
    return frame


async def heard_json(connection: ClientConnection) -> dict[str, Any]:
    """What comes next, read."""
    return json.loads(await heard(connection))


# Rooms in Python.


async def test_what_one_says_every_other_in_the_room_gets(rooms: GatewayProcess) -> None:
    """With the sender's name, from the token; the sender gets the route response, and other rooms nothing."""
    async with (
        join(rooms, "alice", "lobby") as alice,
        join(rooms, "bob", "lobby") as bob,
        join(rooms, "carol", "kitchen") as carol,
        join(rooms, "dave", "kitchen") as dave,
    ):
        await say(alice, "こんにちは")
        to_bob = await heard_json(bob)
        to_alice = await heard_json(alice)
        await say(carol, "tea?")
        to_dave = await heard_json(dave)

    assert {"type": "sent", "delivered": 1} == to_alice
    assert isinstance(to_bob.pop("at"), int)
    assert {"type": "message", "room": "lobby", "from": "alice", "text": "こんにちは"} == to_bob
    assert ("carol", "tea?") == (to_dave["from"], to_dave["text"])


async def test_a_message_without_a_route_gets_the_usage(rooms: GatewayProcess) -> None:
    """`$default`, with its route response."""
    async with join(rooms, "alice", "usage") as alice:
        await alice.send("hello?")
        answer = await heard_json(alice)

    assert "error" == answer["type"]
    assert "sendmessage" in answer["message"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"room": "lobby"}, 401, id="no token"),
        pytest.param({"token": token("eve", "lobby")}, 401, id="no room"),
        pytest.param({"room": "lobby", "token": "nonsense"}, 401, id="not a token"),
        pytest.param({"room": "lobby", "token": token("eve", "lobby", secret="z" * 32)}, 401, id="not our token"),
        pytest.param({"room": "lobby", "token": token("eve", "kitchen")}, 403, id="another room's token"),
    ],
)
async def test_the_authorizer_refuses(rooms: GatewayProcess, query: dict[str, str], status: int) -> None:
    """With the status that API Gateway answers."""
    with pytest.raises(InvalidStatus) as refused:
        await open_connection(address(rooms, **query))

    assert status == refused.value.response.status_code


async def test_wscat_chats(rooms: GatewayProcess) -> None:
    """The lines of the example's README, typed in."""
    url = address(rooms, room="wscat", token=token("alice", "wscat"))
    async with Terminal("-c", url) as alice, Terminal("-c", url) as bob:
        await alice.see("Connected (press CTRL+C to quit)")
        await bob.see("Connected (press CTRL+C to quit)")
        alice.type('{"action": "sendmessage", "text": "hello"}')
        await bob.see('"text": "hello"')
        await alice.see('< {"type": "sent", "delivered": 1}')


async def test_a_connection_that_may_still_open_is_not_reaped(rooms: GatewayProcess, ministack: MiniStack) -> None:
    """A row that `$connect` has just written is not yet open: that a post to it says Gone is no reason to forget it."""
    async with join(rooms, "alice", "young") as alice:
        [row] = [row for row in ministack.rows(table_of(rooms)) if row["roomId"] == {"S": "young"}]
        with ministack.dynamodb() as dynamodb:
            dynamodb.put_item(TableName=table_of(rooms), Item=row | {"connectionId": {"S": WELL_FORMED_ID}})
        await say(alice, "anybody?")
        answer = await heard_json(alice)
        left = {row["connectionId"]["S"] for row in ministack.rows(table_of(rooms))}

    assert {"type": "sent", "delivered": 0} == answer
    assert WELL_FORMED_ID in left


async def test_functions_that_are_frozen_between_invocations_chat(run: Application) -> None:
    """Their connections to DynamoDB and to the gateway survive it."""
    gateway = run("python-chat", "--freeze")
    async with join(gateway, "alice", "lobby") as alice, join(gateway, "bob", "lobby") as bob:
        for text in ("one", "two", "three"):
            await say(alice, text)
            assert text == (await heard_json(bob))["text"]
            assert "sent" == (await heard_json(alice))["type"]


# One room in Node.js.


@pytest.mark.parametrize("runtime_client", ["node_worker.mjs", "aws-lambda-ric"])
async def test_everybody_gets_what_one_says(run: Application, runtime_client: str) -> None:
    """The sender too; with the gateway's own worker, and with AWS's runtime client."""
    gateway = run("node-chat", runtime_client=runtime_client == "aws-lambda-ric")
    async with open_connection(gateway.url) as alice, open_connection(gateway.url) as bob:
        await say(alice, "こんにちは")
        await say(alice, "still there?")

        assert {"こんにちは", "still there?"} == {await heard(bob), await heard(bob)}
        assert {"こんにちは", "still there?"} == {await heard(alice), await heard(alice)}
        assert gateway.commands
        assert [] == [command for command in gateway.commands if runtime_client not in command]


# Both.


@pytest.mark.parametrize("example", ["python-chat", "node-chat"])
async def test_killed_connections_are_reaped(run: Application, ministack: MiniStack, example: str) -> None:
    """After a kill -9 nobody invokes `$disconnect`; the next message to the rows that are left finds them Gone."""
    gateway = run(example)
    table = table_of(gateway)

    def come() -> AbstractAsyncContextManager[ClientConnection]:
        return join(gateway, "alice", "lobby") if example == "python-chat" else open_connection(gateway.url)

    async with come(), come():
        killed = ministack.rows(table)
        gateway.kill()
    with ministack.dynamodb() as dynamodb:
        for row in killed:  # the sixty seconds that a connection may take to open have passed
            dynamodb.put_item(TableName=table, Item=row | {"connectedAt": {"N": "1"}})
    gateway.start()
    async with come() as alice, asyncio.timeout(PATIENCE_S):
        left = ministack.rows(table)
        while len(left) > 1:  # a sender may hear of its message before the function has come to its end
            await say(alice, "anybody?")
            await heard(alice)
            left = ministack.rows(table)

    assert 2 == len(killed)
    assert 1 == len(left)
    assert left[0]["connectionId"] not in [row["connectionId"] for row in killed]


@pytest.mark.parametrize(
    ("example", "printed"),
    [
        pytest.param("python-chat", "room lobby: 1 delivered, 0 gone, 0 failed", id="python-chat"),
        pytest.param("node-chat", "delivered to 2 of 2 connections", id="node-chat"),
    ],
)
async def test_what_a_function_prints_is_in_the_log(run: Application, example: str, printed: str) -> None:
    """On a line that names the function and the request; the text of a message is not in the log."""
    gateway = run(example)
    url = address(gateway, room="lobby", token=token("alice", "lobby"))
    async with open_connection(url) as alice, open_connection(url) as bob:
        await say(alice, "between you and me")
        await heard(bob)
        await heard(alice)
    gateway.stop()

    assert re.search(rf"SendMessageFunction \S{{8}} \| .*{re.escape(printed)}", gateway.log)
    assert "between you and me" not in gateway.log


@pytest.mark.parametrize(
    ("example", "file", "old", "new"),
    [
        pytest.param("python-chat", "send_message.py", '"text": text', '"text": text.upper()', id="python-chat"),
        pytest.param("node-chat", "sendmessage.mjs", "from(data)", "from(data.toUpperCase())", id="node-chat"),
    ],
)
async def test_an_edited_function_runs_while_connections_stay(
    run: Application, example: str, file: str, old: str, new: str
) -> None:
    """Nobody has to connect again to see the new code at work."""
    gateway = run(example)
    url = address(gateway, room="lobby", token=token("alice", "lobby"))
    async with open_connection(url) as alice, open_connection(url) as bob:
        await say(alice, "hello")
        before = await heard(bob)
        await heard(alice)
        source = gateway.template.parent / "src" / file
        assert old in source.read_text()
        source.write_text(source.read_text().replace(old, new))
        async with asyncio.timeout(PATIENCE_S):  # an editor's save is noticed soon, not at once
            after = before
            while "HELLO" not in after:
                await say(alice, "hello")
                after = await heard(bob)
                await heard(alice)

    assert "hello" in before
