"""The programs at the far end, as tests drive them: they send what a client sends and see what a client sees."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from talkroom.chat.protocol.frames import (
    Accepted,
    Error,
    HistoryPage,
    Joined,
    Left,
    MembersPage,
    MessagePush,
    Pong,
    Push,
    Refreshed,
    ReplyData,
)
from talkroom.testing.management import RecordingManagement

_REPLIES: Final[dict[str, type[ReplyData]]] = {
    "sendmessage": Accepted,
    "join": Joined,
    "leave": Left,
    "history": HistoryPage,
    "members": MembersPage,
    "ping": Pong,
    "refresh": Refreshed,
}


class Client:
    """One connection's far end."""

    def __init__(
        self,
        connection_id: str,
        principal_id: str,
        management: RecordingManagement,
        send_text: Callable[[str], Awaitable[None]],
    ) -> None:
        self.connection_id = connection_id
        self.principal_id = principal_id
        self._management = management
        self._send_text = send_text
        self._forgotten = 0

    @property
    def is_open(self) -> bool:
        """Whether the connection is."""
        return self._management.is_open(self.connection_id)

    @property
    def texts(self) -> list[str]:
        """Every text message that came, oldest first, since the last `forget`."""
        return self._management.sent_to(self.connection_id)[self._forgotten :]

    def forget(self) -> None:
        """Look only at what comes from now on."""
        self._forgotten += len(self.texts)

    async def send_text(self, text: str) -> None:
        """Send one text message, well-formed or not; what it causes has happened when this returns."""
        await self._send_text(text)


class PlainClient(Client):
    """What speaks the article's interface: `texts` are other people's messages, and errors."""

    async def send(self, action: str, /, **data: object) -> None:
        """Send a command; to a plain connection nothing is replied."""
        await self.send_text(msgspec.json.encode({"action": action, "data": data}).decode())

    async def say(self, room: str, message: str, /, **more: object) -> None:
        """Send `sendmessage`."""
        await self.send("sendmessage", roomId=room, message=message, **more)


class V1Client(Client):
    """What speaks `talkroom.v1`. Commands are written with the wire's own names: `send("join", roomId="lobby")`."""

    def __init__(
        self,
        connection_id: str,
        principal_id: str,
        management: RecordingManagement,
        send_text: Callable[[str], Awaitable[None]],
    ) -> None:
        super().__init__(connection_id, principal_id, management, send_text)
        self._actions: dict[str, str] = {}

    async def send(self, action: str, /, **data: object) -> str:
        """Send a command; the ref by which `reply_to` and `error_to` find its answer."""
        ref = f"r{len(self._actions) + 1}"
        self._actions[ref] = action
        await self.send_text(msgspec.json.encode({"action": action, "ref": ref, "data": data}).decode())
        return ref

    async def ask(self, action: str, /, **data: object) -> Any:
        """Send a command and return the data of its reply, typed as `reply_to` does."""
        return self.reply_to(await self.send(action, **data))

    async def say(self, room: str, message: str, /, **more: object) -> Accepted:
        """Send `sendmessage` and return the data of its reply."""
        accepted: Accepted = await self.ask("sendmessage", roomId=room, message=message, **more)
        return accepted

    @property
    def frames(self) -> list[dict[str, Any]]:
        """Every JSON object that came, oldest first, whether alone or in an array."""
        return [frame for text in self.texts for frame in _frames(text)]

    @property
    def pushes(self) -> list[Push]:
        """What came unasked."""
        return [msgspec.convert(frame, Push) for frame in self.frames if frame["type"] not in ("reply", "error")]

    @property
    def messages(self) -> list[MessagePush]:
        """Of the pushes those that bring a message."""
        return [push for push in self.pushes if isinstance(push, MessagePush)]

    @property
    def errors(self) -> list[Error]:
        """The commands that were refused, those without a ref too."""
        return [msgspec.convert(frame, Error) for frame in self.frames if frame["type"] == "error"]

    def reply_to(self, ref: str) -> Any:
        """The data of the reply: Accepted for `sendmessage`, Joined for `join`, and so on.

        Fails the test when there is no answer, or an error.
        """
        frame = self._answer(ref)
        assert frame["type"] == "reply", f"{self._actions[ref]} was refused: {frame['name']}: {frame['detail']}"
        return msgspec.convert(frame["data"], _REPLIES[self._actions[ref]])

    def error_to(self, ref: str) -> Error:
        """The error that refused a command. Fails the test when there is no answer, or a reply."""
        frame = self._answer(ref)
        assert frame["type"] == "error", f"{self._actions[ref]} was not refused: {frame['data']}"
        return msgspec.convert(frame, Error)

    def _answer(self, ref: str) -> dict[str, Any]:
        answers = [
            frame
            for text in self._management.sent_to(self.connection_id)
            for frame in _frames(text)
            if frame.get("ref") == ref
        ]
        assert len(answers) == 1, f"the command {ref} has {len(answers)} answers"
        return answers[0]


def _frames(text: str) -> list[dict[str, Any]]:
    decoded = msgspec.json.decode(text)
    return decoded if isinstance(decoded, list) else [decoded]
