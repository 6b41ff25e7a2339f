"""Issue chat tokens: for `talkroom token`, for tests, and for a back end in Python."""

from collections.abc import Sequence
from typing import Final

from jwt import PyJWS
from msgspec import UNSET

from talkroom.auth.claims import DEFAULT_CAN, Claims, Expectation, encode_claims, read_grant
from talkroom.auth.compact import TOKEN_CHARACTERS_MAX
from talkroom.auth.errors import InvalidClaims, InvalidSettings
from talkroom.auth.keys import ALGORITHMS, SYMMETRIC, PrivateKey, check_secret, parse_private_key
from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.policy import Capability

TTL_S: Final = 3600
"""Seconds that a token lasts unless said otherwise: long enough to chat, short enough that a stolen one is soon
worthless.
"""


class TokenIssuer:
    """Signs tokens with one key.

    `key` is the shared secret for HS256, else the PEM text of a private key for RS256, ES256 or EdDSA; `kid` names it
    for verifiers that know several.
    """

    def __init__(
        self,
        key: str,
        algorithm: str = "HS256",
        *,
        kid: str | None = None,
        audience: str = "talkroom",
        issuer: str | None = None,
    ) -> None:
        """Raises InvalidSettings when the key does not fit the algorithm."""
        self._key = _parse_key(key, algorithm)
        self._algorithm = algorithm
        self._headers = {"kid": kid} if kid is not None else None
        self._expectation = Expectation(audience=audience, issuer=issuer, leeway_s=0)

    def issue(
        self,
        user: str,
        *,
        now_ms: int,
        name: str | None = None,
        rooms: Sequence[str] = (),
        can: Sequence[str] = DEFAULT_CAN,
        ttl_s: int = TTL_S,
    ) -> str:
        """A token that lets `user` into `rooms` for `ttl_s` seconds from `now_ms`, the time in milliseconds since the
        epoch.

        Raises InvalidClaims for whatever a verifier would refuse, and for capabilities that do not exist.
        """
        _check_request(rooms, can, ttl_s)
        issued_at_s = now_ms // 1000
        claims = Claims(
            sub=user,
            name=UNSET if name is None else name,
            iat=issued_at_s,
            exp=issued_at_s + ttl_s,
            aud=self._expectation.audience,
            iss=UNSET if self._expectation.issuer is None else self._expectation.issuer,
            rooms=list(rooms),
            can=list(can),
        )
        try:
            # The verifier's own rules, so that the two cannot disagree.
            read_grant(claims, self._expectation, now_ms)
        except ClientError as error:
            raise InvalidClaims(error.detail) from error
        token = _JWS.encode(encode_claims(claims), self._key, self._algorithm, self._headers)
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise InvalidClaims(
                f"The token would have {len(token)} characters; at most {TOKEN_CHARACTERS_MAX} are accepted. "
                "Name rooms by a prefix that ends in `*`."
            )
        return token


def _check_request(rooms: Sequence[str], can: Sequence[str], ttl_s: int) -> None:
    """What the claims cannot show any more."""
    # A string is a sequence of strings: rooms="lobby" would let the user into l, o, b and y.
    if isinstance(rooms, str) or isinstance(can, str):
        raise InvalidClaims("`rooms` and `can` are lists, not strings.")
    unknown = set(can).difference(Capability)
    if unknown:
        raise InvalidClaims(f"There is no capability {', '.join(sorted(unknown))}; there are {', '.join(Capability)}.")
    if ttl_s < 1:
        raise InvalidClaims(f"The token would last {ttl_s} s; it must last at least 1.")


def _parse_key(key: str, algorithm: str) -> bytes | PrivateKey:
    if algorithm not in ALGORITHMS:
        raise InvalidSettings(f"There is no algorithm {algorithm}; there are {', '.join(sorted(ALGORITHMS))}.")
    return check_secret(key) if algorithm in SYMMETRIC else parse_private_key(key, algorithm)


_JWS: Final = PyJWS()
