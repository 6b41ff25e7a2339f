"""A handshake is answered 401, 403, or let through with the context that its commands are checked against."""

import logging
from contextlib import suppress
from typing import Any

import pytest

from talkroom.auth.authorizer import ChatAuthorizer, read_presented
from talkroom.auth.issue import TokenIssuer
from talkroom.chat.model.errors import ErrorCode, Unavailable
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.policy import Grant
from talkroom.chat.model.subscription import Kind
from talkroom.chat.protocol.context import decode_context
from talkroom.contract.authorizer import AuthorizerResult, context_for_events, find_refusal
from talkroom.contract.errors import Unauthorized
from tests.unit.auth.support import (
    METHOD_ARN,
    NOW_MS,
    NOW_S,
    OTHER_SECRET,
    SECRET,
    a_handshake,
    a_verifier,
    good_claims,
    key_pair,
    sign,
)

GOOD = sign(good_claims(name="アリス", rooms=["lobby", "team-*", "会議 室"]))


def an_authorizer(*origins: str) -> ChatAuthorizer:
    """One that admits pages of these origins, or of any."""
    return ChatAuthorizer(a_verifier(), Limits(), origins)


async def answer(
    offer: str | None, *, origin: str | None = None, allowed_origins: tuple[str, ...] = ()
) -> AuthorizerResult:
    """The result for an offer, a page\'s origin and an allow-list."""
    return await an_authorizer(*allowed_origins)(a_handshake(offer, origin=origin))


def is_allowed(result: AuthorizerResult) -> bool:
    """As the gateway reads the policy."""
    return find_refusal(result.policy_document, METHOD_ARN) is None


@pytest.mark.parametrize(
    ("offer", "kind"),
    [
        (f"{GOOD}, lobby", Kind.PLAIN),
        (f"{GOOD},lobby", Kind.PLAIN),
        (f"talkroom.v1, {GOOD}", Kind.V1),
        (f"talkroom.v1, {GOOD}, lobby", Kind.V1),
        (f"talkroom.v1,{GOOD},team-7", Kind.V1),
        (f"talkroom.v1, {GOOD}, %E4%BC%9A%E8%AD%B0%20%E5%AE%A4", Kind.V1),
    ],
)
async def test_a_good_token_is_allowed_with_its_grant(offer: str, kind: Kind) -> None:
    """The chat reads the same grant from the context of every later event."""
    result = await answer(offer)

    expected = Grant(
        principal_id="alice",
        name="アリス",
        rooms=("lobby", "team-*", "会議 室"),
        can=frozenset({"read", "send"}),
        expires_at_ms=NOW_MS + 90_000,
    )
    assert is_allowed(result)
    assert (expected, kind) == decode_context(context_for_events(result))


@pytest.mark.parametrize("name", ["Sec-WebSocket-Protocol", "sec-websocket-protocol", "SEC-WEBSOCKET-PROTOCOL"])
async def test_the_header_is_found_in_any_case(name: str) -> None:
    """API Gateway keeps the client's spelling."""
    assert is_allowed(await an_authorizer()(a_handshake(f"talkroom.v1, {GOOD}", name=name)))


async def test_this_handshake_is_allowed_and_no_other() -> None:
    """The policy names the ARN of the event."""
    result = await answer(f"talkroom.v1, {GOOD}")

    assert [METHOD_ARN] == [statement.resource for statement in result.policy_document.statement]
    assert "alice" == result.principal_id


@pytest.mark.parametrize("offer", [None, "", " ", ",", "talkroom.v1", "talkroom.v1,", "talkroom.v1,,lobby", ",lobby"])
async def test_a_handshake_without_a_token_is_unauthorized(offer: str | None) -> None:
    """401: there is nobody to deny anything to."""
    with pytest.raises(Unauthorized, match="no token"):
        await answer(offer)


@pytest.mark.parametrize(
    "token",
    [
        "secret",
        GOOD[:-4] + "AAAA",
        sign(good_claims(), OTHER_SECRET),
        sign(good_claims(aud="other")),
        sign(good_claims(exp=NOW_S - 31)),
        sign(good_claims(rooms="lobby")),
    ],
    ids=["no token", "tampered", "other secret", "other audience", "expired", "wrong claim"],
)
@pytest.mark.parametrize(
    "offer", ["{}, lobby", "talkroom.v1, {}", "talkroom.v1, {}, lobby", "{}", "talkroom.v1, {}, a, b"]
)
async def test_a_bad_token_is_unauthorized(token: str, offer: str) -> None:
    """401, whatever is offered around it; the reason does not hold the token."""
    with pytest.raises(Unauthorized) as refused:
        await answer(offer.format(token))

    assert token not in str(refused.value) or token == "secret"


@pytest.mark.parametrize(
    "offer", [GOOD, f"{GOOD}, lobby, more", f"{GOOD},", f"talkroom.v1, {GOOD}, lobby, more", f"talkroom.v1, {GOOD},"]
)
async def test_a_good_token_in_a_malformed_offer_is_left_to_connect(offer: str) -> None:
    """`$connect` answers 400 with a sentence; an authorizer cannot say 400."""
    result = await answer(offer)

    assert is_allowed(result)
    assert "alice" == decode_context(context_for_events(result))[0].principal_id


@pytest.mark.parametrize("offer", [f"{GOOD}, {{}}", f"talkroom.v1, {GOOD}, {{}}"])
@pytest.mark.parametrize("room", ["other", "lobby2", "Lobby", "team", "%00", "a%0Ab", "%20lobby", "r" * 129, "%FF"])
async def test_a_room_that_the_token_does_not_cover_is_denied(offer: str, room: str) -> None:
    """403, also for what can be no room."""
    result = await answer(offer.format(room))

    assert not is_allowed(result)
    assert ("alice", {}) == (result.principal_id, result.context)


async def test_a_token_without_rooms_is_allowed_without_a_room() -> None:
    """It may connect and join nothing; a refreshed token may bring rooms."""
    assert is_allowed(await answer(f"talkroom.v1, {sign(good_claims(rooms=None))}"))


async def test_the_limit_on_room_ids_is_the_configured_one() -> None:
    """In bytes of UTF-8."""
    authorizer = ChatAuthorizer(a_verifier(), Limits(room_id_bytes_max=4), ())

    assert not is_allowed(await authorizer(a_handshake(f"{GOOD}, lobby")))


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
async def test_a_page_of_another_origin_is_denied(origin: str) -> None:
    """403, whatever its token."""
    for offer in (f"talkroom.v1, {GOOD}", "talkroom.v1, nonsense", None):
        result = await answer(offer, origin=origin, allowed_origins=("https://example.com",))

        assert not is_allowed(result)
        assert "anonymous" == result.principal_id


@pytest.mark.parametrize("origin", [None, "https://example.com", "https://chat.example.org"])
async def test_an_allowed_page_and_a_program_are_let_through(origin: str | None) -> None:
    """A program sends no Origin."""
    allowed = ("https://example.com", "https://*.example.org")

    assert is_allowed(await answer(f"talkroom.v1, {GOOD}", origin=origin, allowed_origins=allowed))


async def test_unreachable_keys_are_not_the_clients_fault() -> None:
    """Unavailable goes through and becomes 500: a client should come back with the same token."""
    verifier = a_verifier(algorithms=("RS256",), jwks="http://127.0.0.1:9/keys")
    await verifier.close()
    token = sign(good_claims(), key_pair("RS256").private_pem, "RS256")

    with pytest.raises(Unavailable):
        await ChatAuthorizer(verifier, Limits())(a_handshake(f"talkroom.v1, {token}"))


def a_token_of_many_rooms() -> str:
    """Under the limit of a token, and over that of a context, where percent-encoding takes nine characters for 会."""
    return TokenIssuer(SECRET).issue("alice", rooms=[f"会議{number}" for number in range(400)], now_ms=NOW_MS)


async def test_a_context_that_api_gateway_would_not_take_is_denied() -> None:
    """403 with a cause in the log, where AWS would answer 500 with none."""
    assert not is_allowed(await answer(f"talkroom.v1, {a_token_of_many_rooms()}"))


async def test_the_log_says_why_a_context_is_too_large(caplog: pytest.LogCaptureFixture) -> None:
    """And what to change; the user cannot."""
    with caplog.at_level(logging.WARNING, "talkroom.auth"):
        await answer(f"talkroom.v1, {a_token_of_many_rooms()}")

    assert "the token's 400 rooms" in caplog.text
    assert "prefix" in caplog.text


@pytest.mark.parametrize(
    ("offer", "origin", "reason", "principal"),
    [
        (None, None, "no token", None),
        (f"{sign(good_claims(aud='x'))}, lobby", None, "audience", None),
        (f"{GOOD}, other", None, "do not cover", "alice"),
        (f"{GOOD}, %00", None, "control character", "alice"),
        (f"{GOOD}, lobby", "https://evil.example", "Origin", "anonymous"),
    ],
)
async def test_a_refusal_is_logged_without_the_token(
    offer: str | None, origin: str | None, reason: str, principal: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """One line at info with the reason, the connection, and who it was if that is known."""
    with caplog.at_level(logging.DEBUG, "talkroom.auth"), suppress(Unauthorized):
        await answer(offer, origin=origin, allowed_origins=("https://example.com",))

    (record,) = caplog.records
    extra: dict[str, Any] = vars(record)
    assert logging.INFO == record.levelno
    assert reason in record.getMessage()
    assert ("connection-1", principal) == (extra["connection_id"], extra.get("principal_id"))
    assert offer is None or offer.split(",")[0] not in record.getMessage()


async def test_a_handshake_that_is_allowed_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The gateway logs that a connection opened."""
    with caplog.at_level(logging.DEBUG, "talkroom.auth"):
        await answer(f"talkroom.v1, {GOOD}")

    assert [] == caplog.records


def test_what_was_presented_does_not_show_the_token() -> None:
    """A traceback or a log of it holds no token."""
    presented = read_presented(f"{GOOD}, %FF")

    assert presented.fault is not None
    assert presented.fault.code is ErrorCode.INVALID_ROOM_ID
    assert GOOD not in repr(presented)
