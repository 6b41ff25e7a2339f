"""List who is in a room now."""

from talkroom.chat.access import Access, Caller
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.policy import Capability
from talkroom.chat.model.room import parse_room_id
from talkroom.chat.ports import Subscriptions
from talkroom.chat.protocol.commands import Members
from talkroom.chat.protocol.frames import MembersPage
from talkroom.chat.protocol.pages import MemberCursor, encode_cursor, fit_members, parse_member_cursor


class ListMembersUseCase:
    """`members`: principals with a live subscription, each once however many connections they have."""

    def __init__(self, subscriptions: Subscriptions, access: Access, limits: Limits) -> None:
        self._subscriptions = subscriptions
        self._access = access
        self._limits = limits

    async def run(self, caller: Caller, command: Members) -> MembersPage:
        """Raises ClientError."""
        room = parse_room_id(command.room_id, self._limits.room_id_bytes_max)
        await self._access.require(caller, Capability.READ, room)
        after = parse_member_cursor(command.cursor, room).after if command.cursor is not None else ""
        limit = min(command.limit or self._limits.page_members_max, self._limits.page_members_max)
        found = await self._subscriptions.members(room, after, limit + 1, caller.now_ms)
        shown = fit_members(found[:limit], self._limits.page_bytes_max)
        cursor = encode_cursor(MemberCursor(room, shown[-1].id)) if len(found) > len(shown) else None
        return MembersPage(room, shown, cursor)
