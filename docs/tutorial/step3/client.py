"""A client that survives: python client.py alice, then type. It ends when its input does and all of it is stored."""

import asyncio
import json
import os
import random
import sys
from contextlib import suppress
from typing import Any

import aiohttp
from room import Frame, Room
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

CHAT = os.environ.get("CHAT_URL", "ws://localhost:8080/prod")
BACKEND = os.environ.get("BACKEND_URL", "http://localhost:8000")


class ComeBack(Exception):
    """This connection is of no more use: open another, later."""


class Client:
    def __init__(self, user: str) -> None:
        self.user = user
        self.room = Room("lobby")
        self.socket: ClientConnection | None = None  # Set while the room is joined.
        self.sending = False
        self.delay_s = 1.0
        self.finished = asyncio.Event()
        self.input_ended = False

    async def stay_connected(self) -> None:
        while True:
            try:
                async with connect(CHAT, subprotocols=["talkroom.v1", await self.fetch_token()]) as socket:
                    await self.converse(socket)
            except (ComeBack, OSError, WebSocketException, aiohttp.ClientError) as error:
                print(f"({type(error).__name__}: {error})", file=sys.stderr, flush=True)
            self.socket, self.sending = None, False
            await asyncio.sleep(random.uniform(0, self.delay_s))  # noqa: S311 - spreads clients, guards nothing
            self.delay_s = min(2 * self.delay_s, 30.0)

    async def fetch_token(self) -> str:
        async with aiohttp.ClientSession() as http, http.get(f"{BACKEND}/token", params={"user": self.user}) as got:
            return str((await got.json())["token"])

    async def converse(self, socket: ClientConnection) -> None:
        await self.send(socket, self.room.join())
        async for received in socket:
            frames = json.loads(received)
            for frame in frames if isinstance(frames, list) else [frames]:
                if frame.get("name") == "rateLimited":
                    await asyncio.sleep(1)
                await self.send(socket, self.receive(socket, frame))
            await self.send_unsent()

    def receive(self, socket: ClientConnection, frame: Any) -> Frame | None:
        match frame:
            case {"type": "message"}:
                return self.room.pushed(frame)
            case {"type": "reply", "ref": "join", "data": data}:
                self.socket, self.delay_s = socket, 1.0
                return self.room.joined(data)
            case {"type": "reply", "ref": "page", "data": data}:
                return self.room.page(data)
            case {"type": "reply", "ref": str(message_id)}:
                self.sending = False
                self.room.stored(message_id)
            case {"type": "error", "name": "epochChanged"}:
                return self.room.join()
            case {"type": "error", "name": "tokenExpired"} | {"type": "unsubscribed"}:
                raise ComeBack("with a new token")
            case {"type": "error", "name": "rateLimited", "ref": ref}:
                self.sending = False  # It was not done; it is sent again.
                return self.room.join() if ref == "page" else None
            case {"type": "error", "retry": True, "detail": detail}:
                raise ComeBack(detail)
            case {"type": "error", "ref": str(ref), "detail": detail}:
                print(f"(refused: {detail})", flush=True)
                self.sending = False
                self.room.stored(ref)
            case {"connectionId": _, "message": problem}:  # The gateway's own error frame has no type.
                raise ComeBack(problem)
        return None

    async def send_unsent(self) -> None:
        """One at a time, so that they are stored in the order in which they were typed."""
        if self.socket is not None and not self.sending and (command := self.room.send_next()):
            self.sending = True
            await self.send(self.socket, command)
        if self.input_ended and not self.room.unsent:
            self.finished.set()

    async def send(self, socket: ClientConnection, command: Frame | None) -> None:
        if command is not None:
            with suppress(ConnectionClosed):  # Whoever reads from the socket will learn of it.
                await socket.send(json.dumps(command, ensure_ascii=False))

    async def read_input(self) -> None:
        while line := await asyncio.to_thread(sys.stdin.readline):
            self.room.say(line.rstrip("\n"))
            await self.send_unsent()
        self.input_ended = True
        await self.send_unsent()


async def main(user: str) -> None:
    client = Client(user)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(client.stay_connected()), tasks.create_task(client.read_input())]
        await client.finished.wait()
        for task in running:
            task.cancel()


asyncio.run(main(*sys.argv[1:]))
