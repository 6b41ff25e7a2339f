"""A key set is read for what we can use, and its address is trusted only if nobody can change the answer."""

import json
import logging
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from talkroom.auth.errors import UnusableKeys
from talkroom.auth.jwk import JWKS_KEYS_MAX, find_url_fault, parse_jwks
from talkroom.auth.keys import ASYMMETRIC
from tests.unit.auth.support import SECRET, base64url, jwks, key_pair

RSA_KEY = {**key_pair("RS256").jwk, "kid": "rsa"}


def to_jwk(algorithm: str, key: Any) -> Mapping[str, Any]:
    """A key as providers publish it."""
    return dict(jwt.get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True))


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
def test_a_key_of_each_kind_is_read(algorithm: str) -> None:
    """Bound to the algorithm of its kind, by its name."""
    document = jwks({**key_pair(algorithm).jwk, "kid": "key-1", "use": "sig", "alg": algorithm, "x5t": "ignored"})

    assert [(algorithm, "key-1")] == [(key.algorithm, key.kid) for key in parse_jwks(document, ASYMMETRIC)]


@pytest.mark.parametrize(
    "useless",
    [
        {**RSA_KEY, "use": "enc"},
        {**RSA_KEY, "key_ops": ["encrypt"]},
        {**RSA_KEY, "alg": "RS512"},
        {**RSA_KEY, "alg": "RSA-OAEP"},
        {**RSA_KEY, "kty": "unheard-of"},
        {**RSA_KEY, "kid": 5},
        {**RSA_KEY, "n": "!"},
        {**RSA_KEY, "n": 5},
        {"kty": "RSA"},
        {"kty": "oct", "k": base64url(SECRET.encode())},
        {"kty": "oct", "k": base64url(SECRET.encode()), "alg": "RS256"},
        {},
        [],
        "key",
        None,
        key_pair("ES256").jwk,
        to_jwk("RS256", rsa.generate_private_key(65537, 1024).public_key()),  # noqa: S505  # which is why
    ],
)
def test_a_key_that_cannot_be_used_is_passed_over(useless: Any) -> None:
    """For encryption, for another algorithm, secret, small or broken; the good one beside it counts."""
    keys = parse_jwks(jwks(useless, RSA_KEY), ["RS256"])

    assert ["rsa"] == [key.kid for key in keys]


def test_another_curve_is_passed_over() -> None:
    """A P-384 key is no key for ES256."""
    curve = to_jwk("ES384", ec.generate_private_key(ec.SECP384R1()).public_key())

    with pytest.raises(UnusableKeys, match="no key for ES256"):
        parse_jwks(jwks({**curve, "kid": "p-384"}), ["ES256"])


def test_a_set_for_hs256_has_no_keys() -> None:
    """A published secret is no secret, whatever the configuration says."""
    with pytest.raises(UnusableKeys):
        parse_jwks(jwks({"kty": "oct", "k": base64url(SECRET.encode())}), ["HS256"])


def test_private_parameters_are_not_read() -> None:
    """A provider that publishes them has other worries; we hold no more than we need."""
    private = dict(jwt.get_algorithm_by_name("ES256").to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True))
    assert "d" in private

    (key,) = parse_jwks(jwks(private), ["ES256"])

    assert isinstance(key.material, ec.EllipticCurvePublicKey)


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[]}', b'{"keys":' + b"[" * 5000, b'{"keys":["\xff"]}'],
)
def test_what_is_no_key_set_is_refused(document: bytes) -> None:
    """An error page with status 200, for one."""
    with pytest.raises(UnusableKeys):
        parse_jwks(document, ["RS256"])


def test_a_set_of_too_many_keys_is_refused() -> None:
    """A token without a key name would have to try them all."""
    with pytest.raises(UnusableKeys, match="at most 100"):
        parse_jwks(json.dumps({"keys": [{}] * (JWKS_KEYS_MAX + 1)}).encode(), ["RS256"])


def test_a_broken_key_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Otherwise nobody would learn why tokens of that key are refused."""
    with caplog.at_level(logging.WARNING, "talkroom.auth"):
        parse_jwks(jwks({**RSA_KEY, "n": ""}, RSA_KEY), ["RS256"])

    assert 1 == len(caplog.records)


@pytest.mark.parametrize(
    "url",
    [
        "https://id.example.com/.well-known/jwks.json",
        "https://id.example.com:8443/keys?v=1",
        "http://localhost:8080/keys",
        "http://127.0.0.1/keys",
        "http://[::1]:9/keys",
    ],
)
def test_https_and_this_machine_are_trusted(url: str) -> None:
    """Nobody can change the answer on its way."""
    assert find_url_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.com/keys",
        "http://localhost.example.com/keys",
        "http://127.0.0.1.example.com/keys",
        "ftp://id.example.com/keys",
        "file:///etc/keys",
        "https://",
        "https://user:password@id.example.com/keys",
        "https://id.example.com/keys#top",
        "https://id.example.com:port/keys",
        "https://[::1/keys",
    ],
)
def test_other_addresses_are_not_trusted(url: str) -> None:
    """Whoever can change the answer can issue tokens; and a password in a URL ends up in a log."""
    assert find_url_fault(url) is not None
