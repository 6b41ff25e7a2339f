"""Tokens without cryptography."""

from collections.abc import Iterable
from typing import Final

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.policy import Grant
from talkroom.chat.ports import Clock

HOUR_MS: Final = 3_600_000
EVERYTHING: Final = ("read", "send")


class FakeTokens:
    """Issues tokens, and implements `chat.ports.TokenVerifier` for the ones it has issued."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def issue(
        self,
        principal_id: str,
        *,
        name: str | None = None,
        rooms: Iterable[str] = ("*",),
        can: Iterable[str] = EVERYTHING,
        expires_in_ms: int = HOUR_MS,
    ) -> str:
        """A token for a principal; the name shown is the id with a capital unless one is given."""
        token = f"token-{len(self._grants) + 1}"
        self._grants[token] = Grant(
            principal_id=principal_id,
            name=principal_id.capitalize() if name is None else name,
            rooms=tuple(rooms),
            can=frozenset(can),
            expires_at_ms=self._clock() + expires_in_ms,
        )
        return token

    async def verify(self, token: str) -> Grant:
        """As the port says."""
        grant = self._grants.get(token)
        if grant is None:
            raise ClientError(ErrorCode.INVALID_TOKEN, "The token was not issued here.")
        if self._clock() >= grant.expires_at_ms:
            raise ClientError(ErrorCode.TOKEN_EXPIRED)
        return grant
