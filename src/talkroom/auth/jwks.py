"""Public keys from an identity provider's JWKS URL: fetched when needed, kept, and never asked for faster than it can
matter.

Theory of operation. Keys are fetched when the first token arrives, again when a token names a key that is not among
them, and again when they are `KEYS_AGE_MAX_S` old, so that a key which the provider has withdrawn stops counting. The
first two make the handshake wait; the last happens beside it. Whatever the reason:

- one fetch at a time, which all who need it share;
- no fetch begins within `FETCH_INTERVAL_S` of the last, so that invented `kid`s cost the provider nothing;
- a fetch that fails changes nothing but `_failure`: the keys stay. Only who needs a key that is not there learns of it
  (Unavailable), because then nobody can tell whether the token is good.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from typing import Final

import aiohttp

from talkroom.auth.errors import UnusableKeys
from talkroom.auth.jwk import parse_jwks
from talkroom.auth.keys import VerificationKey, select
from talkroom.chat.model.errors import Unavailable

KEYS_AGE_MAX_S: Final = 600
"""Seconds after which keys are fetched again although they suffice; until the new ones arrive the old ones count."""

FETCH_INTERVAL_S: Final = 10
"""Seconds from the beginning of one fetch to that of the next; a `kid` that is unknown in between is refused."""

FETCH_TIMEOUT_S: Final = 5.0
"""Seconds for one fetch, connecting included; then it has failed. Well under the 29 seconds that a handshake has."""

JWKS_BYTES_MAX: Final = 256 * 1024
"""Size of a provider's answer; reading stops there and the fetch has failed."""

log = logging.getLogger("talkroom.auth")


class JwksUrl:
    """The keys of one provider. Belongs to one event loop; `close` it there."""

    def __init__(
        self,
        url: str,
        algorithms: Collection[str],
        *,
        timeout_s: float = FETCH_TIMEOUT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._algorithms = frozenset(algorithms)
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._keys: tuple[VerificationKey, ...] = ()
        self._fetched_at_s = float("-inf")
        self._begun_at_s = float("-inf")
        self._fetch: asyncio.Task[None] | None = None
        self._failure: str | None = None
        self._closed = False

    async def find(self, algorithm: str, kid: str | None) -> Sequence[VerificationKey]:
        """Raises Unavailable when no key is known that fits and the last fetch failed."""
        found = select(self._keys, algorithm, kid)
        if found:
            if self._monotonic() - self._fetched_at_s >= KEYS_AGE_MAX_S:
                self._begin_fetch()
            return found
        fetch = self._begin_fetch()
        if fetch is not None:
            # `wait`, unlike `await fetch`, leaves the fetch to the others when this handshake is abandoned.
            await asyncio.wait((fetch,))
            if not fetch.cancelled():
                fetch.result()  # What the fetch does not expect is a bug: not lost here.
            found = select(self._keys, algorithm, kid)
        if not found and self._failure is not None:
            raise Unavailable(f"The keys that verify tokens cannot be fetched: {self._failure}.")
        return found

    async def close(self) -> None:
        """End a fetch that is under way; who waits for it, or asks for an unknown key later, gets Unavailable."""
        self._closed = True
        self._failure = "the server is closing"
        if self._fetch is not None and not self._fetch.done():
            self._fetch.cancel()
            await asyncio.wait((self._fetch,))

    def _begin_fetch(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one, or None when it is too early for another."""
        if self._fetch is not None and not self._fetch.done():
            return self._fetch
        now_s = self._monotonic()
        if self._closed or now_s - self._begun_at_s < FETCH_INTERVAL_S:
            return None
        self._begun_at_s = now_s
        self._fetch = asyncio.get_running_loop().create_task(self._fetch_and_keep(now_s))
        return self._fetch

    async def _fetch_and_keep(self, now_s: float) -> None:
        try:
            self._keys = parse_jwks(await self._get(), self._algorithms)
        except (aiohttp.ClientError, OSError, UnusableKeys) as error:
            # A time-out has no text of its own.
            self._failure = str(error) or f"no answer within {self._timeout_s} s"
            log.warning("cannot fetch %s, keeping %d keys: %s", self._url, len(self._keys), self._failure)
        else:
            self._fetched_at_s = now_s
            self._failure = None
            log.info("fetched %d keys from %s", len(self._keys), self._url)

    async def _get(self) -> bytes:
        # A session for each fetch: fetches are minutes apart, so a kept connection would be closed before it was used
        # again. No compression, so that the bound on bytes is a bound on memory; no redirects, so that https stays
        # https.
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout_s), auto_decompress=False
            ) as session,
            session.get(self._url, headers=_HEADERS, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise UnusableKeys(f"the provider answered {response.status}")
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > JWKS_BYTES_MAX:
                    raise UnusableKeys(f"the provider's answer is larger than {JWKS_BYTES_MAX} bytes")
            return bytes(body)


_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
