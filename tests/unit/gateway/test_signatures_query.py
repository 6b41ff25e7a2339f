"""Which handshakes a signature in the query covers, and in which words the others are refused."""

from urllib.parse import quote

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
    KEY,
    MISMATCH,
    SIGNED_AT,
    SIGNED_AT_MS,
    sign,
    sign_query,
    verify,
    with_header,
    with_target,
)

CREDENTIAL = "AKIDEXAMPLE%2F20260102%2Feu-west-1%2Fexecute-api%2Faws4_request"
MINUTE_MS = 60_000
PARAMETERS = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"]
SESSION = ManagementKey("ASIDSESSION", "a secret", session_token="a token/+= with signs")


def verify_query(
    request: RequestToVerify, now_ms: int = SIGNED_AT_MS, *, keys: tuple[ManagementKey, ...] = (KEY,)
) -> ManagementKey:
    """A handshake has no body."""
    return verify(request, b"", now_ms, keys=keys)


def changed(request: RequestToVerify, old: str, new: str) -> RequestToVerify:
    """The same handshake with something in its URL replaced."""
    assert old in request.target
    return with_target(request, request.target.replace(old, new))


def without(request: RequestToVerify, *names: str) -> RequestToVerify:
    """The same handshake without some parameters of its query."""
    path, _, query = request.target.partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] not in names]
    return with_target(request, f"{path}?{'&'.join(kept)}")


def recorded(query: str) -> RequestToVerify:
    """A handshake recorded from another program, given `KEY`, `SIGNED_AT`, `/prod` and the region eu-west-1."""
    return RequestToVerify("GET", f"/prod?{query}", (("Host", "chat.example.com"),))


def test_accepts_a_signed_url() -> None:
    """Made by botocore; whose key it was is returned."""
    assert KEY == verify_query(sign_query())


@pytest.mark.parametrize("target", ["/prod/", "/prod?Auth=a%2Fb&room=caf%C3%A9&empty=", "/prod?b=2&a=1&a=0", "/"])
def test_accepts_a_url_with_more_in_it(target: str) -> None:
    """What the application adds is signed with the rest."""
    verify_query(sign_query(target))


def test_accepts_a_url_that_was_written_again() -> None:
    """A URL library may leave signs alone that the signer had encoded, and change their order."""
    request = sign_query("/prod?note=a%2Fb%3Ac")
    path, _, query = request.target.replace("%2F", "/").replace("%3A", ":").partition("?")
    verify_query(with_target(request, f"{path}?{'&'.join(reversed(query.split('&')))}"))


def test_accepts_the_sdk_for_javascript() -> None:
    """Recorded from `presign` of @smithy/signature-v4 5.7.5 and written with encodeURIComponent, which leaves brackets alone."""
    key = ManagementKey(KEY.access_key_id, KEY.secret_access_key, session_token="a token/+=")
    request = recorded(
        "room=caf%C3%A9%20(1)&X-Amz-Security-Token=a%20token%2F%2B%3D&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential={CREDENTIAL}&X-Amz-Date={SIGNED_AT}&X-Amz-Expires=300&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=ab00c752897758782c6c11e3575306b8581302f3a99ef61667eb32e4f6b2ef90"
    )
    assert key == verify_query(request, keys=(key,))


def test_accepts_a_url_without_x_amz_expires() -> None:
    """Recorded from the npm package aws4 1.13.2, which leaves it out."""
    verify_query(
        recorded(
            f"X-Amz-Date={SIGNED_AT}&room=lobby&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={CREDENTIAL}"
            "&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=6a3315e3c4279b8714e977ba89f367b857ee8ead81f2e638233fd36ebfa8c3ec"
        )
    )


@pytest.mark.parametrize(("age_ms", "expires_s"), [(2 * MINUTE_MS, 60), (5 * MINUTE_MS, 1), (-5 * MINUTE_MS, 60)])
def test_accepts_it_for_five_minutes_whatever_it_says_of_its_end(age_ms: int, expires_s: int) -> None:
    """X-Amz-Expires is not read: measured on AWS with 2 minutes and 60 seconds."""
    verify_query(sign_query(expires_s=expires_s), SIGNED_AT_MS + age_ms)


def test_refuses_it_after_five_minutes_whatever_it_says_of_its_end() -> None:
    """Measured on AWS with 6 minutes and a day."""
    with pytest.raises(
        InvalidSignature, match=r"^Signature expired: 20260102T030405Z is now earlier than 20260102T030505Z"
    ):
        verify_query(sign_query(expires_s=86_400), SIGNED_AT_MS + 6 * MINUTE_MS)


def test_refuses_one_from_the_future() -> None:
    """In AWS's words."""
    with pytest.raises(InvalidSignature, match=r"^Signature not yet current: 20260102T030405Z is still later than "):
        verify_query(sign_query(), SIGNED_AT_MS - 6 * MINUTE_MS)


@pytest.mark.parametrize("name", PARAMETERS[1:])
def test_names_a_missing_parameter(name: str) -> None:
    """In AWS's words."""
    with pytest.raises(IncompleteSignature) as refused:
        verify_query(without(sign_query(), name))
    words = f"AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
    assert words == str(refused.value)


def test_names_every_missing_parameter() -> None:
    """An empty one is missing too."""
    request = changed(without(sign_query(), "X-Amz-Date"), "X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=")
    with pytest.raises(IncompleteSignature) as refused:
        verify_query(request)
    words = (
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include"
        " 'X-Amz-Date'. Re-examine the query-string parameters."
    )
    assert words == str(refused.value)


@pytest.mark.parametrize(
    "target", ["/prod", "/prod?", "/prod?token=x", "/prod?X-Amz-Signature=x", "/prod?x-amz-algorithm=x"]
)
def test_a_url_without_an_algorithm_is_not_signed(target: str) -> None:
    """And there is no header either."""
    with pytest.raises(MissingAuthenticationToken, match=r"^Missing Authentication Token$"):
        verify_query(with_target(sign_query(), target))


def test_refuses_a_url_and_headers_that_are_both_signed() -> None:
    """In AWS's words."""
    both = with_header(sign_query(), "Authorization", sign().values("authorization")[0])
    words = "^Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.$"
    with pytest.raises(InvalidSignature, match=words):
        verify_query(both)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        ("AKIDEXAMPLE%2F", ""),
        ("AKIDEXAMPLE%2F", "AKIDEXAMPLE%2Fmore%2F"),
        (SIGNED_AT, "yesterday"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=h%C3%B6st"),
        ("X-Amz-Signature=", "X-Amz-Signature=%FF"),
        ("X-Amz-Algorithm=", "X-Amz-Date=20260102T030405Z&X-Amz-Algorithm="),
    ],
)
def test_refuses_a_malformed_parameter(old: str, new: str) -> None:
    """Each as incomplete, whatever is wrong with it."""
    with pytest.raises(IncompleteSignature):
        verify_query(changed(sign_query(), old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/prod?", "/test?"),
        ("room=lobby", "room=other"),
        ("room=lobby", "room=lobby&more=x"),
        ("room=lobby&", ""),
        ("X-Amz-Expires=300", "X-Amz-Expires=301"),
        ("eu-west-1", "us-east-1"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Bx-amz-date"),
    ],
)
def test_refuses_a_changed_url(old: str, new: str) -> None:
    """All of it was signed."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify_query(changed(sign_query("/prod?room=lobby"), old, new))


def test_refuses_another_secret() -> None:
    """Knowing the key's id is not enough."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify_query(sign_query(key=ManagementKey(KEY.access_key_id, "another")))


def test_refuses_another_host() -> None:
    """A URL for one gateway opens nothing on another."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify_query(with_header(sign_query(), "Host", "other.example.com"))


def test_refuses_a_body() -> None:
    """None was signed."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(sign_query(), b"hello")


def test_refuses_another_service() -> None:
    """A URL signed for another service of AWS is none for this."""
    with pytest.raises(InvalidSignature, match=r"^Credential should be scoped to correct service: 'execute-api'\.$"):
        verify_query(sign_query(service="iotdevicegateway"))


def test_accepts_the_session_token_of_its_key() -> None:
    """In the query, signed with it."""
    assert SESSION == verify_query(sign_query(key=SESSION), keys=(KEY, SESSION))


def test_refuses_a_session_token_that_was_added_after_signing() -> None:
    """Only AWS IoT takes it so."""
    unsigned = sign_query(key=ManagementKey(SESSION.access_key_id, SESSION.secret_access_key))
    assert SESSION.session_token is not None
    added = with_target(unsigned, f"{unsigned.target}&X-Amz-Security-Token={quote(SESSION.session_token, safe='')}")
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify_query(added, keys=(SESSION,))


def test_refuses_an_unknown_key() -> None:
    """In AWS's words."""
    with pytest.raises(UnrecognizedClient, match=r"^The security token included in the request is invalid\.$"):
        verify_query(sign_query(key=ManagementKey("AKIDOTHER", KEY.secret_access_key)))


@settings(max_examples=200, deadline=None)
@given(at=st.integers(min_value=0), replacement=st.characters(exclude_categories=()))
def test_refuses_a_url_with_any_one_character_changed(at: int, replacement: str) -> None:
    """Nothing in it is left unchecked, and nothing makes another exception than a refusal."""
    good = sign_query("/prod").target
    place = at % len(good)
    other = good[:place] + replacement + good[place + 1 :]
    if good[place].lower() == replacement.lower() or RequestToVerify("GET", other, ()).query == sign_query().query:
        return
    with pytest.raises(SignatureRefused):
        verify_query(with_target(sign_query(), other))
