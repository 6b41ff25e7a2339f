"""Tokens are accepted by key, algorithm, audience and time; every known way around one of them is refused."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from talkroom.auth.claims import Expectation
from talkroom.auth.compact import TOKEN_CHARACTERS_MAX
from talkroom.auth.jwks import FETCH_INTERVAL_S, JwksUrl
from talkroom.auth.key_file import CHECK_INTERVAL_S, FileKeys
from talkroom.auth.keys import ASYMMETRIC, parse_public_keys
from talkroom.auth.verify import JwtVerifier
from talkroom.chat.model.errors import ErrorCode, Unavailable
from tests.unit.auth.support import (
    NOW_MS,
    NOW_S,
    OTHER_SECRET,
    SECRET,
    StoppedClock,
    a_verifier,
    base64url,
    good_claims,
    jwks,
    key_pair,
    refusal,
    sign,
    sign_raw,
)


async def test_a_token_signed_with_the_secret_is_accepted() -> None:
    """Made by PyJWT, as a back end would."""
    grant = await a_verifier().verify(sign(good_claims()))

    assert ("alice", ("lobby",)) == (grant.principal_id, grant.rooms)


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
async def test_a_token_signed_with_a_private_key_is_accepted(algorithm: str) -> None:
    """The server holds the public half only."""
    pair = key_pair(algorithm)
    verifier = a_verifier(algorithms=(algorithm,), public_keys=pair.public_pem)

    assert "alice" == (await verifier.verify(sign(good_claims(), pair.private_pem, algorithm))).principal_id


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
async def test_a_token_of_another_key_is_refused(algorithm: str) -> None:
    """Same algorithm, somebody else's private key."""
    verifier = a_verifier(algorithms=(algorithm,), public_keys=key_pair(algorithm).public_pem)
    token = sign(good_claims(), key_pair(algorithm, "other").private_pem, algorithm)

    assert "signature" in (await refusal(verifier, token)).detail


async def test_a_token_of_another_secret_is_refused() -> None:
    """Signed well, but not by us."""
    refused = await refusal(a_verifier(), sign(good_claims(), OTHER_SECRET))

    assert refused.code is ErrorCode.INVALID_TOKEN
    assert "signature" in refused.detail


async def test_an_expired_token_is_refused_as_such() -> None:
    """So that a client knows to get a new one."""
    refused = await refusal(a_verifier(), sign(good_claims(exp=NOW_S - 31)))

    assert refused.code is ErrorCode.TOKEN_EXPIRED


async def test_the_time_is_the_clocks() -> None:
    """A token that was good is refused when the clock says so, however often it was accepted before."""
    clock = StoppedClock()
    verifier = a_verifier(clock, secret=SECRET, leeway_s=0)
    token = sign(good_claims(exp=NOW_S + 60))
    clock.advance(59.999)
    last = await verifier.verify(token)

    clock.advance(0.001)

    assert NOW_MS + 60_000 == last.expires_at_ms
    assert (await refusal(verifier, token)).code is ErrorCode.TOKEN_EXPIRED


async def test_an_expired_token_with_a_wrong_signature_is_invalid() -> None:
    """What an unsigned token says about its age is not believed."""
    refused = await refusal(a_verifier(), sign(good_claims(exp=1), OTHER_SECRET))

    assert refused.code is ErrorCode.INVALID_TOKEN


async def test_a_token_for_another_audience_is_refused() -> None:
    """Signed with our secret, for another service."""
    assert "audience" in (await refusal(a_verifier(), sign(good_claims(aud="billing")))).detail


async def test_the_audience_and_the_issuer_are_configured() -> None:
    """As providers need it, where `aud` is the client's id."""
    verifier = a_verifier(secret=SECRET, audience="client-1", issuer="https://id.example")

    grant = await verifier.verify(sign(good_claims(aud="client-1", iss="https://id.example")))

    assert "alice" == grant.principal_id
    assert "issuer" in (await refusal(verifier, sign(good_claims(aud="client-1")))).detail


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", base64url(b"x" * 32)])
async def test_a_token_without_a_signature_is_refused(algorithm: str, signature: str) -> None:
    """`alg: none`, in every spelling."""
    header = base64url(json.dumps({"alg": algorithm}).encode())
    token = f"{header}.{base64url(json.dumps(good_claims()).encode())}.{signature}"

    assert (await refusal(a_verifier(), token)).code is ErrorCode.INVALID_TOKEN


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
async def test_another_algorithm_with_the_same_secret_is_refused(algorithm: str) -> None:
    """The configuration names the algorithm, the token does not."""
    secret = SECRET * 2
    token = jwt.encode(good_claims(), secret, algorithm)

    assert "HS256" in (await refusal(a_verifier(secret=secret), token)).detail


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
async def test_the_public_key_used_as_a_secret_is_refused(algorithm: str) -> None:
    """Everybody has the public key; a verifier that let the token choose HS256 would take it for the secret."""
    pem = key_pair(algorithm).public_pem
    forged = sign_raw(b'{"alg":"HS256"}', json.dumps(good_claims()).encode(), secret=pem)
    verifier = a_verifier(algorithms=(algorithm,), public_keys=pem)

    assert "algorithm" in (await refusal(verifier, forged)).detail


async def test_the_public_key_used_as_a_secret_under_its_own_algorithm_is_refused() -> None:
    """An HMAC that calls itself RS256."""
    pem = key_pair("RS256").public_pem
    forged = sign_raw(b'{"alg":"RS256"}', json.dumps(good_claims()).encode(), secret=pem)

    assert "signature" in (await refusal(a_verifier(algorithms=("RS256",), public_keys=pem), forged)).detail


async def test_a_key_in_the_header_is_ignored() -> None:
    """The attacker signs with a key of his own and sends it along, as `jwk`, `jku` or `x5c`."""
    attacker = key_pair("ES256", "attacker")
    headers = {"jwk": dict(attacker.jwk), "jku": "https://attacker.example/keys", "x5c": ["MIIB"]}
    token = sign(good_claims(), attacker.private_pem, "ES256", headers)
    verifier = a_verifier(algorithms=("ES256",), public_keys=key_pair("ES256").public_pem)

    assert "signature" in (await refusal(verifier, token)).detail


@pytest.mark.parametrize("header", [{"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": False}, {"crit": []}])
async def test_a_critical_extension_is_refused(header: dict[str, Any]) -> None:
    """Even signed with our secret: it may forbid what we would allow."""
    token = sign_raw(json.dumps({"alg": "HS256", **header}).encode(), json.dumps(good_claims()).encode())

    assert "extension" in (await refusal(a_verifier(), token)).detail


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_token_with_any_changed_part_is_refused(part: int) -> None:
    """Header, claims and signature belong together."""
    mine, hers = (
        sign(good_claims(sub=subject), headers={"kid": subject}).split(".") for subject in ("mallory", "alice")
    )
    mixed = ".".join(hers[index] if index == part else mine[index] for index in range(3))

    assert "signature" in (await refusal(a_verifier(), mixed)).detail


async def test_a_shortened_signature_is_refused() -> None:
    """A prefix of the right HMAC is not the right HMAC."""
    header, payload, _ = sign(good_claims()).split(".")
    whole = hmac.digest(SECRET.encode(), f"{header}.{payload}".encode(), hashlib.sha256)

    for size in (0, 1, 31):
        assert (await refusal(a_verifier(), f"{header}.{payload}.{base64url(whole[:size])}")).code is (
            ErrorCode.INVALID_TOKEN
        )


@pytest.mark.parametrize("algorithm", sorted(ASYMMETRIC))
@pytest.mark.parametrize("signature", [b"", b"\x00", b"\x00" * 64, b"\xff" * 64, b"\x00" * 256, b"\xff" * 1000])
async def test_a_senseless_signature_is_refused(algorithm: str, signature: bytes) -> None:
    """Zeroes included, which broken ECDSA implementations accept."""
    header, payload, _ = sign(good_claims(), key_pair(algorithm).private_pem, algorithm).split(".")
    verifier = a_verifier(algorithms=(algorithm,), public_keys=key_pair(algorithm).public_pem)

    assert "signature" in (await refusal(verifier, f"{header}.{payload}.{base64url(signature)}")).detail


async def test_two_tokens_joined_are_refused() -> None:
    """With any of the characters that join things."""
    token = sign(good_claims())

    for joint in ("", ".", ",", " ", "\x00"):
        assert (await refusal(a_verifier(), token + joint + token)).code is ErrorCode.INVALID_TOKEN


async def test_a_huge_token_is_refused() -> None:
    """Even signed with our secret."""
    token = sign(good_claims(rooms=[f"room-{number}" for number in range(1000)]))

    assert len(token) > TOKEN_CHARACTERS_MAX
    assert "longer" in (await refusal(a_verifier(), token)).detail


@pytest.mark.parametrize("token", ["", "x", "...", "🦊" * 100, "null", "a.b.c", "\x00"])
async def test_what_is_no_token_is_refused(token: str) -> None:
    """With the same error as any other bad token."""
    assert (await refusal(a_verifier(), token)).code is ErrorCode.INVALID_TOKEN


async def test_the_previous_secret_counts_beside_the_new_one() -> None:
    """So that changing it throws nobody out."""
    verifier = a_verifier(secret=SECRET, previous_secret=OTHER_SECRET)

    for secret in (SECRET, OTHER_SECRET):
        assert "alice" == (await verifier.verify(sign(good_claims(), secret))).principal_id


async def test_a_key_file_can_be_changed_while_the_server_runs(tmp_path: Path) -> None:
    """The old key stops counting and the new one begins to."""
    clock = StoppedClock()
    old, new = key_pair("EdDSA", "old"), key_pair("EdDSA", "new")
    path = tmp_path / "keys.pem"
    path.write_text(old.public_pem)
    keys = FileKeys(path, lambda content: parse_public_keys(content, ["EdDSA"]), monotonic=clock.monotonic)
    verifier = JwtVerifier(keys, ["EdDSA"], Expectation(), clock)
    before = await verifier.verify(sign(good_claims(), old.private_pem, "EdDSA"))

    path.write_text(new.public_pem)
    clock.advance(CHECK_INTERVAL_S)

    assert "alice" == before.principal_id
    assert "alice" == (await verifier.verify(sign(good_claims(), new.private_pem, "EdDSA"))).principal_id
    assert "signature" in (await refusal(verifier, sign(good_claims(), old.private_pem, "EdDSA"))).detail


async def test_a_provider_can_change_its_keys() -> None:
    """New tokens are accepted at once, a name that nobody published is refused, and the provider is asked twice."""
    published = [{**key_pair("RS256", "old").jwk, "kid": "old"}]
    asked = []

    async def answer(_request: web.Request) -> web.Response:
        asked.append(len(published))
        return web.Response(body=jwks(*published))

    def token(name: str) -> str:
        return sign(good_claims(), key_pair("RS256", name).private_pem, "RS256", {"kid": name})

    clock = StoppedClock()
    application = web.Application()
    application.router.add_get("/keys", answer)
    async with TestServer(application, host="127.0.0.1") as server:
        keys = JwksUrl(str(server.make_url("/keys")), ["RS256"], monotonic=clock.monotonic)
        verifier = JwtVerifier(keys, ["RS256"], Expectation(), clock)
        await verifier.verify(token("old"))
        published.append({**key_pair("RS256", "new").jwk, "kid": "new"})
        clock.advance(FETCH_INTERVAL_S)

        assert "alice" == (await verifier.verify(token("new"))).principal_id
        assert "`kid`" in (await refusal(verifier, token("unpublished"))).detail
        assert [1, 2] == asked
        await verifier.close()


async def test_a_token_of_another_algorithm_does_not_reach_the_provider() -> None:
    """It would be refused whatever the provider answers; here none is listening, and it is not missed."""
    verifier = a_verifier(algorithms=("RS256",), jwks="http://127.0.0.1:9/keys")

    assert "algorithm" in (await refusal(verifier, sign(good_claims()))).detail


async def test_a_closed_verifier_fetches_no_keys() -> None:
    """Closing the verifier closes what it was made from."""
    verifier = a_verifier(algorithms=("RS256",), jwks="http://127.0.0.1:9/keys")

    await verifier.close()

    with pytest.raises(Unavailable, match="closing"):
        await verifier.verify(sign(good_claims(), key_pair("RS256").private_pem, "RS256"))
