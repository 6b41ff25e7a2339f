"""Settings that cannot work or are not safe are refused with a sentence that says what to change."""

from pathlib import Path
from typing import Any

import pytest

from talkroom.auth.errors import InvalidSettings
from talkroom.auth.settings import LEEWAY_S_MAX, TokenSettings, make_verifier
from tests.unit.auth.support import (
    OTHER_SECRET,
    SECRET,
    StoppedClock,
    a_verifier,
    good_claims,
    jwks,
    key_pair,
    sign,
)

RSA_PEM = key_pair("RS256").public_pem


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({}, "HS256 needs a token secret"),
        ({"previous_secret": SECRET}, "HS256 needs a token secret"),
        ({"secret": "short"}, "at least 32"),
        ({"secret": SECRET, "previous_secret": "short"}, "at least 32"),
        ({"secret": RSA_PEM}, "public key"),
        ({"secret": SECRET, "algorithms": ()}, "No algorithm"),
        ({"secret": SECRET, "algorithms": ("none",)}, "algorithm none is not supported"),
        ({"secret": SECRET, "algorithms": ("HS512",)}, "there are ES256, EdDSA, HS256, RS256"),
        ({"secret": SECRET, "algorithms": ("HS256", "RS256")}, "cannot be mixed"),
        ({"secret": SECRET, "public_keys": RSA_PEM}, "name its algorithm, such as RS256"),
        ({"secret": SECRET, "public_key_file": Path("key.pem")}, "name its algorithm"),
        ({"jwks": "https://id.example/keys"}, "name its algorithm"),
        ({"algorithms": ("RS256",)}, "one of public keys, a public key file and a JWKS; 0 are given"),
        ({"algorithms": ("RS256",), "secret": SECRET}, "leave one of the two out"),
        ({"algorithms": ("RS256",), "public_keys": RSA_PEM, "previous_secret": SECRET}, "leave one of the two out"),
        ({"algorithms": ("RS256",), "public_keys": RSA_PEM, "jwks": "keys.json"}, "2 are given"),
        ({"algorithms": ("RS256",), "jwks": "http://id.example/keys"}, "only https"),
        ({"secret": SECRET, "audience": ""}, "audience is empty"),
        ({"secret": SECRET, "leeway_s": -1}, "leeway is -1 s"),
        ({"secret": SECRET, "leeway_s": LEEWAY_S_MAX + 1}, "must be 0 to 600"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], complaint: str) -> None:
    """They cannot even be made, so nothing else has to check them."""
    with pytest.raises(InvalidSettings, match=complaint):
        TokenSettings(**settings)


def test_no_secret_shows() -> None:
    """Settings are logged at the start."""
    shown = repr(TokenSettings(secret=SECRET, previous_secret=OTHER_SECRET))

    assert SECRET not in shown
    assert OTHER_SECRET not in shown
    assert "talkroom" in shown


@pytest.mark.parametrize("secret", ["the-password-is-too-short", key_pair("ES256").private_pem])
def test_no_refusal_shows_a_secret(secret: str) -> None:
    """It ends up in a log."""
    with pytest.raises(InvalidSettings) as refused:
        TokenSettings(secret=secret)

    assert secret not in str(refused.value)
    assert "BEGIN" not in str(refused.value)


async def test_one_verifier_may_accept_several_public_algorithms() -> None:
    """While one replaces the other, say."""
    both = key_pair("RS256").public_pem + key_pair("EdDSA").public_pem
    verifier = a_verifier(algorithms=("RS256", "EdDSA"), public_keys=both)

    for algorithm in ("RS256", "EdDSA"):
        token = sign(good_claims(), key_pair(algorithm).private_pem, algorithm)
        assert "alice" == (await verifier.verify(token)).principal_id


async def test_keys_come_from_a_pem_file(tmp_path: Path) -> None:
    """Named by its path."""
    path = tmp_path / "key.pem"
    path.write_text(RSA_PEM)
    verifier = a_verifier(algorithms=("RS256",), public_key_file=path)

    token = sign(good_claims(), key_pair("RS256").private_pem, "RS256")

    assert "alice" == (await verifier.verify(token)).principal_id


async def test_keys_come_from_a_jwks_file(tmp_path: Path) -> None:
    """The same setting as for a URL."""
    path = tmp_path / "jwks.json"
    path.write_bytes(jwks({**key_pair("RS256").jwk, "kid": "key-1"}))
    verifier = a_verifier(algorithms=("RS256",), jwks=str(path))

    token = sign(good_claims(), key_pair("RS256").private_pem, "RS256", {"kid": "key-1"})

    assert "alice" == (await verifier.verify(token)).principal_id


@pytest.mark.parametrize(
    "settings",
    [{"public_keys": "not PEM"}, {"public_key_file": Path("/nonexistent")}, {"jwks": "/nonexistent"}],
)
def test_keys_that_cannot_be_read_are_refused_at_the_start(settings: dict[str, Any]) -> None:
    """By `make_verifier`, which is the first to read them."""
    valid = TokenSettings(algorithms=("RS256",), **settings)

    with pytest.raises(InvalidSettings):
        make_verifier(valid, StoppedClock())


def test_a_provider_that_is_down_does_not_keep_the_server_from_starting() -> None:
    """Nothing is fetched before the first token."""
    make_verifier(TokenSettings(algorithms=("RS256",), jwks="https://id.example/keys"), StoppedClock())
