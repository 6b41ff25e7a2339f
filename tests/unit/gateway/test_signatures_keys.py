"""Several keys, keys with a session token, and keys that are replaced while the server runs."""

import pytest

from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signed_request import InvalidSignature, MissingAuthenticationToken, UnrecognizedClient
from talkroom.gateway.signing_keys import ManagementKey
from tests.unit.gateway.signed import BODY, KEY, MISMATCH, SIGNED_AT_MS, sign, verify, with_header

OTHER = ManagementKey("AKIDOTHER", "another secret")
SESSION = ManagementKey("ASIDSESSION", "a secret", session_token="the token")
INVALID_TOKEN = "The security token included in the request is invalid"


def a_verifier(*keys: ManagementKey) -> SignatureVerifier:
    """At the time of the signatures."""
    return SignatureVerifier(keys, lambda: SIGNED_AT_MS)


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_says_whose_key_has_signed(key: ManagementKey) -> None:
    """So that its policy can be asked."""
    assert key == verify(sign(key=key), keys=(KEY, OTHER))


def test_refuses_one_key_s_id_with_another_s_secret() -> None:
    """Each secret belongs to its id."""
    with pytest.raises(InvalidSignature, match=MISMATCH):
        verify(sign(key=ManagementKey(KEY.access_key_id, OTHER.secret_access_key)), keys=(KEY, OTHER))


def test_two_keys_of_one_id_cannot_be() -> None:
    """Which of them counted would be anybody's guess."""
    with pytest.raises(ValueError, match="two keys with the access key id AKIDEXAMPLE"):
        a_verifier(KEY, ManagementKey(KEY.access_key_id, "another"))


def test_without_keys_nothing_is_recognized() -> None:
    """Signed or not."""
    with pytest.raises(UnrecognizedClient):
        verify(sign(), keys=())
    with pytest.raises(MissingAuthenticationToken):
        verify(with_header(sign(), "Authorization"), keys=())


def test_replaced_keys_count_at_once() -> None:
    """The new one signs, and the old one does not any more."""
    verifier = a_verifier(KEY)
    verifier.replace_keys([OTHER])

    assert OTHER == verifier.verify(verifier.read_claim(sign(key=OTHER)), sign(key=OTHER), BODY)
    with pytest.raises(UnrecognizedClient):
        verifier.read_claim(sign())


def test_a_key_that_is_replaced_while_a_body_is_read_does_not_count() -> None:
    """The second step looks again."""
    verifier = a_verifier(KEY)
    claim = verifier.read_claim(sign())
    verifier.replace_keys([])

    with pytest.raises(UnrecognizedClient):
        verifier.verify(claim, sign(), BODY)


def test_keys_that_cannot_be_leave_the_others_in_place() -> None:
    """A bad file does not lock everybody out."""
    verifier = a_verifier(KEY)
    with pytest.raises(ValueError, match="two keys"):
        verifier.replace_keys([OTHER, OTHER])

    assert KEY == verifier.verify(verifier.read_claim(sign()), sign(), BODY)


def test_accepts_the_session_token_of_the_key() -> None:
    """As SDKs send it with temporary credentials."""
    assert SESSION == verify(sign(key=SESSION, headers=(("X-Amz-Security-Token", "the token"),)), keys=(SESSION,))


def test_refuses_a_missing_session_token() -> None:
    """With a full stop, as AWS ends it there."""
    with pytest.raises(UnrecognizedClient) as refused:
        verify(sign(key=SESSION), keys=(SESSION,))
    assert f"{INVALID_TOKEN}." == str(refused.value)


@pytest.mark.parametrize("token", ["another", "", "the token2", "\u00e9", "\udcff"])
def test_refuses_another_session_token(token: str) -> None:
    """Without one, as AWS ends it here."""
    request = with_header(sign(key=SESSION), "X-Amz-Security-Token", token)
    with pytest.raises(UnrecognizedClient) as refused:
        verify(request, keys=(SESSION,))
    assert INVALID_TOKEN == str(refused.value)


def test_refuses_two_session_tokens() -> None:
    """Which of them counts would be anybody's guess."""
    request = with_header(sign(key=SESSION), "X-Amz-Security-Token", "the token", "the token")
    with pytest.raises(Exception, match="one header 'X-Amz-Security-Token'"):
        verify(request, keys=(SESSION,))
