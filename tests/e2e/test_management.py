"""`@connections` of the real server, called as AWS's own SDK calls it."""

import asyncio
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from talkroom.conformance.wire import PING, PONG, Closed, Frame, Wire, frame
from talkroom.contract.quotas import MESSAGE_BYTES_MAX
from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue

KEY_ID, KEY = "AKIDTALKROOM", "a key of the end-to-end tests"
OPTIONS = ("--management-access-key-id", KEY_ID, "--management-secret-access-key", KEY)


def sdk(server: ServerProcess, key: str = KEY, key_id: str = KEY_ID) -> Any:
    """boto3's client, with the one setting that everybody needs: the endpoint."""
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"http://127.0.0.1:{server.port}/prod",
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=key,
        config=Config(retries={"max_attempts": 0}),
    )


async def connection_id_of(server: ServerProcess, wire: Wire) -> str:
    """From the log, which names the connection that opened last, at the latest when it is answered."""
    wire.send(frame(PING))
    await wire.frame()
    return last_connection_id(server)


def last_connection_id(server: ServerProcess) -> str:
    """Of the connection that opened last, as the log names it."""
    return [line for line in server.log.splitlines() if "connection opened" in line][-1].split("connection_id=")[1]


async def test_an_operator_posts_looks_and_closes(serve: Serve) -> None:
    """Then the connection is gone."""
    server = serve(*OPTIONS)
    api = sdk(server)
    async with await Wire.upgrade(
        server.port, headers=[("User-Agent", "tests/1")], protocols=f"talkroom.v1, {issue()}, lobby"
    ) as wire:
        connection_id = await connection_id_of(server, wire)
        await asyncio.to_thread(api.post_to_connection, ConnectionId=connection_id, Data="お知らせ".encode())
        assert "お知らせ" == await wire.text()
        info = await asyncio.to_thread(api.get_connection, ConnectionId=connection_id)
        assert {"SourceIp": "127.0.0.1", "UserAgent": "tests/1"} == info["Identity"]

        await asyncio.to_thread(api.delete_connection, ConnectionId=connection_id)

        assert Closed(1000, "Connection Closed Normally") == await wire.closed()
        with pytest.raises(api.exceptions.GoneException):
            await asyncio.to_thread(api.post_to_connection, ConnectionId=connection_id, Data=b"x")


async def test_another_key_is_forbidden(serve: Serve) -> None:
    """And nothing is posted."""
    server = serve(*OPTIONS)
    async with await Wire.upgrade(server.port, protocols=f"talkroom.v1, {issue()}") as wire:
        connection_id = await connection_id_of(server, wire)
        with pytest.raises(ClientError) as refused:
            await asyncio.to_thread(
                sdk(server, "another key").post_to_connection, ConnectionId=connection_id, Data=b"x"
            )

        assert 403 == refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
        wire.send(frame(PING, b"nothing before this"))
        assert Frame(PONG, b"nothing before this") == await wire.frame()


async def test_a_large_post_arrives_whole(serve: Serve) -> None:
    """128 KiB, for which some SDKs ask by `Expect: 100-continue`; in frames that every client takes."""
    server = serve(*OPTIONS)
    api = sdk(server)
    payload = "お" * (MESSAGE_BYTES_MAX // 3)
    async with await Client.open(server.port, issue(), "lobby", max_size=MESSAGE_BYTES_MAX) as client:
        await client.do("ping")
        connection_id = last_connection_id(server)
        await asyncio.to_thread(api.post_to_connection, ConnectionId=connection_id, Data=payload.encode())

        assert payload == await client.connection.recv()


async def test_posts_of_one_sender_arrive_in_order(serve: Serve) -> None:
    """Over one HTTP connection, which stays open."""
    server = serve(*OPTIONS)
    api = sdk(server)
    async with await Wire.upgrade(server.port, protocols=f"talkroom.v1, {issue()}, lobby") as wire:
        connection_id = await connection_id_of(server, wire)
        for number in range(20):
            await asyncio.to_thread(api.post_to_connection, ConnectionId=connection_id, Data=b"%d" % number)

        assert [str(number) for number in range(20)] == [await wire.text() for _ in range(20)]


async def test_absurdly_long_ids_are_answered(serve: Serve) -> None:
    """As malformed ones, or, where the URL is longer than any may be, as a request that is too large."""
    server = serve(*OPTIONS)
    statuses = {length: await status_of_get(server, "x" * length) for length in (4_000, 8_000, 9_000, 20_000)}

    assert {4_000: 400, 8_000: 400, 9_000: 400, 20_000: 431} == statuses
    assert "Traceback" not in server.log


async def status_of_get(server: ServerProcess, connection_id: str) -> int:
    """How looking at a connection is refused."""
    with pytest.raises(ClientError) as refused:
        await asyncio.to_thread(sdk(server).get_connection, ConnectionId=connection_id)
    return int(refused.value.response["ResponseMetadata"]["HTTPStatusCode"])
