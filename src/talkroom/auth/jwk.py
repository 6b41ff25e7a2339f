"""JSON Web Key Sets (RFC 7517), the form in which identity providers publish their public keys: what is read, and from
where.
"""

import logging
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from jwt import get_algorithm_by_name
from jwt.exceptions import InvalidKeyError

from talkroom.auth.errors import UnusableKeys
from talkroom.auth.keys import VerificationKey, bind

JWKS_KEYS_MAX: Final = 100
"""Keys of one set that are read; a set with more is refused, because a token without `kid` tries every key."""

log = logging.getLogger("talkroom.auth")


class _Jwk(msgspec.Struct, frozen=True, omit_defaults=True):
    """The public parameters of a key. The private ones are not read: a set that holds them is a mistake, but not ours
    to use.
    """

    kty: str
    kid: str | None = None
    use: str = "sig"
    alg: str | None = None
    key_ops: list[str] | None = None
    crv: str | None = None
    n: str | None = None
    e: str | None = None
    x: str | None = None
    y: str | None = None


class _JwkSet(msgspec.Struct, frozen=True):
    keys: list[msgspec.Raw]


def parse_jwks(document: bytes, algorithms: Collection[str]) -> tuple[VerificationKey, ...]:
    """The keys of a set that `algorithms` can use, each bound to one of them.

    A key that is for encryption, for another algorithm, or broken is passed over, because providers publish more than
    we need. Raises UnusableKeys when the document is not a set or nothing is left of it.
    """
    try:
        entries = _DECODER.decode(document).keys
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableKeys("The JWKS is not a JSON object with a list `keys`.") from error
    if len(entries) > JWKS_KEYS_MAX:
        raise UnusableKeys(f"The JWKS holds {len(entries)} keys; at most {JWKS_KEYS_MAX} are read.")
    keys = tuple(key for entry in entries if (key := _find_key(bytes(entry), algorithms)) is not None)
    if not keys:
        raise UnusableKeys(f"The JWKS holds no key for {', '.join(sorted(algorithms))}.")
    return keys


def _find_key(entry: bytes, algorithms: Collection[str]) -> VerificationKey | None:
    try:
        jwk = msgspec.json.decode(entry, type=_Jwk)
        native = _ALGORITHM_OF.get(jwk.kty, "none")
        signs = jwk.use == "sig" and (jwk.key_ops is None or "verify" in jwk.key_ops)
        if not signs or native not in algorithms or jwk.alg not in (None, native):
            return None
        public = {"kty": jwk.kty, "crv": jwk.crv, "n": jwk.n, "e": jwk.e, "x": jwk.x, "y": jwk.y}
        material = get_algorithm_by_name(native).from_jwk({name: value for name, value in public.items() if value})
        return bind(material, (native,), jwk.kid)
    except (msgspec.DecodeError, InvalidKeyError, UnusableKeys, UnsupportedAlgorithm, ValueError, TypeError) as error:
        log.warning("a key of the JWKS is passed over: %s", error)
        return None


def find_url_fault(url: str) -> str | None:
    """Why keys must not be fetched from this URL, or None when they may: whoever can change the answer can issue
    tokens.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"it is not a URL: {error}"
    if parts.username is not None or parts.fragment:
        return "it holds a user or a fragment"
    if not host or parts.scheme not in ("http", "https"):
        return "it must start with https:// and a host"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "http can be changed on its way; only https is accepted, but for this machine itself"
    return None


# RFC 7518 section 6.1 and RFC 8037 section 2; an `oct` key is a secret and has no business in a published set.
_ALGORITHM_OF: Final = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_DECODER: Final = msgspec.json.Decoder(_JwkSet)
