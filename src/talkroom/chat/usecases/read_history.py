"""Read a page of a room's messages."""

from talkroom.chat.access import Access, Caller
from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.message import Page
from talkroom.chat.model.policy import Capability
from talkroom.chat.model.room import RoomId, parse_room_id
from talkroom.chat.ports import MessageLog
from talkroom.chat.protocol.commands import History
from talkroom.chat.protocol.frames import HistoryPage
from talkroom.chat.protocol.pages import Direction, find_next_cursor, fit_page, parse_cursor


class ReadHistoryUseCase:
    """`history`. The room need not be joined; the token must allow to read it."""

    def __init__(self, log: MessageLog, access: Access, limits: Limits) -> None:
        self._log = log
        self._access = access
        self._limits = limits

    async def run(self, caller: Caller, command: History) -> HistoryPage:
        """Raises ClientError, Unavailable."""
        room = parse_room_id(command.room_id, self._limits.room_id_bytes_max)
        await self._access.require(caller, Capability.READ, room)
        direction, sequence, epoch = _starting_point(command, room)
        page = await self._read(room, direction, sequence, command.limit)
        if epoch is not None and epoch != page.position.epoch:
            raise ClientError(ErrorCode.EPOCH_CHANGED)
        bodies, more = fit_page(page, direction, self._limits.page_bytes_max)
        cursor = find_next_cursor(page, room, direction, bodies, more)
        return HistoryPage(room, page.position.epoch, page.position.last, page.position.oldest, bodies, cursor)

    async def _read(self, room: RoomId, direction: Direction, sequence: int | None, limit: int | None) -> Page:
        count = min(limit or self._limits.page_messages_max, self._limits.page_messages_max)
        if direction is Direction.AFTER:
            return await self._log.read_after(room, sequence or 0, count)
        return await self._log.read_before(room, sequence, count)


def _starting_point(command: History, room: RoomId) -> tuple[Direction, int | None, str | None]:
    """Direction, sequence and the epoch in which the sequence means something."""
    given = [value for value in (command.before, command.after, command.cursor) if value is not None]
    if len(given) > 1:
        raise ClientError(
            ErrorCode.INVALID_COMMAND, "history: give one of `before`, `after` and `cursor`, not several."
        )
    if command.cursor is not None:
        cursor = parse_cursor(command.cursor, room)
        return cursor.direction, cursor.sequence, cursor.epoch
    if command.after is not None:
        return Direction.AFTER, command.after, command.epoch
    return Direction.BEFORE, command.before, command.epoch
