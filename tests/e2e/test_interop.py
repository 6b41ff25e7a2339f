"""Clients that other people wrote, as they come: a browser, and websockets with its compression offered."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import connect

from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.node_tools import BROWSER_SCRIPT, chromium, node
from tests.e2e.server import ServerProcess, issue

PATIENCE_S = 60.0
ROOM = "カフェ 1"


class Browser:
    """A page with one WebSocket, in Chromium."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, server: ServerProcess, token: str, room: str) -> Self:
        """Load a page from the server, so that it has an origin, and connect from there."""
        address = f"127.0.0.1:{server.port}"
        with (server.folder / "browser.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(node(), str(BROWSER_SCRIPT), chromium()),
                *(f"http://{address}/healthz", f"ws://{address}/prod", token, room),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        return cls(process)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(PATIENCE_S):
            await self._process.wait()

    async def event(self) -> dict[str, Any]:
        """What happens next."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            return json.loads(await self._process.stdout.readline())

    async def received(self) -> dict[str, Any]:
        """The next thing that the server sent."""
        event = await self.event()
        assert event["event"] == "message", event
        return json.loads(event["data"])

    async def send(self, action: str, ref: int, **data: object) -> None:
        """A command, through the page."""
        assert self._process.stdin is not None
        command = json.dumps({"action": action, "ref": ref, "data": data}, ensure_ascii=False)
        self._process.stdin.write(command.encode() + b"\n")
        await self._process.stdin.drain()

    def leave(self) -> None:
        """Close the page's connection with 1000."""
        assert self._process.stdin is not None
        self._process.stdin.close()


async def test_a_browser_chats(server: ServerProcess) -> None:
    """The token travels as a subprotocol, and talkroom.v1 is what the page is told was selected."""
    async with (
        await Client.open(server.port, issue("bob", name="ボブ"), ROOM) as bob,
        await Browser.open(server, issue("alice", name="アリス"), ROOM) as page,
    ):
        assert {"event": "open", "protocol": "talkroom.v1", "extensions": ""} == await page.event()

        await page.send("join", 1, roomId=ROOM)
        joined = await page.received()
        await page.send("sendmessage", 2, roomId=ROOM, message="こんにちは 🎉", id="m-1")
        answers = {frame["type"]: frame for frame in (await page.received(), await page.received())}
        heard = await bob.push()
        await bob.do("sendmessage", roomId=ROOM, message="いらっしゃい")
        reply = await page.received()
        page.leave()

        assert (1, 0) == (joined["ref"], joined["data"]["lastSequence"])
        assert (2, 1) == (answers["reply"]["ref"], answers["reply"]["data"]["sequence"])
        assert "こんにちは 🎉" == answers["message"]["message"]
        assert ("こんにちは 🎉", "alice", "アリス") == (heard["message"], heard["sender"], heard["name"])
        assert ("いらっしゃい", "bob", "ボブ") == (reply["message"], reply["sender"], reply["name"])
        assert {"event": "close", "code": 1000, "reason": "", "wasClean": True} == await page.event()


async def test_a_browser_learns_of_its_violation(server: ServerProcess) -> None:
    """A message of more than 32 KiB is one frame in a browser: the close code tells, cleanly."""
    async with await Browser.open(server, issue("alice"), ROOM) as page:
        assert "open" == (await page.event())["event"]
        await page.send("sendmessage", 1, roomId=ROOM, message="x" * 40_000)

        assert {"event": "close", "code": 1009, "reason": "a frame is too big", "wasClean": True} == await page.event()


async def test_a_page_of_another_origin_cannot_connect(serve: Serve) -> None:
    """The browser sends the page's origin, and the page sees 1006 and nothing else."""
    server = serve("--origins", "https://chat.example,http://127.0.0.1:1")
    async with await Browser.open(server, issue("alice"), ROOM) as page:
        event = await page.event()

    assert ("close", 1006) == (event["event"], event["code"])
    assert "the page's Origin is not on the list" in server.log


async def test_websockets_chats_with_compression_offered(server: ServerProcess) -> None:
    """The offer is declined, and its own pings are answered."""
    async with connect(
        f"ws://127.0.0.1:{server.port}/prod",
        subprotocols=["talkroom.v1", issue("alice"), "websockets"],
        compression="deflate",
        ping_interval=0.05,
        ping_timeout=5,
    ) as connection:
        client = Client(connection)
        await client.do("sendmessage", roomId="websockets", message="x" * 4000)
        pong = await connection.ping()
        await pong

        assert "x" * 4000 == await client.said()
        assert [] == connection.protocol.extensions
        assert "talkroom.v1" == connection.subprotocol
