"""Verify chat tokens: the adapter of the chat's port `TokenVerifier`."""

from collections.abc import Collection

from talkroom.auth.claims import Expectation, decode_claims, read_grant
from talkroom.auth.compact import invalid_token, parse_compact
from talkroom.auth.keys import Keys
from talkroom.chat.model.policy import Grant
from talkroom.chat.ports import Clock


class JwtVerifier:
    """Signed JWTs, by keys and algorithms that are configured.

    Verified tokens are not cached. An HS256 token takes a few microseconds, which is less than a cache would have to
    save to be worth explaining why a token still counts after its key was withdrawn.
    """

    def __init__(self, keys: Keys, algorithms: Collection[str], expectation: Expectation, clock: Clock) -> None:
        """`keys` becomes the verifier's and is closed by it."""
        self._keys = keys
        self._algorithms = frozenset(algorithms)
        self._expectation = expectation
        self._clock = clock

    async def verify(self, token: str) -> Grant:
        """The grant of a good token. Raises ClientError (`invalidToken`, `tokenExpired`), Unavailable.

        The signature comes before anything that the token says is believed or answered, but for the two words that
        choose the key.
        """
        compact = parse_compact(token)
        if compact.algorithm not in self._algorithms:
            accepted = ", ".join(sorted(self._algorithms))
            raise invalid_token(f"The token is not signed with an algorithm that this server accepts: {accepted}.")
        keys = await self._keys.find(compact.algorithm, compact.kid)
        if not keys:
            raise invalid_token("The token is signed with a key that this server does not know: check its `kid`.")
        if not any(key.verifies(compact.signing_input, compact.signature) for key in keys):
            raise invalid_token("The token's signature is wrong: it was changed, or signed with another key.")
        return read_grant(decode_claims(compact.payload), self._expectation, self._clock())

    async def close(self) -> None:
        """Release the keys' source; afterwards `verify` may raise Unavailable."""
        await self._keys.close()
