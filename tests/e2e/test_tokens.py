"""Servers that verify with a public key: what other keys and algorithms sign is worth nothing there."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from talkroom.conformance.wire import Wire, handshake
from tests.e2e.client import Client
from tests.e2e.server import ServerProcess, issue

KEY = rsa.generate_private_key(65537, 2048)
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def claims(**changes: Any) -> dict[str, Any]:
    """What a good token says."""
    now_s = int(time.time())
    return {"sub": "alice", "aud": "talkroom", "exp": now_s + 600, "rooms": ["*"], **changes}


def private_pem(key: Any) -> bytes:
    """For PyJWT."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def hmac_signed(secret: bytes) -> str:
    """HS256 by hand: PyJWT refuses to take a public key for a secret."""

    def encode(part: bytes) -> bytes:
        return base64.urlsafe_b64encode(part).rstrip(b"=")

    signed = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(json.dumps(claims()).encode())
    return (signed + b"." + encode(hmac.new(secret, signed, hashlib.sha256).digest())).decode()


@pytest.fixture(scope="module")
def rs256_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that is configured with a public key for RS256."""
    folder = tmp_path_factory.mktemp("rs256")
    (folder / "public.pem").write_bytes(PUBLIC_PEM)
    options = ("--token-key", str(folder / "public.pem"), "--token-algorithms", "RS256")
    with ServerProcess(folder, *options, secret=None) as running:
        yield running


async def status_of(server: ServerProcess, token: str) -> int:
    """What a handshake with this token is answered."""
    async with await Wire.connect(server.port) as wire:
        wire.send(handshake(protocols=f"talkroom.v1, {token}, lobby"))
        return (await wire.response()).status


async def test_a_token_of_the_private_key_is_good(rs256_server: ServerProcess) -> None:
    """With any JWT library."""
    token = jwt.encode(claims(), private_pem(KEY), "RS256")
    async with await Client.open(rs256_server.port, token, "lobby") as client:
        await client.do("sendmessage", roomId="lobby", message="signed")

        assert "signed" == await client.said()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(hmac_signed(PUBLIC_PEM), id="the public key as a secret"),
        pytest.param(hmac_signed(PUBLIC_PEM.strip()), id="the public key as a secret, without its last line break"),
        pytest.param(hmac_signed(b""), id="no secret"),
        pytest.param(issue(), id="a secret"),
        pytest.param(jwt.encode(claims(), None, "none"), id="alg none"),
        pytest.param(jwt.encode(claims(), private_pem(KEY), "RS512"), id="another algorithm of the key"),
        pytest.param(
            jwt.encode(claims(), private_pem(rsa.generate_private_key(65537, 2048)), "RS256"), id="another key"
        ),
        pytest.param(
            jwt.encode(claims(), private_pem(ec.generate_private_key(ec.SECP256R1())), "ES256"), id="a key on a curve"
        ),
        pytest.param(jwt.encode(claims(exp=1), private_pem(KEY), "RS256"), id="expired"),
        pytest.param(jwt.encode(claims(aud="other"), private_pem(KEY), "RS256"), id="another audience"),
    ],
)
async def test_any_other_token_is_401(rs256_server: ServerProcess, token: str) -> None:
    """Algorithms are pinned by configuration and never read from the token."""
    assert 401 == await status_of(rs256_server, token)


async def test_a_bad_token_does_not_refresh_a_connection(rs256_server: ServerProcess) -> None:
    """`refresh` is as strict as the handshake."""
    async with await Client.open(rs256_server.port, jwt.encode(claims(), private_pem(KEY), "RS256")) as client:
        answers = [
            (await client.ask("refresh", token=token))["name"]
            for token in (hmac_signed(PUBLIC_PEM), jwt.encode(claims(), None, "none"), issue())
        ]

    assert ["invalidToken"] * 3 == answers
