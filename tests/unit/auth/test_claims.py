"""Claims become a grant, or a sentence that names what is wrong with them."""

import json
from typing import Any

import pytest

from talkroom.auth.claims import (
    NAME_CHARACTERS_MAX,
    SECONDS_MAX,
    SUBJECT_CHARACTERS_MAX,
    Expectation,
    decode_claims,
    encode_claims,
    read_grant,
)
from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.policy import Grant
from tests.unit.auth.support import NOW_MS, NOW_S, good_claims


def grant_of(claims: dict[str, Any], expectation: Expectation | None = None, now_ms: int = NOW_MS) -> Grant:
    """Through JSON, as a token carries them."""
    return read_grant(decode_claims(json.dumps(claims).encode()), expectation or Expectation(), now_ms)


def refusal_of(claims: dict[str, Any], expectation: Expectation | None = None, now_ms: int = NOW_MS) -> ClientError:
    """Why the claims are refused; they must be."""
    with pytest.raises(ClientError) as refused:
        grant_of(claims, expectation, now_ms)
    return refused.value


def test_every_claim_finds_its_place_in_the_grant() -> None:
    """The grant ends when the token does, leeway included."""
    claims = good_claims(name="アリス", rooms=["lobby", "team-*"], can=["read"])

    grant = grant_of(claims, Expectation(leeway_s=5))

    expected = Grant(
        principal_id="alice",
        name="アリス",
        rooms=("lobby", "team-*"),
        can=frozenset({"read"}),
        expires_at_ms=NOW_MS + 65_000,
    )
    assert expected == grant


def test_claims_survive_encoding() -> None:
    """What is not set is not written."""
    claims = decode_claims(b'{"sub":"alice","exp":5,"rooms":["a"]}')

    assert {"sub": "alice", "exp": 5, "rooms": ["a"]} == json.loads(encode_claims(claims))


def test_without_rooms_the_grant_covers_none() -> None:
    """Forgetting the claim must not open every room."""
    assert () == grant_of(good_claims(rooms=None)).rooms


def test_without_can_the_grant_reads_and_sends() -> None:
    """The common case needs no claim."""
    assert frozenset({"read", "send"}) == grant_of(good_claims()).can


def test_an_empty_can_allows_nothing() -> None:
    """Empty is not absent."""
    assert frozenset() == grant_of(good_claims(can=[])).can


def test_unknown_capabilities_are_ignored() -> None:
    """Tokens may already hold what a later server understands."""
    assert frozenset({"read"}) == grant_of(good_claims(can=["read", "moderate"])).can


@pytest.mark.parametrize("name", [None, "", "  "])
def test_without_a_name_the_subject_is_shown(name: str | None) -> None:
    """A blank name is no name."""
    assert "alice" == grant_of(good_claims(name=name)).name


def test_a_long_subject_is_cut_to_be_a_name() -> None:
    """The identity stays whole; only what is shown is cut."""
    grant = grant_of(good_claims(sub="s" * SUBJECT_CHARACTERS_MAX))

    assert ("s" * SUBJECT_CHARACTERS_MAX, "s" * NAME_CHARACTERS_MAX) == (grant.principal_id, grant.name)


@pytest.mark.parametrize("name", ["山田　太郎", "می‌خواهم", "👨‍👩‍👧 family", "n" * NAME_CHARACTERS_MAX, "Zoë O’Hara"])
def test_names_that_people_have_are_accepted(name: str) -> None:
    """Full-width spaces and joiners included."""
    assert name == grant_of(good_claims(name=name)).name


@pytest.mark.parametrize(
    "name", ["a\nb", "a\x00", "\u202egnp.exe", "a\u2066b", "\u200d", "n" * (NAME_CHARACTERS_MAX + 1)]
)
def test_names_that_could_deceive_are_refused(name: str) -> None:
    """Line breaks, controls, reversed text, nothing to see, and names as long as a message."""
    assert "`name`" in refusal_of(good_claims(name=name)).detail


@pytest.mark.parametrize(
    "subject", ["", " ", "a\n", "alice ", " alice", "a\u202eb", "a\u200bb", "s" * (SUBJECT_CHARACTERS_MAX + 1)]
)
def test_subjects_that_could_pass_for_another_are_refused(subject: str) -> None:
    """Empty, invisible characters, spaces at an end, too long."""
    assert "`sub`" in refusal_of(good_claims(sub=subject)).detail


@pytest.mark.parametrize("room", ["", " ", "a ", "a\tb", "a\u0000"])
def test_a_room_that_cannot_be_is_refused_with_its_place(room: str) -> None:
    """The second of the list is `rooms[1]`."""
    assert "`rooms[1]`" in refusal_of(good_claims(rooms=["lobby", room])).detail


@pytest.mark.parametrize(
    ("claim", "value", "named"),
    [
        ("sub", 1, "`sub`"),
        ("sub", ["alice"], "`sub`"),
        ("name", 5, "`name`"),
        ("name", {"en": "Alice"}, "`name`"),
        ("exp", "tomorrow", "`exp`"),
        ("exp", True, "`exp`"),
        ("exp", [], "`exp`"),
        ("nbf", "now", "`nbf`"),
        ("iat", "now", "`iat`"),
        ("aud", 7, "`aud`"),
        ("aud", ["talkroom", 7], "`aud[1]`"),
        ("iss", 7, "`iss`"),
        ("rooms", "lobby", "`rooms`"),
        ("rooms", [1], "`rooms[0]`"),
        ("rooms", {"lobby": True}, "`rooms`"),
        ("can", "send", "`can`"),
        ("can", [None], "`can[0]`"),
    ],
)
def test_a_claim_of_the_wrong_type_is_named(claim: str, value: object, named: str) -> None:
    """The sentence says which claim; nothing is converted."""
    refusal = refusal_of(good_claims(**{claim: value}))

    assert refusal.code is ErrorCode.INVALID_TOKEN
    assert named in refusal.detail


@pytest.mark.parametrize("claim", ["sub", "name", "exp", "nbf", "iat", "aud", "iss", "rooms", "can"])
def test_null_is_a_wrong_type(claim: str) -> None:
    """It is not the same as leaving the claim out."""
    assert f"`{claim}`" in refusal_of({**good_claims(), claim: None}).detail


@pytest.mark.parametrize("claim", ["sub", "exp", "aud"])
def test_a_required_claim_that_is_absent_is_named(claim: str) -> None:
    """`sub`, `exp` and `aud` are required."""
    refusal = refusal_of(good_claims(**{claim: None}))

    assert refusal.code is ErrorCode.INVALID_TOKEN
    assert f"`{claim}`" in refusal.detail


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"null", b"{} {}", b'{"sub":"\xff","exp":1}', b'{"x":' + b"[" * 5000, b'{"exp":NaN}']
)
def test_a_payload_that_is_no_object_is_refused(payload: bytes) -> None:
    """Whatever its bytes are."""
    with pytest.raises(ClientError, match="claims"):
        decode_claims(payload)


def test_of_a_claim_given_twice_the_last_counts() -> None:
    """RFC 7519 section 4 allows that or refusal; the signature covers both."""
    assert "bob" == decode_claims(b'{"sub":"alice","sub":"bob","exp":1}').sub


@pytest.mark.parametrize("audience", ["talkroom", ["talkroom"], ["other", "talkroom"]])
def test_the_audience_may_be_one_of_several(audience: object) -> None:
    """RFC 7519 section 4.1.3."""
    assert "alice" == grant_of(good_claims(aud=audience)).principal_id


@pytest.mark.parametrize("audience", ["other", "Talkroom", "talkroom ", "", [], ["other"]])
def test_another_audience_is_refused(audience: object) -> None:
    """A token made for another service does not open this one."""
    refusal = refusal_of(good_claims(aud=audience))

    assert refusal.code is ErrorCode.INVALID_TOKEN
    assert "audience" in refusal.detail


@pytest.mark.parametrize("issuer", [None, "https://other.example", ""])
def test_another_issuer_is_refused_when_one_is_expected(issuer: str | None) -> None:
    """Absent is another, too."""
    assert "issuer" in refusal_of(good_claims(iss=issuer), Expectation(issuer="https://id.example")).detail


def test_any_issuer_is_accepted_when_none_is_expected() -> None:
    """The key says who issued it."""
    assert "alice" == grant_of(good_claims(iss="https://anyone.example")).principal_id


def test_a_token_counts_until_the_leeway_after_its_end() -> None:
    """One millisecond before."""
    grant = grant_of(good_claims(exp=NOW_S), Expectation(leeway_s=30), NOW_MS + 29_999)

    assert NOW_MS + 30_000 == grant.expires_at_ms


def test_a_token_has_expired_at_the_end_of_the_leeway() -> None:
    """At that very millisecond, and it says for how long."""
    refusal = refusal_of(good_claims(exp=NOW_S), Expectation(leeway_s=30), NOW_MS + 30_000)

    assert refusal.code is ErrorCode.TOKEN_EXPIRED
    assert "The token expired 30 s ago." == refusal.detail


def test_without_leeway_a_token_expires_on_the_millisecond() -> None:
    """Fractions of a second count."""
    strict = Expectation(leeway_s=0)

    assert NOW_MS + 500 == grant_of(good_claims(exp=NOW_S + 0.5), strict, NOW_MS + 499).expires_at_ms
    assert refusal_of(good_claims(exp=NOW_S + 0.5), strict, NOW_MS + 500).code is ErrorCode.TOKEN_EXPIRED


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_from_the_future_counts_from_the_leeway_before_it_begins(claim: str) -> None:
    """At that very second, and not one millisecond earlier."""
    claims = good_claims(**{claim: NOW_S + 30})

    assert "alice" == grant_of(claims, Expectation(leeway_s=30), NOW_MS).principal_id
    assert f"`{claim}` is in the future" in refusal_of(claims, Expectation(leeway_s=30), NOW_MS - 1).detail


@pytest.mark.parametrize("date", [-1, SECONDS_MAX + 1, NOW_MS, 10**30, 1e300])
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_a_date_outside_of_the_calendar_is_refused(claim: str, date: float) -> None:
    """Milliseconds where seconds belong are the usual mistake."""
    assert f"`{claim}` is no date" in refusal_of(good_claims(**{claim: date})).detail


def test_the_last_second_of_the_calendar_is_accepted() -> None:
    """The limit is inclusive."""
    assert (SECONDS_MAX + 30) * 1000 == grant_of(good_claims(exp=SECONDS_MAX)).expires_at_ms


@pytest.mark.parametrize("changes", [{"aud": "other"}, {"sub": ""}, {"rooms": [""]}])
def test_an_expired_token_that_is_wrong_otherwise_is_invalid(changes: dict[str, Any]) -> None:
    """`tokenExpired` asks for a new token of the same kind, which would not help."""
    assert refusal_of(good_claims(exp=1, **changes)).code is ErrorCode.INVALID_TOKEN
