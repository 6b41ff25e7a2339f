"""Keys that verify tokens, each bound to one algorithm when it is configured.

A token's header names an algorithm; all it does is choose among keys that were made for it. So neither `alg: none` nor
a public key used as an HMAC secret can be asked for: there is no key for the one, and the other's key knows RS256 and
nothing else (RFC 8725 sections 2.1 and 3.1).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jwt import get_algorithm_by_name
from jwt.exceptions import InvalidKeyError

from talkroom.auth.errors import InvalidSettings, UnusableKeys

SYMMETRIC: Final = frozenset({"HS256"})
ASYMMETRIC: Final = frozenset({"RS256", "ES256", "EdDSA"})
ALGORITHMS: Final = SYMMETRIC | ASYMMETRIC

SECRET_BYTES_MIN: Final = 32
"""UTF-8 bytes of an HS256 secret; a shorter one is refused at the start (RFC 7518 section 3.2)."""

RSA_BITS_MIN: Final = 2048
"""Size of an RSA key; a smaller one is refused (RFC 7518 section 3.3)."""

RSA_BITS_MAX: Final = 8192
"""Size of an RSA key; a larger one costs a millisecond or more for each handshake and is refused."""

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True, repr=False)
class VerificationKey:
    """A key and the one algorithm it may be used with."""

    algorithm: str
    material: bytes | PublicKey
    kid: str | None = None
    """The name that tokens call it by; one without a name is tried for every token."""

    def verifies(self, signing_input: bytes, signature: bytes) -> bool:
        """Whether this key made the signature."""
        return get_algorithm_by_name(self.algorithm).verify(signing_input, self.material, signature)


class Keys(Protocol):
    """Where verification keys come from."""

    async def find(self, algorithm: str, kid: str | None) -> Sequence[VerificationKey]:
        """The keys that may have signed such a token, none if there is none.

        Raises Unavailable when that cannot be told now.
        """
        ...

    async def close(self) -> None:
        """Release everything; no error when closed before."""
        ...


class FixedKeys:
    """Keys that stay the same for the life of the process."""

    def __init__(self, keys: Sequence[VerificationKey]) -> None:
        self._keys = tuple(keys)

    async def find(self, algorithm: str, kid: str | None) -> Sequence[VerificationKey]:
        """Raises nothing."""
        return select(self._keys, algorithm, kid)

    async def close(self) -> None:
        """Nothing to release."""


def select(keys: Iterable[VerificationKey], algorithm: str, kid: str | None) -> list[VerificationKey]:
    """The keys for this algorithm that have this name or no name; all of them when the token names none."""
    return [key for key in keys if key.algorithm == algorithm and (kid is None or key.kid is None or key.kid == kid)]


def secret_key(secret: str) -> VerificationKey:
    """The key of HS256. Raises InvalidSettings when the secret is short or is in truth another kind of key."""
    return VerificationKey("HS256", check_secret(secret))


def check_secret(secret: str) -> bytes:
    """The secret's bytes. Raises InvalidSettings."""
    size = len(secret.encode())
    if size < SECRET_BYTES_MIN:
        raise InvalidSettings(
            f"The token secret has {size} bytes; HS256 needs at least {SECRET_BYTES_MIN}. "
            "Make one with: openssl rand -base64 32"
        )
    try:
        # PyJWT knows the shapes of PEM, DER, SSH and JWK: anyone may have a public key, so none may become a secret.
        return bytes(get_algorithm_by_name("HS256").prepare_key(secret))
    except InvalidKeyError:
        raise InvalidSettings(
            "The token secret is a public key, a private key or a certificate; HS256 needs random text."
        ) from None


def parse_public_keys(pem: bytes, algorithms: Collection[str]) -> tuple[VerificationKey, ...]:
    """Every public key of a PEM text, each for the one of `algorithms` that it fits. Raises UnusableKeys.

    Several keys in one text let tokens of the old key live on while a new one signs.
    """
    blocks = list(_PEM_BLOCK.finditer(pem))
    if not blocks:
        raise UnusableKeys("The public key is not PEM: it needs a block that starts with -----BEGIN PUBLIC KEY-----.")
    return tuple(_parse_public_key(block[0], block[1].decode(), algorithms) for block in blocks)


def _parse_public_key(block: bytes, label: str, algorithms: Collection[str]) -> VerificationKey:
    if "PRIVATE" in label:
        raise UnusableKeys(
            "The key file holds a private key; a server that only verifies must not have it. Give the public half."
        )
    if label == "CERTIFICATE":
        raise UnusableKeys("The key file holds a certificate; take its key: openssl x509 -in FILE -noout -pubkey")
    try:
        key = load_pem_public_key(block)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKeys(f"A public key cannot be read: {error}") from error
    return bind(key, algorithms)


def bind(key: object, algorithms: Collection[str], kid: str | None = None) -> VerificationKey:
    """The key for the one of `algorithms` that it fits. Raises UnusableKeys."""
    reasons = []
    for algorithm in sorted(ASYMMETRIC.intersection(algorithms)):
        reason = find_misfit(key, algorithm)
        if reason is None and isinstance(key, PublicKey):
            return VerificationKey(algorithm, key, kid)
        reasons.append(reason or f"{algorithm} needs a public key here")
    raise UnusableKeys(f"A key fits none of the configured algorithms: {'; '.join(reasons)}.")


def parse_private_key(pem: str, algorithm: str) -> PrivateKey:
    """The key that signs with this algorithm. Raises UnusableKeys."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's sentence is left out: it may describe the key.
        raise UnusableKeys("The private key cannot be read: it must be PEM and not encrypted.") from None
    reason = find_misfit(key, algorithm)
    if reason is not None or not isinstance(key, PrivateKey):
        raise UnusableKeys(f"The private key does not fit: {reason}.")
    return key


def find_misfit(key: object, algorithm: str) -> str | None:
    """Why this key, public or private, cannot be used with the algorithm, or None when it can."""
    match algorithm, key:
        case "RS256", RSAPublicKey() | RSAPrivateKey():
            if RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
                return None
            return f"RS256 needs {RSA_BITS_MIN} to {RSA_BITS_MAX} bits and the key has {key.key_size}"
        case "ES256", EllipticCurvePublicKey() | EllipticCurvePrivateKey():
            # RFC 7518 section 3.4: ES256 is this curve and no other.
            return (
                None
                if isinstance(key.curve, SECP256R1)
                else f"ES256 needs the curve P-256 and the key has {key.curve.name}"
            )
        case "EdDSA", Ed25519PublicKey() | Ed25519PrivateKey():
            return None
    return f"{algorithm} needs {_NEEDED[algorithm]}"


_NEEDED: Final = {"RS256": "an RSA key", "ES256": "a P-256 key", "EdDSA": "an Ed25519 key", "HS256": "a secret"}
_PEM_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
