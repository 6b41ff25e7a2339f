"""A client that does what docs/protocol.md asks of a good one."""

import asyncio
import json
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed

from tests.aws_faults.device import ATTEMPTS_MAX, PATIENCE_S, Device
from tests.aws_faults.rooms import ProtocolBroken, Room

Answer = dict[str, Any]


class V1Client(Device):
    """A client of `talkroom.v1`: it repeats what was not answered, fills gaps, and resumes after a reconnection."""

    def __init__(self, url: str, name: str, user: str, issue: Callable[[], str]) -> None:
        super().__init__(url, name, issue)
        self.user = user
        self.rooms: dict[str, Room] = {}
        self.accepted: dict[tuple[str, str], tuple[int, str]] = {}
        """Room and id of every message that the server acknowledged, with its sequence and text."""
        self.broken: list[str] = []
        """What the server did against the protocol."""
        self._ids = count(1)
        self._refs = count(1)
        self._waiting: dict[int, asyncio.Future[Answer | None]] = {}

    async def connect(self, room: str | None = None) -> None:
        """Open a connection, in a room from the first moment if one is given, and resume in every room that was joined."""
        if room is not None:
            self.rooms.setdefault(room, Room(room)).is_joined = True
        await self._open(lambda: ["talkroom.v1", self._issue(), *([] if room is None else [quote(room, safe="")])])
        for name in [room.name for room in self.rooms.values() if room.is_joined]:
            await self.join(name)

    async def ask(self, action: str, **data: Any) -> Answer | None:
        """One attempt at a command: a reply, an error, or None when it is not known what became of it."""
        if self._connection is None or not self.is_open:
            return None
        ref = next(self._refs)
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting[ref] = answer
        try:
            await self._connection.send(json.dumps({"action": action, "ref": ref, "data": data}, ensure_ascii=False))
            async with asyncio.timeout(PATIENCE_S):
                return await answer
        except ConnectionClosed:
            return None
        finally:
            self._waiting.pop(ref, None)

    async def do(self, action: str, **data: Any) -> Answer:
        """A command's reply, or an error that repeating does not mend; it is repeated and reconnected until there is one."""
        for _ in range(ATTEMPTS_MAX):
            answer = await self.ask(action, **data)
            if answer is None:
                await self._reconnect_if_closed()
            elif answer["type"] == "reply" or not answer["retry"]:
                if answer.get("name") != "tokenExpired":
                    return answer
                await self.refresh()
        raise AssertionError(f"{self.name}: {action} was never answered")

    async def join(self, name: str) -> None:
        """Receive a room's messages from now on, or from where it was left."""
        room = self.rooms.setdefault(name, Room(name))
        place = {} if room.epoch is None else {"after": room.complete_to, "epoch": room.epoch}
        room.is_joined = True
        data = _data(await self.do("join", roomId=name, **place))
        room.enter(data["epoch"], data["lastSequence"])
        if place:
            self._expect(data["resumed"] is True, f"join of {name} did not resume: {data.get('reason')}")
            await self._take_pages(room, data)

    async def leave(self, name: str) -> None:
        """Receive no more of its pushes; who is not there any more has left too."""
        self.rooms[name].is_joined = False
        answer = await self.do("leave", roomId=name)
        assert answer["type"] == "reply" or answer["name"] == "notJoined", answer

    async def refresh(self) -> None:
        """Go on with a new token, and join again where the old one has ended."""
        _data(await self.do("refresh", token=self._issue()))
        for room in [room for room in self.rooms.values() if room.is_joined]:
            await self.join(room.name)

    def draft(self, name: str) -> Answer:
        """A new message, with what is to be remembered when it is first sent."""
        room = self.rooms[name]
        assert room.epoch is not None, f"{self.name} has never joined {name}"
        number = f"{self.name}-{next(self._ids)}"
        return {
            "first": {"roomId": name, "message": f"text of {number}", "id": number},
            "again": {"retryAfter": room.last_seen, "epoch": room.epoch},
        }

    async def send(self, draft: Answer, *, is_first: bool = True) -> Answer:
        """Send until it is acknowledged; the data of the reply."""
        first, again = draft["first"], draft["again"]
        answer = await self.ask("sendmessage", **first) if is_first else None
        if answer is None or answer["type"] != "reply":
            if answer is None:
                await self._reconnect_if_closed()
            answer = await self.do("sendmessage", **first, **again)
        data = _data(answer)
        key, accepted = (first["roomId"], first["id"]), (data["sequence"], first["message"])
        self._expect(self.accepted.setdefault(key, accepted) == accepted, f"{key} was acknowledged with two sequences")
        return data

    async def catch_up(self, name: str) -> None:
        """Read what is missing, up to the end of the log."""
        room = self.rooms[name]
        data = _data(await self.do("history", roomId=name, after=room.complete_to, epoch=room.epoch))
        await self._take_pages(room, data)

    async def fill_gaps(self) -> None:
        """Read what lies before a message that has come."""
        for room in list(self.rooms.values()):
            if room.epoch is not None and room.has_gap:
                await self.catch_up(room.name)

    async def _reconnect_if_closed(self) -> None:
        if not self.is_open:
            await self._end()
            await self.connect()

    async def _take_pages(self, room: Room, data: Answer) -> None:
        while True:
            for message in data["messages"]:
                self._take(room, message, data["epoch"])
            if "cursor" not in data:
                return
            data = _data(await self.do("history", roomId=room.name, cursor=data["cursor"]))

    def _received(self, text: str) -> None:
        received = json.loads(text)
        for frame in received if isinstance(received, list) else [received]:
            self._sort(frame)

    def _sort(self, frame: Answer) -> None:
        if "ref" in frame:
            waiting = self._waiting.get(frame["ref"])
            if waiting is not None and not waiting.done():
                waiting.set_result(frame)
        elif frame.get("type") == "message":
            room = self.rooms.get(frame["roomId"])
            self._expect(room is not None, f"a push of {frame['roomId']}, which it never joined")
            if room is not None:
                self._take(room, frame, frame["epoch"])
        elif frame.get("type") == "unsubscribed":
            self.rooms[frame["roomId"]].is_joined = False
        else:
            # The gateway's own error frame names no command: all that are in hand may have failed.
            self._ended()

    def _take(self, room: Room, message: Answer, epoch: str) -> None:
        try:
            room.take(message, epoch)
        except ProtocolBroken as broken:
            self.broken.append(str(broken))

    def _expect(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.broken.append(otherwise)

    def _ended(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(None)


def _data(answer: Answer) -> Answer:
    assert answer["type"] == "reply", answer
    data: Answer = answer["data"]
    return data
