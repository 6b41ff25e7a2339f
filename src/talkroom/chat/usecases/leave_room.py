"""Leave a room."""

from talkroom.chat.access import Caller
from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.room import parse_room_id
from talkroom.chat.ports import Subscriptions
from talkroom.chat.protocol.commands import Leave
from talkroom.chat.protocol.frames import Left


class LeaveRoomUseCase:
    """`leave`."""

    def __init__(self, subscriptions: Subscriptions, limits: Limits) -> None:
        self._subscriptions = subscriptions
        self._limits = limits

    async def run(self, caller: Caller, command: Leave) -> Left:
        """Raises ClientError (`notJoined`)."""
        room = parse_room_id(command.room_id, self._limits.room_id_bytes_max)
        if not await self._subscriptions.unsubscribe(caller.connection_id, room):
            raise ClientError(ErrorCode.NOT_JOINED)
        return Left(room)
