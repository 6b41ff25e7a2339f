"""Parts that fail when they are told to."""

from collections.abc import Sequence

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Appended, Draft, Page, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Member, Recipients, Subscription
from talkroom.chat.ports import MessageLog, Subscriptions


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


class FaultySubscriptions:
    """Implements `chat.ports.Subscriptions` by those inside, until they are broken."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions
        self._broken = False

    def break_down(self) -> None:
        """From now on every call raises Unavailable."""
        self._broken = True

    def recover(self) -> None:
        """Work again."""
        self._broken = False

    async def subscribe(self, subscription: Subscription) -> None:
        """As the port says."""
        await self._inside().subscribe(subscription)

    async def unsubscribe(self, connection_id: str, room: RoomId) -> bool:
        """As the port says."""
        return await self._inside().unsubscribe(connection_id, room)

    async def of_connection(self, connection_id: str) -> Sequence[Subscription]:
        """As the port says."""
        return await self._inside().of_connection(connection_id)

    async def recipients(self, room: RoomId, now_ms: int) -> Recipients:
        """As the port says."""
        return await self._inside().recipients(room, now_ms)

    async def members(self, room: RoomId, after: str, limit: int, now_ms: int) -> Sequence[Member]:
        """As the port says."""
        return await self._inside().members(room, after, limit, now_ms)

    async def end(self, connection_id: str) -> Sequence[RoomId]:
        """As the port says."""
        return await self._inside().end(connection_id)

    def _inside(self) -> Subscriptions:
        if self._broken:
            raise Unavailable("the subscriptions are broken")
        return self._subscriptions
