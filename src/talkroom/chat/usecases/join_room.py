"""Join a room, and catch up on what was missed since the last sequence seen."""

from typing import Literal

from talkroom.chat.access import Access, Caller
from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.message import Position
from talkroom.chat.model.policy import Capability, Grant
from talkroom.chat.model.room import RoomId, parse_room_id
from talkroom.chat.model.subscription import Subscription
from talkroom.chat.ports import MessageLog, Subscriptions
from talkroom.chat.protocol.commands import Join
from talkroom.chat.protocol.frames import Joined
from talkroom.chat.protocol.pages import Direction, find_next_cursor, fit_page


class JoinRoomUseCase:
    """`join`.

    The subscription is made before the log is read, so that nothing falls between the two: a message stored in between is in the
    reply, or comes as a push, or both, and the client keeps one by its sequence.
    """

    def __init__(self, log: MessageLog, subscriptions: Subscriptions, access: Access, limits: Limits) -> None:
        self._log = log
        self._subscriptions = subscriptions
        self._access = access
        self._limits = limits

    async def run(self, caller: Caller, command: Join) -> Joined:
        """Raises ClientError, Unavailable."""
        room = parse_room_id(command.room_id, self._limits.room_id_bytes_max)
        if command.after and command.epoch is None:
            raise ClientError(
                ErrorCode.INVALID_COMMAND,
                "join: `data.after` needs `data.epoch`, because a sequence counts in one epoch only.",
            )
        await self.subscribe(caller, room)
        if command.after is None:
            position = await self._log.position(room)
            return Joined(room, position.epoch, position.last, position.oldest)
        return await self._resume(room, command.after, command.epoch)

    async def subscribe(self, caller: Caller, room: RoomId) -> None:
        """Receive the room's pushes from now on. Raises ClientError (`forbidden`, `tokenExpired`, `tooManyRooms`)."""
        grant = await self._access.require_longest(caller, Capability.READ, room)
        await self._check_room_count(caller, room)
        await self._subscriptions.subscribe(_subscription(caller, grant, room))

    async def subscribe_first(self, caller: Caller, room: RoomId) -> None:
        """The same for a connection that is being made, of which no store can know anything yet: its token decides, no look-up.

        Raises ClientError (`forbidden`, `tokenExpired`).
        """
        self._access.require_pinned(caller, Capability.READ, room)
        await self._subscriptions.subscribe(_subscription(caller, caller.grant, room))

    async def _check_room_count(self, caller: Caller, room: RoomId) -> None:
        joined = await self._subscriptions.of_connection(caller.connection_id)
        if len(joined) >= self._limits.rooms_per_connection_max and all(one.room != room for one in joined):
            raise ClientError(
                ErrorCode.TOO_MANY_ROOMS,
                f"The connection has joined {len(joined)} rooms, which is the limit; leave one, or open another connection.",
            )

    async def _resume(self, room: RoomId, after: int, epoch: str | None) -> Joined:
        page = await self._log.read_after(room, after, self._limits.page_messages_max)
        position = page.position
        reason = find_gap(position, after, epoch)
        if reason is not None:
            return Joined(room, position.epoch, position.last, position.oldest, False, reason)
        bodies, more = fit_page(page, Direction.AFTER, self._limits.page_bytes_max)
        cursor = find_next_cursor(page, room, Direction.AFTER, bodies, more)
        return Joined(room, position.epoch, position.last, position.oldest, True, None, bodies, cursor)


def _subscription(caller: Caller, grant: Grant, room: RoomId) -> Subscription:
    return Subscription(
        connection_id=caller.connection_id,
        room=room,
        kind=caller.kind,
        principal_id=grant.principal_id,
        name=grant.name,
        lease_until_ms=grant.expires_at_ms,
        since_ms=caller.connected_at_ms,
    )


def find_gap(position: Position, after: int, epoch: str | None) -> Literal["epochChanged", "expired", "ahead"] | None:
    """Why a client at `after` in `epoch` cannot be told all that it missed, or None when it can.

    Only a client that wants a log from its beginning need not name the epoch.
    """
    if epoch is not None and epoch != position.epoch:
        return "epochChanged"
    if after > position.last:
        return "ahead"
    if after + 1 < position.oldest:
        return "expired"
    return None
