"""Who asks, and whether they may."""

import msgspec

from talkroom.chat.model.policy import Capability, Grant, find_objection
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Kind
from talkroom.chat.ports import Grants


class Caller(msgspec.Struct, frozen=True):
    """The connection that a command came from, as the authorizer's context describes it."""

    connection_id: str
    kind: Kind
    grant: Grant
    """Pinned to the connection at its handshake; a refreshed one is looked up by `Access`."""
    connected_at_ms: int
    now_ms: int
    message_id: str = ""
    """Names the frame that the command came in; of a command, never empty."""


class Access:
    """Checks every command against the caller's token.

    A caller may do what either of its grants allows: the one of the handshake until it expires, or the one that it last refreshed.
    The pinned grant is tried first, because it costs no lookup.
    """

    def __init__(self, grants: Grants) -> None:
        self._grants = grants

    def require_pinned(self, caller: Caller, capability: Capability, room: RoomId) -> None:
        """What the grant of the handshake allows. Raises ClientError (`forbidden`, `tokenExpired`)."""
        objection = find_objection(caller.grant, capability, room, caller.now_ms)
        if objection is not None:
            raise objection

    async def require(self, caller: Caller, capability: Capability, room: RoomId) -> Grant:
        """The grant that allows it. Raises ClientError (`forbidden`, `tokenExpired`)."""
        objection = find_objection(caller.grant, capability, room, caller.now_ms)
        if objection is None:
            return caller.grant
        refreshed = await self._grants.find(caller.connection_id)
        if refreshed is None:
            raise objection
        objection = find_objection(refreshed, capability, room, caller.now_ms)
        if objection is not None:
            raise objection
        return refreshed

    async def require_longest(self, caller: Caller, capability: Capability, room: RoomId) -> Grant:
        """Of the grants that allow it, the one that expires last: for what outlives the command, as a subscription does.

        Raises ClientError (`forbidden`, `tokenExpired`).
        """
        grant = await self.require(caller, capability, room)
        refreshed = await self._grants.find(caller.connection_id)
        if refreshed is None or find_objection(refreshed, capability, room, caller.now_ms) is not None:
            return grant
        return max(grant, refreshed, key=lambda one: one.expires_at_ms)

    async def keep(self, caller: Caller, grant: Grant) -> None:
        """Let the caller go on with a refreshed grant."""
        await self._grants.keep(caller.connection_id, grant)

    async def end(self, connection_id: str) -> None:
        """Forget a connection."""
        await self._grants.end(connection_id)
