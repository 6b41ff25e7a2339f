"""Parts that fail when they are told to."""

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Appended, Draft, Page, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import MessageLog


class FaultyLog:
    """Implements `chat.ports.MessageLog` by the log inside, until it is broken."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log
        self._broken = False
        self._loses_answers = False

    def break_down(self) -> None:
        """From now on nothing is stored or read; every call raises Unavailable."""
        self._broken = True

    def lose_answers(self) -> None:
        """From now on messages are stored and Unavailable is raised all the same, as when a connection breaks in between."""
        self._loses_answers = True

    def recover(self) -> None:
        """Work again."""
        self._broken = self._loses_answers = False

    async def append(self, draft: Draft) -> Appended:
        """As the port says."""
        self._check()
        appended = await self._log.append(draft)
        if self._loses_answers:
            raise Unavailable("the log's answer was lost")
        return appended

    async def read_after(self, room: RoomId, sequence: int, limit: int) -> Page:
        """As the port says."""
        self._check()
        return await self._log.read_after(room, sequence, limit)

    async def read_before(self, room: RoomId, sequence: int | None, limit: int) -> Page:
        """As the port says."""
        self._check()
        return await self._log.read_before(room, sequence, limit)

    async def position(self, room: RoomId) -> Position:
        """As the port says."""
        self._check()
        return await self._log.position(room)

    async def close(self) -> None:
        """As the port says."""
        await self._log.close()

    def _check(self) -> None:
        if self._broken:
            raise Unavailable("the log is broken")
