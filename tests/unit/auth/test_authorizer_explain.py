"""What a client is told of its refusal is what the authorizer decides."""

import pytest
from aiohttp.test_utils import unused_port

from talkroom.auth.authorizer import ChatAuthorizer
from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.limits import Limits
from talkroom.contract.authorizer import find_refusal
from talkroom.contract.errors import Unauthorized
from tests.unit.auth.support import (
    METHOD_ARN,
    NOW_S,
    OTHER_SECRET,
    a_handshake,
    a_verifier,
    good_claims,
    key_pair,
    sign,
)

OURS = "https://chat.example.com"
GOOD = sign(good_claims())
TOKENS = {
    "good": GOOD,
    "without rooms": sign(good_claims(rooms=[])),
    "empty": "",
    "garbage": "garbage",
    "of another secret": sign(good_claims(), OTHER_SECRET),
    "for somebody else": sign(good_claims(aud="another")),
    "expired": sign(good_claims(exp=NOW_S - 3600)),
    # A quotation mark has two characters in the token, and three or more in the result.
    "with too many rooms": sign(good_claims(rooms=[f"{number}" + '"' * 100 for number in range(28)])),
}


def an_authorizer(*origins: str) -> ChatAuthorizer:
    """One that admits pages of these origins, or of any."""
    return ChatAuthorizer(a_verifier(), Limits(), origins)


async def status_of_handshake(authorizer: ChatAuthorizer, token: str, origin: str | None) -> int | None:
    """How the gateway answers, and None when it goes on to `$connect`."""
    try:
        result = await authorizer(a_handshake(f"talkroom.v1, {token}", origin=origin))
    except Unauthorized:
        return 401
    return None if find_refusal(result.policy_document, METHOD_ARN) is None else 403


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("origin", [None, OURS, "https://evil.example"])
@pytest.mark.parametrize("listed", [(), (OURS,)])
async def test_it_agrees_with_the_handshake(token: str, origin: str | None, listed: tuple[str, ...]) -> None:
    """In every combination of token, page and list."""
    authorizer = an_authorizer(*listed)
    handshake = await status_of_handshake(authorizer, token, origin)
    explanation = await authorizer.explain(token, [] if origin is None else [origin], METHOD_ARN)

    assert (handshake is None) == (explanation is None)
    if explanation is not None and token != TOKENS["with too many rooms"]:
        assert handshake == explanation.status


@pytest.mark.parametrize(
    ("token", "status", "name"),
    [
        ("", 401, "invalidToken"),
        ("garbage", 401, "invalidToken"),
        (TOKENS["of another secret"], 401, "invalidToken"),
        (TOKENS["with too many rooms"], 401, "invalidToken"),
        (TOKENS["expired"], 401, "tokenExpired"),
    ],
)
async def test_what_is_wrong_with_a_token_has_a_name(token: str, status: int, name: str) -> None:
    """One that a client can act on; the detail does not repeat the token."""
    explanation = await an_authorizer().explain(token, [], METHOD_ARN)

    assert explanation is not None
    assert (status, name) == (explanation.status, explanation.name)
    assert not token or token not in explanation.detail


async def test_a_page_that_is_not_listed_is_told_so_before_its_token_is_looked_at() -> None:
    """As in a handshake."""
    explanation = await an_authorizer(OURS).explain("garbage", ["https://evil.example"], METHOD_ARN)

    assert explanation is not None
    assert (403, "originNotAllowed") == (explanation.status, explanation.name)
    assert "https://evil.example" in explanation.detail


async def test_one_of_several_possible_origins_is_enough() -> None:
    """Where the page's own origin cannot be told exactly."""
    assert await an_authorizer(OURS).explain(GOOD, ["http://chat.example.com", OURS], METHOD_ARN) is None


async def test_keys_that_cannot_be_had_are_not_the_clients_fault() -> None:
    """Nothing is said of the token."""
    pair = key_pair("ES256")
    verifier = a_verifier(jwks=f"http://127.0.0.1:{unused_port()}/keys", algorithms=("ES256",))
    token = sign(good_claims(), pair.private_pem, "ES256", {"kid": "first"})
    try:
        with pytest.raises(Unavailable):
            await ChatAuthorizer(verifier, Limits()).explain(token, [], METHOD_ARN)
    finally:
        await verifier.close()
