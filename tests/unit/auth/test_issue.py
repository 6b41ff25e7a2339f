"""Issued tokens are accepted by our verifier and by PyJWT, and what could not be accepted is not issued."""

from typing import Any

import jwt
import pytest

from talkroom.auth.errors import InvalidClaims, InvalidSettings
from talkroom.auth.issue import TokenIssuer
from talkroom.auth.keys import ASYMMETRIC
from talkroom.chat.model.policy import Grant
from tests.unit.auth.support import NOW_MS, NOW_S, SECRET, a_verifier, key_pair


def read(token: str) -> dict[str, Any]:
    """As a stranger reads it."""
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="talkroom", options={"verify_exp": False})
    return dict(claims)


async def test_an_issued_token_makes_the_grant_that_was_asked_for() -> None:
    """All the way through the verifier."""
    token = TokenIssuer(SECRET).issue(
        "alice", name="アリス", rooms=["lobby", "team-*"], can=["read"], ttl_s=60, now_ms=NOW_MS
    )

    expected = Grant(
        principal_id="alice",
        name="アリス",
        rooms=("lobby", "team-*"),
        can=frozenset({"read"}),
        expires_at_ms=NOW_MS + 60_000,
    )
    assert expected == await a_verifier(secret=SECRET, leeway_s=0).verify(token)


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
async def test_a_token_signed_with_a_private_key_is_accepted(algorithm: str) -> None:
    """By a verifier that has the public half only."""
    pair = key_pair(algorithm)

    token = TokenIssuer(pair.private_pem, algorithm).issue("alice", now_ms=NOW_MS)

    verifier = a_verifier(algorithms=(algorithm,), public_keys=pair.public_pem)
    assert "alice" == (await verifier.verify(token)).principal_id


def test_an_issued_token_is_an_ordinary_jwt() -> None:
    """PyJWT reads it; what was not asked for is not in it, and a name keeps its own letters."""
    token = TokenIssuer(SECRET).issue("alice", now_ms=NOW_MS + 999)

    expected = {
        "sub": "alice",
        "aud": "talkroom",
        "iat": NOW_S,
        "exp": NOW_S + 3600,
        "rooms": [],
        "can": ["read", "send"],
    }
    assert expected == read(token)


def test_the_header_names_the_key_when_it_has_a_name() -> None:
    """Verifiers that know several keys need it."""
    named = TokenIssuer(SECRET, kid="2025-06").issue("alice", now_ms=NOW_MS)
    nameless = TokenIssuer(SECRET).issue("alice", now_ms=NOW_MS)

    assert {"alg": "HS256", "typ": "JWT", "kid": "2025-06"} == jwt.get_unverified_header(named)
    assert {"alg": "HS256", "typ": "JWT"} == jwt.get_unverified_header(nameless)


def test_audience_and_issuer_are_the_issuers() -> None:
    """They are the same for all its tokens."""
    token = TokenIssuer(SECRET, audience="chat", issuer="https://id.example").issue("alice", now_ms=NOW_MS)

    claims = jwt.decode(token, options={"verify_signature": False})
    assert ("chat", "https://id.example") == (claims["aud"], claims["iss"])


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({"user": ""}, "`sub`"),
        ({"user": "a\nb"}, "`sub`"),
        ({"name": "n" * 65}, "`name`"),
        ({"rooms": [""]}, r"`rooms\[0\]`"),
        ({"rooms": "lobby"}, "lists, not strings"),
        ({"can": "send"}, "lists, not strings"),
        ({"can": ["sned"]}, "no capability sned; there are read, send"),
        ({"ttl_s": 0}, "last 0 s"),
        ({"ttl_s": -5}, "last -5 s"),
        ({"ttl_s": 10**12}, "`exp`"),
        ({"rooms": [f"room-{number}" for number in range(1000)]}, "prefix"),
    ],
)
def test_a_token_that_would_be_refused_is_not_issued(request_: dict[str, Any], complaint: str) -> None:
    """The mistake shows where it was made, with the verifier's own sentence."""
    with pytest.raises(InvalidClaims, match=complaint):
        TokenIssuer(SECRET).issue(**{"user": "alice", "now_ms": NOW_MS, **request_})


@pytest.mark.parametrize("algorithm", ["none", "HS512", "RS384", "", "hs256"])
def test_an_algorithm_that_no_server_accepts_is_refused(algorithm: str) -> None:
    """The message lists those that there are."""
    with pytest.raises(InvalidSettings, match="ES256, EdDSA, HS256, RS256"):
        TokenIssuer(SECRET, algorithm)


def test_a_key_that_does_not_fit_is_refused() -> None:
    """A secret cannot sign ES256, and a short one cannot sign at all."""
    with pytest.raises(InvalidSettings, match="PEM"):
        TokenIssuer(SECRET, "ES256")
    with pytest.raises(InvalidSettings, match="at least 32"):
        TokenIssuer("short")
