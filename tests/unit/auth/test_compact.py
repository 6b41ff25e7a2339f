"""The compact form is read strictly, and never more generously than PyJWT reads it."""

import json
from contextlib import suppress
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkroom.auth.compact import TOKEN_CHARACTERS_MAX, parse_compact
from talkroom.auth.keys import secret_key
from talkroom.chat.model.errors import ClientError, ErrorCode
from tests.unit.auth.support import SECRET, base64url, good_claims, sign, sign_raw

GOOD = sign(good_claims())
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")


def with_header(header: dict[str, Any]) -> str:
    """A signed token with this header."""
    return sign_raw(json.dumps(header).encode(), b"{}")


def test_a_token_is_taken_apart() -> None:
    """Algorithm, key name, what was signed, claims and signature."""
    token = sign({"sub": "alice"}, headers={"kid": "key-1"})

    compact = parse_compact(token)

    assert ("HS256", "key-1") == (compact.algorithm, compact.kid)
    assert b'{"sub":"alice"}' == compact.payload
    assert token.rpartition(".")[0].encode() == compact.signing_input
    assert secret_key(SECRET).verifies(compact.signing_input, compact.signature)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "abc",
        f"{HEADER}.{PAYLOAD}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}.",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}=",
        f"{HEADER}.{PAYLOAD}.{SIGNATURE}\n",
        f" {GOOD}",
        f"{HEADER}.{PAYLOAD}.a",
        f"{HEADER}.{PAYLOAD}.a+bc",
        f"{HEADER}.{PAYLOAD}.a/bc",
        f"{HEADER}.{PAYLOAD}.a!bc",
        f"{HEADER}.{PAYLOAD}.アリス",
        f"{HEADER}.\N{FULLWIDTH LATIN CAPITAL LETTER A}.{SIGNATURE}",
        f".{PAYLOAD}.{SIGNATURE}",
    ],
)
def test_what_is_not_three_parts_of_base64url_is_refused(token: str) -> None:
    """Padding, other alphabets, white space and wrong lengths are no JWT."""
    with pytest.raises(ClientError) as refused:
        parse_compact(token)

    assert refused.value.code is ErrorCode.INVALID_TOKEN


def test_spare_bits_at_the_end_of_a_part_are_refused() -> None:
    """One signature has one spelling, so a token has no second form."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = GOOD[:-1] + alphabet[alphabet.index(GOOD[-1]) ^ 1]

    with pytest.raises(ClientError, match="signature is not base64url"):
        parse_compact(twin)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b'"HS256"',
        b"null",
        b"{}",
        b'{"alg":null}',
        b'{"alg":1}',
        b'{"alg":["HS256"]}',
        b'{"alg":"HS256","kid":1}',
        b'{"alg":"HS256","kid":null}',
        b'{"alg":"HS256"} x',
        b'{"alg":"HS256","x":"\xff"}',
        b'{"alg":"HS256","x":' + b"[" * 5000,
    ],
)
def test_a_header_that_is_no_object_with_an_algorithm_is_refused(header: bytes) -> None:
    """Whatever its bytes are."""
    with pytest.raises(ClientError, match="header is not a JSON object"):
        parse_compact(sign_raw(header, b"{}"))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS256", "crit": ["exp"], "exp": 1},
        {"alg": "HS256", "crit": ["b64"], "b64": False},
        {"alg": "HS256", "crit": []},
        {"alg": "HS256", "crit": None},
        {"alg": "HS256", "b64": False},
    ],
)
def test_a_header_that_asks_for_an_extension_is_refused(header: dict[str, Any]) -> None:
    """RFC 7515 section 4.1.11: `crit` must be understood, and we understand none."""
    with pytest.raises(ClientError, match="extension"):
        parse_compact(with_header(header))


def test_header_parameters_without_meaning_are_ignored() -> None:
    """Providers add `typ`, `x5t` and others."""
    assert "RS256" == parse_compact(with_header({"alg": "RS256", "typ": "at+jwt", "x5t": "abc"})).algorithm


def test_a_token_of_the_greatest_length_is_read() -> None:
    """The limit is inclusive: one byte more in the payload is one character too many."""
    longest = sign_raw(b'{"alg":"HS256"}', b"x" * 6095)

    assert TOKEN_CHARACTERS_MAX == len(longest)
    assert b"x" * 6095 == parse_compact(longest).payload
    with pytest.raises(ClientError, match="longer than 8192 characters"):
        parse_compact(sign_raw(b'{"alg":"HS256"}', b"x" * 6096))


def test_a_token_over_the_limit_is_refused_before_it_is_looked_at() -> None:
    """It is not even ASCII, and yet its length is what is wrong with it."""
    with pytest.raises(ClientError, match="longer than 8192 characters"):
        parse_compact("語" * (TOKEN_CHARACTERS_MAX + 1))


def test_the_parsed_token_does_not_show_itself() -> None:
    """A traceback or a log of it holds no token."""
    assert "Compact(…)" == repr(parse_compact(GOOD))


def accepted_by_us(token: str) -> bytes | None:
    """The payload, if form and signature are good."""
    try:
        compact = parse_compact(token)
    except ClientError:
        return None
    good = compact.algorithm == "HS256" and secret_key(SECRET).verifies(compact.signing_input, compact.signature)
    return compact.payload if good else None


def accepted_by_pyjwt(token: str) -> bytes | None:
    """The same by the reference."""
    try:
        return bytes(jwt.PyJWS().decode(token, SECRET, algorithms=["HS256"]))
    except (jwt.PyJWTError, UnicodeEncodeError):
        return None


@given(
    st.integers(0, len(GOOD)), st.integers(0, 3), st.text(max_size=3) | st.sampled_from([".", "=", "-", "_", "A", "\n"])
)
def test_a_changed_token_is_accepted_only_if_pyjwt_accepts_it_too(at: int, removed: int, inserted: str) -> None:
    """PyJWT is the reference; changes that leave the token as it was are accepted by both."""
    token = GOOD[:at] + inserted + GOOD[at + removed :]

    ours = accepted_by_us(token)

    assert ours is None or ours == accepted_by_pyjwt(token)
    assert (ours is not None) == (token == GOOD)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "crit", "b64", "typ", "jwk", "zip"]), st.sampled_from(["HS256", "none"]) | JSON
    ),
    st.binary(max_size=20),
)
def test_a_signed_token_with_any_header_is_accepted_only_if_pyjwt_accepts_it_too(
    header: dict[str, Any], payload: bytes
) -> None:
    """Even of somebody who has the secret, nothing is accepted that the reference refuses."""
    token = sign_raw(json.dumps(header).encode(), payload)

    ours = accepted_by_us(token)

    assert ours is None or payload == ours == accepted_by_pyjwt(token)


@given(st.text() | st.text(alphabet="abcXYZ012-_.=+/"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never another exception than ClientError."""
    with suppress(ClientError):
        parse_compact(text)


def test_base64url_of_the_tests_is_that_of_the_standard() -> None:
    """The example of RFC 7515 appendix C."""
    assert "A-z_4ME" == base64url(bytes([3, 236, 255, 224, 193]))
