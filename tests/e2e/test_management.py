"""`@connections` of the real server, called as AWS's own SDK calls it."""

import asyncio
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue
from tests.gateway.wire import PING, PONG, Closed, Frame, Wire, frame

KEY_ID, KEY = "AKIDTALKROOM", "a key of the end-to-end tests"
OPTIONS = ("--management-access-key-id", KEY_ID, "--management-secret-access-key", KEY)


def sdk(server: ServerProcess, key: str = KEY) -> Any:
    """boto3's client, with the one setting that everybody needs: the endpoint."""
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"http://127.0.0.1:{server.port}/prod",
        region_name="us-east-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=key,
        config=Config(retries={"max_attempts": 0}),
    )


async def connection_id_of(server: ServerProcess, wire: Wire) -> str:
    """From the log, which names the connection that opened last, at the latest when it is answered."""
    wire.send(frame(PING))
    await wire.frame()
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
