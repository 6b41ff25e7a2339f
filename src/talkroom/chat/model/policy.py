"""What a token allows: may this principal do this here?"""

from enum import StrEnum

import msgspec

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.room import RoomId


class Capability(StrEnum):
    """The values of the claim `can`."""

    READ = "read"
    """Join a room, read its history, see its members."""
    SEND = "send"
    """Send messages to a room."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind a connection and what the token allows until it expires."""

    principal_id: str
    name: str
    """The name shown beside messages."""
    rooms: tuple[str, ...]
    """Room ids, or prefixes that end in `*`."""
    can: frozenset[str]
    expires_at_ms: int

    def covers(self, room: RoomId) -> bool:
        """Whether one of `rooms` names this room."""
        return any(
            room.startswith(pattern[:-1]) if pattern.endswith("*") else room == pattern for pattern in self.rooms
        )


def find_objection(grant: Grant, capability: Capability, room: RoomId, now_ms: int) -> ClientError | None:
    """Why the grant does not allow this now, or None when it does.

    Expiry counts first: a client whose token has expired is told to refresh it, whatever it asked for.
    """
    if now_ms >= grant.expires_at_ms:
        return ClientError(ErrorCode.TOKEN_EXPIRED)
    if capability not in grant.can:
        return ClientError(ErrorCode.FORBIDDEN, f"The token does not allow to {capability}: its `can` lacks it.")
    if not grant.covers(room):
        return ClientError(ErrorCode.FORBIDDEN, "The token's `rooms` do not cover this room.")
    return None
