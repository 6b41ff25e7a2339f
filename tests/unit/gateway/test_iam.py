"""AWS_IAM on `$connect`: C.44 of the contract page."""

from collections.abc import Callable

import pytest

from talkroom.contract.authorizer import INVOKE, PolicyDocument, Statement
from talkroom.gateway.event_factory import HandshakeRequest
from talkroom.gateway.iam import IamAuthorization
from talkroom.gateway.permissions import stage_arn
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signed_request import RequestToVerify
from talkroom.gateway.signing_keys import ManagementKey
from tests.unit.gateway.signed import KEY, SIGNED_AT_MS, sign_handshake, sign_query, with_header

STAGE = stage_arn(region="us-east-1", account_id="000000000000", api_id="talkroom00", stage="prod")
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and"
    " signing method. Consult the service documentation for details."
)


def decide(request: RequestToVerify, *keys: ManagementKey, now_ms: int = SIGNED_AT_MS) -> tuple[int, str] | None:
    """What becomes of a handshake; its headers come as the request head's reader gives them, a byte a character."""
    handshake = HandshakeRequest(
        target=request.target,
        headers=tuple((name, value.encode().decode("latin-1")) for name, value in request.headers),
        query=(),
        source_ip="127.0.0.1",
        scheme="http",
        port=8080,
    )
    return IamAuthorization(SignatureVerifier(keys or (KEY,), lambda: now_ms), STAGE)(handshake)


@pytest.mark.parametrize("target", ["/prod", "/prod/", "/prod?room=lobby&name=%E3%81%82", "/"])
def test_a_signed_handshake_is_admitted(target: str) -> None:
    """By its headers, as a program signs, or by its query, as a browser does."""
    assert None is decide(sign_handshake(target))
    assert None is decide(sign_query(target))


def test_headers_that_were_not_signed_do_not_matter() -> None:
    """A browser adds a dozen."""
    assert None is decide(with_header(sign_query(), "User-Agent", "Mozilla/5.0 café"))


def test_a_signed_header_may_hold_any_text() -> None:
    """It is signed as UTF-8, and read as bytes."""
    assert None is decide(sign_handshake(headers=(("X-Amz-Note", "こんにちは"),)))


def test_an_unsigned_handshake_is_refused() -> None:
    """As observed on AWS."""
    unsigned = with_header(sign_handshake(), "Authorization")
    assert (403, "Missing Authentication Token") == decide(unsigned)


@pytest.mark.parametrize("request_of", [sign_handshake, sign_query])
def test_another_secret_is_refused(request_of: Callable[..., RequestToVerify]) -> None:
    """As observed on AWS."""
    assert (403, MISMATCH) == decide(request_of(key=ManagementKey(KEY.access_key_id, "another")))


def test_an_unknown_key_is_refused() -> None:
    """As observed on AWS."""
    refused = decide(sign_query(), ManagementKey("AKIDOTHER", "a secret"))
    assert (403, "The security token included in the request is invalid.") == refused


def test_an_expired_url_is_refused() -> None:
    """Five minutes, whatever X-Amz-Expires says."""
    refused = decide(sign_query(expires_s=86_400), now_ms=SIGNED_AT_MS + 360_000)
    words = "Signature expired: 20260102T030405Z is now earlier than 20260102T030505Z (20260102T031005Z - 5 min.)"
    assert (403, words) == refused


def test_a_header_that_is_not_text_is_refused() -> None:
    """No signer has signed such bytes."""
    request = sign_handshake(headers=(("X-Amz-Note", "signed"),))
    handshake = HandshakeRequest(
        target=request.target,
        headers=with_header(request, "X-Amz-Note", "\xff").headers,
        query=(),
        source_ip="127.0.0.1",
        scheme="http",
        port=8080,
    )
    verifier = SignatureVerifier([KEY], lambda: SIGNED_AT_MS)
    assert (403, MISMATCH) == IamAuthorization(verifier, STAGE)(handshake)


@pytest.mark.parametrize("resource", [f"{STAGE}/$connect", f"{STAGE}/*", "*"])
def test_a_key_that_may_invoke_connect_is_admitted(resource: str) -> None:
    """By its policy."""
    policy = PolicyDocument([Statement(INVOKE, "Allow", resource)])
    assert None is decide(sign_query(), ManagementKey(KEY.access_key_id, KEY.secret_access_key, policy))


def test_a_key_that_may_not_is_refused() -> None:
    """In AWS's words."""
    policy = PolicyDocument([Statement(INVOKE, "Allow", f"{STAGE}/sendmessage")])
    words = (
        "User: arn:aws:iam::000000000000:user/AKIDEXAMPLE is not authorized to perform: execute-api:Invoke on resource:"
        " arn:aws:execute-api:us-east-1:********0000:talkroom00/prod/$connect"
        " because no identity-based policy allows the execute-api:Invoke action"
    )
    assert (403, words) == decide(sign_query(), ManagementKey(KEY.access_key_id, KEY.secret_access_key, policy))
