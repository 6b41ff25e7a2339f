"""How tokens are verified, as one frozen value, and the verifier made from it."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from talkroom.auth.claims import Expectation
from talkroom.auth.errors import InvalidSettings
from talkroom.auth.jwk import find_url_fault, parse_jwks
from talkroom.auth.key_file import FileKeys
from talkroom.auth.keys import (
    ALGORITHMS,
    ASYMMETRIC,
    SYMMETRIC,
    FixedKeys,
    Keys,
    check_secret,
    parse_public_keys,
    secret_key,
)
from talkroom.auth.verify import JwtVerifier
from talkroom.chat.ports import Clock

LEEWAY_S_MAX: Final = 600
"""Seconds of clock skew that may be configured; with more, `exp` would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """Either a secret, or one source of public keys. Invalid combinations cannot be made: they raise InvalidSettings.

    Empty means not set.
    """

    algorithms: tuple[str, ...] = ("HS256",)
    """What tokens may be signed with: HS256 alone, or any of RS256, ES256 and EdDSA."""
    secret: str = field(default="", repr=False)
    """For HS256, at least 32 bytes, shared with your back end."""
    previous_secret: str = field(default="", repr=False)
    """For HS256: the secret before a change, accepted beside the new one until its tokens have expired."""
    public_keys: str = field(default="", repr=False)
    """PEM text of one public key or several."""
    public_key_file: Path | None = None
    """A file of PEM public keys, read again when it changes."""
    jwks: str = ""
    """An https URL of a JWKS, or the path of a file that holds one, read again when it changes."""
    audience: str = "talkroom"
    """What `aud` must be or hold."""
    issuer: str = ""
    """What `iss` must be; any when empty."""
    leeway_s: int = 30
    """Clock skew allowed, in seconds, 0 to 600."""

    def __post_init__(self) -> None:
        """Raises InvalidSettings."""
        fault = _find_algorithm_fault(self.algorithms) or _find_key_fault(self) or _find_claim_fault(self)
        if fault is not None:
            raise InvalidSettings(fault)
        for secret in (self.secret, self.previous_secret):
            if secret:
                check_secret(secret)


def make_verifier(settings: TokenSettings, clock: Clock) -> JwtVerifier:
    """Reads key files, asks nobody for anything yet. Raises InvalidSettings when a file or a key cannot be used."""
    expectation = Expectation(audience=settings.audience, issuer=settings.issuer or None, leeway_s=settings.leeway_s)
    return JwtVerifier(_make_keys(settings), settings.algorithms, expectation, clock)


def _make_keys(settings: TokenSettings) -> Keys:
    algorithms = settings.algorithms
    if settings.secret:
        accepted = (settings.secret, settings.previous_secret)
        return FixedKeys([secret_key(secret) for secret in accepted if secret])
    if settings.public_keys:
        return FixedKeys(parse_public_keys(settings.public_keys.encode(), algorithms))
    if settings.public_key_file is not None:
        return FileKeys(settings.public_key_file, partial(parse_public_keys, algorithms=algorithms))
    if _is_url(settings.jwks):
        # Here and not above, because aiohttp is most of the time it takes to import this package, and a function on AWS
        # that verifies with a secret would pay for it at every cold start.
        from talkroom.auth.jwks import JwksUrl

        return JwksUrl(settings.jwks, algorithms)
    return FileKeys(Path(settings.jwks), partial(parse_jwks, algorithms=algorithms))


def _find_algorithm_fault(algorithms: tuple[str, ...]) -> str | None:
    if not algorithms:
        return "No algorithm is configured: name the one that your tokens are signed with, such as HS256."
    unknown = sorted(set(algorithms) - ALGORITHMS)
    if unknown:
        return f"The algorithm {', '.join(unknown)} is not supported; there are {', '.join(sorted(ALGORITHMS))}."
    if SYMMETRIC.intersection(algorithms) and ASYMMETRIC.intersection(algorithms):
        return "HS256 cannot be mixed with RS256, ES256 or EdDSA: a server that knows the secret needs no public key."
    return None


def _find_key_fault(settings: TokenSettings) -> str | None:
    sources = [bool(settings.public_keys), settings.public_key_file is not None, bool(settings.jwks)]
    if SYMMETRIC.issuperset(settings.algorithms):
        if any(sources):
            return "HS256 is verified with a secret, and a public key is configured: name its algorithm, such as RS256."
        return None if settings.secret else "HS256 needs a token secret, and none is configured."
    names = ", ".join(settings.algorithms)
    if settings.secret or settings.previous_secret:
        return f"A token secret is configured, and {names} needs a public key: leave one of the two out."
    if sum(sources) != 1:
        return f"{names} needs one of public keys, a public key file and a JWKS; {sum(sources)} are given."
    fault = find_url_fault(settings.jwks) if _is_url(settings.jwks) else None
    return f"The JWKS URL cannot be used: {fault}." if fault is not None else None


def _find_claim_fault(settings: TokenSettings) -> str | None:
    if not settings.audience:
        return "The audience is empty: tokens made for other services would be accepted."
    if not 0 <= settings.leeway_s <= LEEWAY_S_MAX:
        return f"The leeway is {settings.leeway_s} s; it must be 0 to {LEEWAY_S_MAX}."
    return None


def _is_url(source: str) -> bool:
    return "://" in source
