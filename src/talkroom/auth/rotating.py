"""A verifier whose secret is kept elsewhere and may be changed there while this process runs."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from talkroom.auth.verify import JwtVerifier
from talkroom.chat.model.errors import ClientError, ErrorCode, Unavailable
from talkroom.chat.model.policy import Grant
from talkroom.chat.ports import Clock

MAX_AGE_MS: Final = 300_000
"""How long a secret is used before it is read again, in milliseconds."""
MIN_AGE_MS: Final = 30_000
"""A token that does not verify makes the secret be read again, but not one that is younger: anybody can send bad tokens."""

log = logging.getLogger("talkroom.auth")


class RotatingVerifier:
    """The port `TokenVerifier`, by a verifier that is made when it is first needed and made anew when its secret may have changed.

    When reading fails, the one before goes on: a change of secrets leaves time, because the old secret is accepted beside the new.
    """

    def __init__(self, load: Callable[[], Awaitable[JwtVerifier]], clock: Clock) -> None:
        """`load` reads the secret; it may raise anything."""
        self._load = load
        self._clock = clock
        self._verifier: JwtVerifier | None = None
        self._loaded_at_ms = 0

    async def verify(self, token: str) -> Grant:
        """As the port says. Raises Unavailable when there has never been a secret."""
        verifier = await self._get(MAX_AGE_MS)
        try:
            return await verifier.verify(token)
        except ClientError as error:
            if error.code is not ErrorCode.INVALID_TOKEN:
                raise
            newer = await self._get(MIN_AGE_MS)
            if newer is verifier:
                raise
        return await newer.verify(token)

    async def close(self) -> None:
        """Release the keys' source."""
        if self._verifier is not None:
            await self._verifier.close()

    async def _get(self, max_age_ms: int) -> JwtVerifier:
        now_ms = self._clock()
        if self._verifier is not None and now_ms - self._loaded_at_ms < max_age_ms:
            return self._verifier
        try:
            loaded = await self._load()
        except Exception as error:
            if self._verifier is None:
                raise Unavailable("The secret of chat tokens cannot be read.") from error
            log.exception("the secret of chat tokens cannot be read again; the one before goes on")
            loaded = self._verifier
        self._verifier, self._loaded_at_ms = loaded, now_ms
        return loaded
