"""SIGTERM: clients are told, work in hand is finished, nothing that was acknowledged is lost, and the exit status is 0."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from talkroom.conformance.wire import Closed, Wire, close
from tests.e2e.client import Client, all_of
from tests.e2e.conftest import Serve
from tests.e2e.server import issue

ROOM = "lobby"
GOING_AWAY = Closed(1001, "Going away")


async def test_clients_are_told_1001_and_the_status_is_0(serve: Serve) -> None:
    """Those that talk and those that are silent."""
    server = serve()
    async with all_of(Client.open(server.port, issue(f"user-{number}"), ROOM) for number in range(5)) as clients:
        server.terminate()

        assert [GOING_AWAY] * 5 == [await client.closed() for client in clients]
    assert 0 == await asyncio.to_thread(server.wait)


async def test_a_server_without_clients_stops_at_once(serve: Serve) -> None:
    """And says so in its log."""
    server = serve()

    assert 0 == server.stop()
    assert "stopped" in server.log
    assert "Traceback" not in server.log


async def test_sigint_does_the_same(serve: Serve) -> None:
    """Ctrl-C in a terminal."""
    server = serve()
    async with await Client.open(server.port, issue()) as client:
        server.interrupt()

        assert GOING_AWAY == await client.closed()
    assert 0 == await asyncio.to_thread(server.wait)


async def talk(client: Client, user: str, answers: list[dict[str, Any]]) -> Closed:
    """Keep eight messages in flight until the connection is closed; how it was."""
    with suppress(ConnectionClosed):
        for number in range(1_000_000):
            await client.send("sendmessage", roomId=ROOM, message=f"{user} {number}", id=f"{user}-{number}")
            while number - len(answers) >= 8:
                frame = await client.frame()
                (answers if frame["type"] == "reply" else client.pushes).append(frame)
    closed = await client.closed()
    for frame in client.left():
        (answers if frame["type"] == "reply" else client.pushes).append(frame)
    return Closed(*closed)


async def test_messages_in_flight_are_stored_when_they_are_acknowledged(serve: Serve) -> None:
    """Acknowledged or not, never both lost and acknowledged; and the same database serves on."""
    server = serve("--commands-burst", "1000000")
    answers: dict[str, list[dict[str, Any]]] = {f"user-{number}": [] for number in range(4)}
    async with (
        all_of(Client.open(server.port, issue(user), ROOM) for user in answers) as clients,
        await Client.open(server.port, issue("listener"), ROOM) as listener,
    ):
        talks = [
            asyncio.create_task(talk(client, user, answers[user]))
            for client, user in zip(clients, answers, strict=True)
        ]
        for _ in range(100):
            await listener.push()
        server.terminate()
        async with asyncio.timeout(20):
            assert [GOING_AWAY] * 4 == await asyncio.gather(*talks)
        assert GOING_AWAY == await listener.closed()
        listener.pushes.extend(listener.left())
    assert 0 == await asyncio.to_thread(server.wait)

    acknowledged = {reply["data"]["id"]: reply["data"]["sequence"] for replies in answers.values() for reply in replies}
    pushed = {push["id"]: push["sequence"] for client in (*clients, listener) for push in client.pushes}
    server.start()
    async with await Client.open(server.port, issue("reader"), max_size=2**20) as reader:
        page = await reader.do("history", roomId=ROOM, after=0)
        stored = {message["id"]: message["sequence"] for message in page["messages"]}
        while "cursor" in page:
            page = await reader.do("history", roomId=ROOM, cursor=page["cursor"])
            stored |= {message["id"]: message["sequence"] for message in page["messages"]}

    assert list(range(1, len(stored) + 1)) == sorted(stored.values())
    assert acknowledged == {one: stored.get(one) for one in acknowledged}
    assert pushed == {one: stored.get(one) for one in pushed}
    assert len(acknowledged) > 50


async def test_readiness_is_503_while_draining_and_health_is_not(serve: Serve) -> None:
    """On TCP connections that were accepted before; new handshakes on them are refused. The drain waits for a client."""
    server = serve("--close-timeout-s", "20")
    async with (
        await Wire.connect(server.port) as readiness,
        await Wire.connect(server.port) as health,
        await Wire.connect(server.port) as late,
        await Wire.upgrade(server.port, protocols=f"talkroom.v1, {issue()}") as client,
    ):
        server.terminate()
        assert GOING_AWAY == await client.closed()
        readiness.send(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        health.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        late.send(b"GET /prod HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
        late.send(b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b"A" * 22 + b"==\r\n")
        late.send(f"Sec-WebSocket-Protocol: talkroom.v1, {issue()}\r\n\r\n".encode())
        ready = await readiness.response()

        assert (503, b'{"status": "draining"}') == (ready.status, ready.body)
        assert 200 == (await health.response()).status
        assert 503 == (await late.response()).status
        with pytest.raises(ConnectionRefusedError):
            await Wire.connect(server.port)
        client.send(close(1001))
        await client.ended()
    assert 0 == await asyncio.to_thread(server.wait)


async def test_a_client_that_does_not_answer_does_not_hold_the_server(serve: Serve) -> None:
    """It is dropped after `--close-timeout-s`."""
    server = serve("--close-timeout-s", "0.3")
    async with await Wire.upgrade(server.port, protocols=f"talkroom.v1, {issue()}") as client:
        server.terminate()
        assert GOING_AWAY == await client.closed()
        await client.ended()

    assert 0 == await asyncio.to_thread(server.wait)
