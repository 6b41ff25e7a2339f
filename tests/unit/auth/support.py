"""What the tests of auth/ share: keys, tokens made without our own issuer, and a clock that stands still."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from talkroom.auth.settings import TokenSettings, make_verifier
from talkroom.auth.verify import JwtVerifier
from talkroom.chat.model.errors import ClientError
from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerRequestContext
from talkroom.contract.events import Identity

NOW_MS = 1_750_000_000_000
NOW_S = NOW_MS // 1000
SECRET = "a secret for tests that is long enough"
OTHER_SECRET = "another secret that is long enough too"
METHOD_ARN = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/$connect"


class StoppedClock:
    """A clock that moves when it is told to; called, it is the chat's clock in milliseconds."""

    def __init__(self) -> None:
        self.elapsed_ms = 0

    def __call__(self) -> int:
        """Milliseconds since the epoch."""
        return NOW_MS + self.elapsed_ms

    def monotonic(self) -> float:
        """Seconds, as `time.monotonic`."""
        return self.elapsed_ms / 1000

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.elapsed_ms += round(seconds * 1000)


@dataclass(frozen=True)
class KeyPair:
    """An asymmetric key in the forms that tests need."""

    algorithm: str
    private_pem: str
    public_pem: str
    jwk: Mapping[str, Any]
    """Public, without `kid`, `use` and `alg`."""


@cache
def key_pair(algorithm: str, name: str = "first") -> KeyPair:
    """The same key for the same arguments, because making one is slow."""
    match algorithm:
        case "RS256":
            return _pair(algorithm, rsa.generate_private_key(65537, 2048))
        case "ES256":
            return _pair(algorithm, ec.generate_private_key(ec.SECP256R1()))
        case "EdDSA":
            return _pair(algorithm, ed25519.Ed25519PrivateKey.generate())
    raise ValueError(f"no key is made for {algorithm}, {name}")


def private_pem(key: Any) -> str:
    """A private key as text."""
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def public_pem(key: Any) -> str:
    """The public half of a private key as text."""
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def _pair(algorithm: str, key: Any) -> KeyPair:
    jwk = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    jwk.pop("key_ops", None)
    return KeyPair(algorithm, private_pem(key), public_pem(key), jwk)


def jwks(*keys: Mapping[str, Any]) -> bytes:
    """A key set document."""
    return json.dumps({"keys": keys}).encode()


def good_claims(**changes: Any) -> dict[str, Any]:
    """Claims that are accepted at `NOW_MS`; a change to None leaves the claim out."""
    claims = {"sub": "alice", "aud": "talkroom", "exp": NOW_S + 60, "rooms": ["lobby"], **changes}
    return {name: value for name, value in claims.items() if value is not None}


def sign(
    claims: Mapping[str, Any], key: str = SECRET, algorithm: str = "HS256", headers: Mapping[str, Any] | None = None
) -> str:
    """A token made by PyJWT, as a back end would."""
    return jwt.encode(dict(claims), key, algorithm, dict(headers or {}))


def sign_raw(header: bytes, payload: bytes, secret: str = SECRET) -> str:
    """A token with any bytes in it and a good HS256 signature."""
    signing_input = base64url(header) + "." + base64url(payload)
    signature = hmac.digest(secret.encode(), signing_input.encode(), hashlib.sha256)
    return signing_input + "." + base64url(signature)


def base64url(value: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def a_verifier(clock: StoppedClock | None = None, **settings: Any) -> JwtVerifier:
    """One for `SECRET`, unless the settings say otherwise."""
    return make_verifier(TokenSettings(**(settings or {"secret": SECRET})), clock or StoppedClock())


async def refusal(verifier: JwtVerifier, token: str) -> ClientError:
    """Why the token is refused; it must be, and the reason must not hold it."""
    with pytest.raises(ClientError) as refused:
        await verifier.verify(token)
    assert not token or token not in str(refused.value)
    return refused.value


def a_handshake(
    offer: str | None, *, origin: str | None = None, name: str = "Sec-WebSocket-Protocol"
) -> AuthorizerEvent:
    """The authorizer's event of a handshake that offers these subprotocols."""
    headers = {"Host": "chat.example.com", "Upgrade": "websocket"}
    if offer is not None:
        headers[name] = offer
    if origin is not None:
        headers["Origin"] = origin
    return AuthorizerEvent(
        method_arn=METHOD_ARN,
        headers=headers,
        multi_value_headers={name: [value] for name, value in headers.items()},
        request_context=AuthorizerRequestContext(
            extended_request_id="request-1",
            request_time="15/Jun/2025:15:06:40 +0000",
            stage="prod",
            connected_at_ms=NOW_MS,
            request_at_ms=NOW_MS,
            identity=Identity(source_ip="127.0.0.1"),
            request_id="request-1",
            domain_name="chat.example.com",
            connection_id="connection-1",
            api_id="abcdef1234",
        ),
    )
