"""A run of many operations by many clients while everything goes wrong that may; checks.py says what must be true at its end."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from random import Random
from typing import Any, Final

from tests.aws_faults.chance import Chance
from tests.aws_faults.device import Device
from tests.aws_faults.functions import MESSAGES, FunctionFailed
from tests.aws_faults.plain_client import PlainClient
from tests.aws_faults.stack import HANDSHAKE_S, Stack
from tests.aws_faults.v1_client import V1Client

ROOMS: Final = ("lobby", "会議室 1", "garden", "a")
V1_CLIENTS: Final = 9
PRINCIPALS: Final = 6
"""Fewer than clients: some people have two devices."""
PLAIN_CLIENTS: Final = 4
AT_ONCE_MAX: Final = 8
"""Clients that do something at the same time."""
TOKEN_TTL_S: Final = 600
SKIPS_S: Final = (5, 31, 45)
SHARE_OF_SKIPS: Final = 0.02
"""Before so many of the operations time is put forward."""
SHARE_OF_OLD_EVENTS: Final = 0.03
"""And before so many a function is invoked again with an event of any age."""

V1_OPERATIONS: Final = {
    "send": 46,
    "resend": 8,
    "join": 9,
    "leave": 6,
    "reconnect": 6,
    "vanish": 5,
    "lose_and_return": 6,
    "refresh": 5,
    "fill_gaps": 5,
}
PLAIN_OPERATIONS: Final = {"send": 70, "reconnect": 10, "vanish": 10, "lose_and_return": 10}


class RandomRun:
    """One run."""

    def __init__(self, stack: Stack, chance: Chance, seed: int) -> None:
        self.stack = stack
        self.done: dict[str, int] = {}
        """Operations by name."""
        self.sent: dict[str, dict[str, str]] = {room: {} for room in ROOMS}
        """By room, the texts that anybody has tried to send, and who."""
        self._chance = chance
        self._dice = Random(f"{seed} operations")
        self.v1 = [self._make_v1(number) for number in range(V1_CLIENTS)]
        self.plain = [self._make_plain(number) for number in range(PLAIN_CLIENTS)]
        self._drafts: dict[str, list[dict[str, Any]]] = {client.name: [] for client in self.v1}

    async def operate(self, operations: int) -> None:
        """Do so many, several at once: whoever is done is followed by somebody who is free."""
        free = [*self.v1, *self.plain]
        busy: dict[asyncio.Task[None], Device] = {}
        for _ in range(operations):
            if len(busy) == AT_ONCE_MAX:
                await self._wait(busy, free)
            client = free.pop(self._dice.randrange(len(free)))
            busy[asyncio.ensure_future(self._operate(client))] = client
            await self._happen()
        while busy:
            await self._wait(busy, free)

    async def finish(self) -> dict[str, str]:
        """Nothing goes wrong any more, all come back, and one message is sent to each room: their texts."""
        self._chance.is_calm = True
        await self.stack.settle()
        for client in [*self.v1, *self.plain]:
            if not client.is_open:
                await client.vanish()
                await client.connect()
        for client in self.v1:
            await client.refresh()
        await self.stack.settle()
        await self.stack.skip(HANDSHAKE_S)
        return await self._send_last()

    async def close(self) -> None:
        """Close every connection."""
        for client in [*self.v1, *self.plain]:
            await client.close()

    async def _send_last(self) -> dict[str, str]:
        texts = {}
        herald = V1Client(self.stack.url, "herald", "herald", lambda: self.stack.issue("herald"))
        self.v1.append(herald)
        await herald.connect()
        for room in ROOMS:
            await herald.join(room)
            texts[room] = await self._send(herald, self._note(room, herald, herald.draft(room)))
        await self.stack.settle()
        return texts

    def _make_v1(self, number: int) -> V1Client:
        user = f"user{number % PRINCIPALS}"
        return V1Client(self.stack.url, f"device{number}", user, lambda: self.stack.issue(user, ttl_s=TOKEN_TTL_S))

    def _make_plain(self, number: int) -> PlainClient:
        user = f"plain{number}"
        return PlainClient(self.stack.url, user, ROOMS[number % 2], lambda: self.stack.issue(user, ttl_s=TOKEN_TTL_S))

    async def _wait(self, busy: dict[asyncio.Task[None], Device], free: list[Device]) -> None:
        done, _ = await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            free.append(busy.pop(task))
            await task

    async def _happen(self) -> None:
        """What nobody does: time passes, or an old event comes again."""
        if self._dice.random() < SHARE_OF_SKIPS:
            await self.stack.skip(self._dice.choice(SKIPS_S))
        messages = self.stack.edge.messages
        if messages and self._dice.random() < SHARE_OF_OLD_EVENTS:
            event = self._dice.choice(messages)
            if event.request_context.route_key == "sendmessage":
                with suppress(FunctionFailed):
                    await self._count("come_again", self.stack.edge.invoke(MESSAGES, event))

    # Operations.

    async def _operate(self, client: Device) -> None:
        if not client.is_open:
            await self._count("connect", self._come_back(client))
        elif isinstance(client, V1Client):
            name = self._choose(V1_OPERATIONS)
            await self._count(name, getattr(self, f"_v1_{name}")(client))
        else:
            assert isinstance(client, PlainClient)
            name = self._choose(PLAIN_OPERATIONS)
            await self._count(name, getattr(self, f"_plain_{name}")(client))

    def _choose(self, shares: dict[str, int]) -> str:
        return self._dice.choices(list(shares), list(shares.values()))[0]

    async def _count(self, name: str, work: Awaitable[object]) -> None:
        await work
        self.done[name] = self.done.get(name, 0) + 1

    async def _come_back(self, client: Device) -> None:
        await client.vanish()
        if isinstance(client, V1Client) and self._dice.random() < 0.5:
            await client.connect(self._dice.choice(ROOMS))
        else:
            await client.connect()  # type: ignore[attr-defined]

    def _note(self, room: str, client: V1Client, draft: dict[str, Any]) -> dict[str, Any]:
        self.sent[room][draft["first"]["message"]] = client.user
        return draft

    async def _send(self, client: V1Client, draft: dict[str, Any]) -> str:
        await client.send(draft)
        text: str = draft["first"]["message"]
        return text

    async def _v1_send(self, client: V1Client) -> None:
        known = [room.name for room in client.rooms.values() if room.epoch is not None]
        if not known:
            await self._v1_join(client)
            return
        room = self._dice.choice(known)
        draft = self._note(room, client, client.draft(room))
        self._drafts[client.name].append(draft)
        await self._send(client, draft)
        await client.fill_gaps()

    async def _v1_resend(self, client: V1Client) -> None:
        """As a client does that has lost its memory of the answer."""
        drafts = self._drafts[client.name]
        if not drafts:
            await self._v1_send(client)
            return
        data = await client.send(self._dice.choice(drafts[-5:]), is_first=False)
        if not data["duplicate"]:
            client.broken.append(f"{data['roomId']}: {data['sequence']} was acknowledged before, and stored again")

    async def _v1_join(self, client: V1Client) -> None:
        await client.join(self._dice.choice(ROOMS))

    async def _v1_leave(self, client: V1Client) -> None:
        joined = [room.name for room in client.rooms.values() if room.is_joined]
        if joined:
            await client.leave(self._dice.choice(joined))

    async def _v1_reconnect(self, client: V1Client) -> None:
        await client.close()
        await client.connect()

    async def _v1_vanish(self, client: V1Client) -> None:
        await client.vanish()

    async def _v1_lose_and_return(self, client: V1Client) -> None:
        """The connection breaks while a command is under way, and what was sent is sent again."""
        room = next((room.name for room in client.rooms.values() if room.epoch is not None), None)
        if room is None:
            await self._v1_join(client)
            return
        draft = self._note(room, client, client.draft(room))
        self._drafts[client.name].append(draft)
        sending = asyncio.ensure_future(client.ask("sendmessage", **draft["first"]))
        await asyncio.sleep(0)
        await client.vanish()
        await sending
        await client.connect()
        await client.send(draft, is_first=False)

    async def _v1_refresh(self, client: V1Client) -> None:
        await client.refresh()

    async def _v1_fill_gaps(self, client: V1Client) -> None:
        await client.fill_gaps()

    async def _plain_send(self, client: PlainClient) -> None:
        self.sent[client.room][await client.send()] = client.name

    async def _plain_reconnect(self, client: PlainClient) -> None:
        await client.close()
        await client.connect()

    async def _plain_vanish(self, client: PlainClient) -> None:
        await client.vanish()

    async def _plain_lose_and_return(self, client: PlainClient) -> None:
        await self._plain_send(client)
        await client.vanish()
        await client.connect()
