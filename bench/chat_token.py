"""A chat token made with nothing but the standard library: a JWT signed with HS256.

The bench is a user's back end here: it knows the shared secret and no code of ours.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping

LIFETIME_S = 3600


def new_secret() -> str:
    """A secret for one server and one run: 48 random bytes, 64 characters."""
    return secrets.token_urlsafe(48)


def issue(secret: str) -> str:
    """A token that lets the bench read and send in every room."""
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {
        "sub": "bench",
        "name": "Bench",
        "aud": "talkroom",
        "exp": int(time.time()) + LIFETIME_S,
        "rooms": ["*"],
        "can": ["read", "send"],
    }
    signed = f"{_encoded(header)}.{_encoded(claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(signature)}"


def _encoded(part: Mapping[str, object]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
