"""Answer `$connect`: join the room of the offer and choose the subprotocol."""

from talkroom.chat.access import Caller
from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.room import parse_room_id
from talkroom.chat.protocol.offer import parse_offer
from talkroom.chat.usecases.join_room import JoinRoomUseCase


class ConnectUseCase:
    """The handshake, after the authorizer has allowed it."""

    def __init__(self, join_room: JoinRoomUseCase, limits: Limits) -> None:
        self._join_room = join_room
        self._limits = limits

    async def run(self, caller: Caller, offered: str) -> str:
        """The subprotocol to select. Raises ClientError."""
        offer = parse_offer(offered)
        if offer.room is not None:
            await self._join_room.subscribe_first(caller, parse_room_id(offer.room, self._limits.room_id_bytes_max))
        return offer.selected


def refusal_status(error: ClientError) -> int:
    """The HTTP status of a refused handshake: 401 and 403 for the token, 400 for what was asked."""
    return {"tokenExpired": 401, "invalidToken": 401, "forbidden": 403}.get(error.code.wire_name, 400)
