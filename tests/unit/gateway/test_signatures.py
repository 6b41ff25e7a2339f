"""Which requests a signature in the headers covers, and in which words the others are refused."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkroom.gateway.signed_request import (
    IncompleteSignature,
    InvalidSignature,
    MissingAuthenticationToken,
    RequestToVerify,
    SignatureRefused,
    UnrecognizedClient,
)
from talkroom.gateway.signing_keys import ManagementKey
from tests.unit.gateway.signed import (
    ENCODED,
    KEY,
    MISMATCH,
    PLAIN,
    SIGNED_AT,
    SIGNED_AT_MS,
    sign,
    verify,
    with_header,
    with_target,
)

SCOPE = "AKIDEXAMPLE/20260102/eu-west-1/execute-api/aws4_request"


def with_authorization(change: Callable[[str], str]) -> RequestToVerify:
    """A signed request whose Authorization header was changed."""
    request = sign()
    return with_header(request, "Authorization", change(request.values("authorization")[0]))


def recorded(target: str, signed_headers: str, signature: str, **headers: str) -> RequestToVerify:
    """A request recorded from another program, given `KEY`, `SIGNED_AT`, `BODY` and the region eu-west-1."""
    authorization = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={signed_headers}, Signature={signature}"
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    always = (("Host", "chat.example.com"), ("X-Amz-Date", SIGNED_AT), ("Authorization", authorization))
    return RequestToVerify("POST", target, (*always, *named))


def test_accepts_the_sdk_for_javascript() -> None:
    """Recorded from @smithy/signature-v4 5.7.5, which also declares the hash of the body."""
    verify(
        recorded(
            ENCODED,
            "content-type;host;x-amz-content-sha256;x-amz-date",
            "e0a94e64a8445d55d53a91595ec7307bffced2d145ac26bbeea18e4ce61d5bad",
            content_type="application/octet-stream",
            x_amz_content_sha256="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        )
    )


def test_accepts_a_signer_of_the_plain_path() -> None:
    """Recorded from the npm package aws4, which sends the path plain and signs the content's length."""
    verify(
        recorded(
            PLAIN,
            "content-length;content-type;host;x-amz-date",
            "29cba26d458d0c3023d0f289091af2e3aca3f3da5d48a1ec7dad41587e2ec191",
            content_length="5",
            content_type="text/plain",
        )
    )


def test_accepts_a_signer_that_sends_encoded_what_it_signed_plain_and_signs_its_user_agent() -> None:
    """Recorded from curl 7.88.1 with --aws-sigv4: it encodes once where botocore does twice, and signs a given User-Agent."""
    verify(
        recorded(
            ENCODED,
            "content-type;host;user-agent;x-amz-date",
            "d21f45d74ab7ef0190055fc5f59bdc98f249b9791a53f1c5f20d9b3bf22c1dca",
            content_type="text/plain",
            user_agent="curl/7.88.1",
        )
    )


@pytest.mark.parametrize("signed", [ENCODED, PLAIN])
@pytest.mark.parametrize(
    "sent", [ENCODED, PLAIN, "/prod/@connections/R0oXAdfD0kwCH6w%3D", "/prod/%40connections/R0oXAdfD0kwCH6w%3d"]
)
def test_accepts_each_spelling_of_the_path_whichever_was_signed(signed: str, sent: str) -> None:
    """An HTTP client between the signer and us may encode or decode the path."""
    verify(with_target(sign(signed), sent))


def test_accepts_any_region() -> None:
    """One machine has no region, and callers have the one of their environment."""
    verify(sign(region="ap-northeast-1"))


def test_accepts_a_signed_query() -> None:
    """The query is part of what was signed."""
    verify(sign(PLAIN + "?b=2&a=1"))


def test_accepts_header_names_in_any_case_and_values_with_more_space() -> None:
    """HTTP lets a proxy change both; the canonical form undoes it."""
    request = sign(headers=(("X-Amz-Note", "two words"),))
    verify(with_header(request, "x-amz-NOTE", "  two   words "))


def test_accepts_a_signed_query_that_was_sent_less_encoded_than_it_was_signed() -> None:
    """As a URL comes out of a library that parses it and writes it again."""
    verify(with_target(sign(PLAIN + "?a=x%2Fy"), PLAIN + "?a=x/y"))


def test_accepts_the_session_token_of_an_environment() -> None:
    """On AWS such a variable is common; with a key that has none it means nothing."""
    verify(sign(headers=(("X-Amz-Security-Token", "token"),)))


@pytest.mark.parametrize("skew_ms", [-300_000, 0, 300_000])
def test_accepts_a_clock_that_is_five_minutes_off(skew_ms: int) -> None:
    """The tolerance of AWS, to the second."""
    verify(sign(), now_ms=SIGNED_AT_MS + skew_ms)


def test_refuses_a_request_older_than_five_minutes() -> None:
    """Its words show the caller both clocks."""
    with pytest.raises(InvalidSignature) as refused:
        verify(sign(), now_ms=SIGNED_AT_MS + 301_000)
    words = "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)"
    assert words == str(refused.value)


def test_refuses_a_request_from_the_future() -> None:
    """More than five minutes ahead."""
    with pytest.raises(InvalidSignature) as refused:
        verify(sign(), now_ms=SIGNED_AT_MS - 301_000)
    words = (
        "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + 5 min.)"
    )
    assert words == str(refused.value)


def test_refuses_a_changed_body() -> None:
    """The hash of the body is in what was signed."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(sign(), b"hellp")


def test_refuses_a_changed_body_whose_hash_is_declared() -> None:
    """The declared hash is compared with the body's, not believed."""
    declared = ("X-Amz-Content-SHA256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
    request = sign(headers=(declared,))
    verify(request)
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(request, b"hellp")


def test_refuses_an_unsigned_payload() -> None:
    """With `UNSIGNED-PAYLOAD` anyone on the way could change what is posted."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(sign(headers=(("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"),)))


def test_refuses_another_connection() -> None:
    """A signature is for one path."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(with_target(sign(), ENCODED.replace("R0o", "R1o")))


def test_refuses_an_added_query() -> None:
    """A signature is for one query."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(with_target(sign(), ENCODED + "?a=1"))


def test_refuses_another_method() -> None:
    """Who may post with it cannot delete with it."""
    signed = sign(method="POST")
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(RequestToVerify("DELETE", signed.target, signed.headers))


@pytest.mark.parametrize(
    ("name", "value"), [("Host", "other.example.com"), ("X-Amz-Note", "changed"), ("X-Amz-Note", "\udcff")]
)
def test_refuses_a_changed_header(name: str, value: str) -> None:
    """Bytes that are not text included."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(with_header(sign(headers=(("X-Amz-Note", "signed"),)), name, value))


def test_refuses_a_path_that_is_not_text() -> None:
    """aiohttp hands us bytes beyond UTF-8 as surrogates."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(with_target(sign(), "/prod/@connections/\udcff"))


def test_refuses_another_secret() -> None:
    """Knowing the key's id is not enough."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(sign(key=ManagementKey(KEY.access_key_id, "another")))


def test_refuses_another_key_id() -> None:
    """In AWS's words, which do not say whether the secret was right."""
    with pytest.raises(UnrecognizedClient, match=r"^The security token included in the request is invalid\.$"):
        verify(sign(key=ManagementKey("AKIDOTHER", KEY.secret_access_key)))


def test_refuses_another_service() -> None:
    """A signature for another service of AWS is not one for this."""
    with pytest.raises(InvalidSignature, match=r"^Credential should be scoped to correct service: 'execute-api'\.$"):
        verify(sign(service="apigateway"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("aws4_request", "aws5_request", "Credential should be scoped with a valid terminator: 'aws4_request'."),
        ("/20260102/", "/20260103/", "Date in Credential scope does not match YYYYMMDD"),
        ("host;", "", "'Host' must be a 'SignedHeader' in the AWS Authorization."),
    ],
)
def test_refuses_another_scope(old: str, new: str, words: str) -> None:
    """Terminator, day and host are part of what a signature is for."""
    with pytest.raises(InvalidSignature, match=words):
        verify(with_authorization(lambda text: text.replace(old, new)))


def test_refuses_a_request_without_authorization() -> None:
    """In AWS's words."""
    with pytest.raises(MissingAuthenticationToken, match=r"^Missing Authentication Token$"):
        verify(with_header(sign(), "Authorization"))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer abc",
        "AWS4-HMAC-SHA256",
        "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, Signature=0",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, Credential={SCOPE}, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host, Signature=0",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}/more, SignedHeaders=host, Signature=0",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=é",
    ],
)
def test_refuses_a_malformed_authorization(authorization: str) -> None:
    """Each as incomplete, whatever is wrong with it."""
    with pytest.raises(IncompleteSignature):
        verify(with_header(sign(), "Authorization", authorization))


def test_refuses_two_authorizations() -> None:
    """Which of them counts would be anybody's guess."""
    good = sign().values("authorization")[0]
    with pytest.raises(IncompleteSignature):
        verify(with_header(sign(), "Authorization", good, good))


@pytest.mark.parametrize(
    "dates", [(), ("yesterday",), ("20261302T030405Z",), ("2026010٢T030405Z",), (SIGNED_AT, SIGNED_AT)]
)
def test_refuses_a_missing_or_malformed_date(dates: tuple[str, ...]) -> None:
    """Exactly one, in the basic form of ISO 8601."""
    with pytest.raises(IncompleteSignature):
        verify(with_header(sign(), "X-Amz-Date", *dates))


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from(
        ["", "AWS4-HMAC-SHA256 ", f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x, Signature="]
    ),
    rest=st.text(max_size=200),
)
def test_refuses_garbage_with_nothing_but_a_refusal(start: str, rest: str) -> None:
    """No text makes another exception than the ones that are answered with 403."""
    with pytest.raises(SignatureRefused):
        verify(with_header(sign(), "Authorization", start + rest))


@settings(max_examples=200, deadline=None)
@given(at=st.integers(min_value=0), replacement=st.characters(exclude_categories=()))
def test_refuses_an_authorization_with_any_one_character_changed(at: int, replacement: str) -> None:
    """Nothing in the header is left unchecked, but for the spaces between its parts."""
    good = sign().values("authorization")[0]
    place = at % len(good)
    if good[place] in (replacement, " ") or (replacement == " " and good[place - 1] == ","):
        return
    with pytest.raises(SignatureRefused):
        verify(with_header(sign(), "Authorization", good[:place] + replacement + good[place + 1 :]))


@settings(max_examples=200, deadline=None)
@given(target=st.text(max_size=60).map("/".__add__))
def test_refuses_any_other_path_with_nothing_but_a_refusal(target: str) -> None:
    """No path makes another exception, nor passes for the signed one."""
    with pytest.raises(SignatureRefused):
        verify(with_target(sign(), target))


def test_a_refusal_repeats_nothing_of_the_authorization() -> None:
    """What reaches a log by way of a message holds no part of a signature."""
    request = with_authorization(lambda text: text.replace("Credential=", "Credential=more/"))
    with pytest.raises(IncompleteSignature) as refused:
        verify(request)
    assert "AKIDEXAMPLE" not in str(refused.value)


@pytest.mark.parametrize("module", ["signatures", "iam", "management_http"])
def test_a_server_without_a_key_does_not_import_botocore(module: str) -> None:
    """Only giving a verifier a key does."""
    make = "talkroom.gateway.signatures.SignatureVerifier((), int)"
    code = f"import sys, talkroom.gateway.{module}; {make}; sys.exit(any(name.startswith('botocore') for name in sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode
        == 0
    )
