"""The text that lists keys: what it may hold, and what is said of what it may not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkroom.contract.authorizer import PolicyDocument, Statement
from talkroom.gateway.signing_keys import KEYS_TEXT_CHARACTERS_MAX, KeysUnusable, ManagementKey, read_keys

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
GOOD = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": SECRET}
ALLOW = {"Effect": "Allow", "Action": "execute-api:*", "Resource": ["*"]}


def with_policy(policy: object) -> str:
    """One key with this policy."""
    return json.dumps([GOOD | {"policy": policy}])


def fault_of(text: str) -> str:
    """What is said of it; that the secret is not repeated is asserted."""
    with pytest.raises(KeysUnusable) as refused:
        read_keys(text)
    assert SECRET not in str(refused.value)
    return str(refused.value)


def test_a_key_needs_its_two_halves_only() -> None:
    """Then it may do everything."""
    assert (ManagementKey("AKIDEXAMPLE", SECRET),) == read_keys(json.dumps([GOOD]))


def test_null_is_as_good_as_absent() -> None:
    """Some writers of JSON leave nothing out."""
    assert read_keys(json.dumps([GOOD])) == read_keys(json.dumps([GOOD | {"policy": None, "sessionToken": None}]))


def test_a_key_may_have_a_policy_and_a_session_token() -> None:
    """The policy as IAM writes it."""
    policy = {"Version": "2012-10-17", "Id": "x", "Statement": [ALLOW | {"Sid": "Everything"}]}
    (key,) = read_keys(json.dumps([GOOD | {"policy": policy, "sessionToken": "a token"}]))

    assert PolicyDocument([Statement("execute-api:*", "Allow", ["*"])]) == key.policy
    assert "a token" == key.session_token


def test_one_statement_needs_no_array() -> None:
    """IAM takes both."""
    assert read_keys(with_policy({"Statement": [ALLOW]})) == read_keys(with_policy({"Statement": ALLOW}))


def test_several_keys_keep_their_order() -> None:
    """The first may be shown to somebody."""
    other = GOOD | {"accessKeyId": "AKIDOTHER"}
    assert ["AKIDOTHER", "AKIDEXAMPLE"] == [key.access_key_id for key in read_keys(json.dumps([other, GOOD]))]


@pytest.mark.parametrize("text", ["", "{", f"[{SECRET}]", "[" * 100_000, '"\udcff"'])
def test_what_is_not_json_is_said_to_be_none(text: str) -> None:
    """And no more, because a decoder may quote it."""
    assert "The keys are not JSON." == fault_of(text)


@pytest.mark.parametrize("text", ["{}", "[]", "null", f'"{SECRET}"', json.dumps({"AKIDEXAMPLE": SECRET})])
def test_what_is_not_a_list_is_refused(text: str) -> None:
    """An empty one too: who wants no keys names no file."""
    assert "The keys must be a JSON array of at least one object." == fault_of(text)


def test_a_text_that_is_too_long_is_refused_unread() -> None:
    """It is another file."""
    assert "more than 1000000 characters" in fault_of(" " * (KEYS_TEXT_CHARACTERS_MAX + 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"accessKeyId": None}, "Key 2: accessKeyId must be a text"),
        ({"accessKeyId": ""}, "Key 2: accessKeyId must be a text"),
        ({"accessKeyId": "a/b"}, "Key 2: accessKeyId must be a text"),
        ({"accessKeyId": SECRET}, "Key 2: accessKeyId must be a text"),
        ({"secretAccessKey": 1}, "Key 2: secretAccessKey must be a text"),
        ({"secretAccessKey": f"{SECRET}\n"}, "Key 2: secretAccessKey must be a text"),
        ({"secretAccessKey": "é"}, "Key 2: secretAccessKey must be a text"),
        ({"sessionToken": []}, "Key 2: sessionToken must be a text"),
        ({SECRET: "x"}, "Key 2 must be an object with nothing but accessKeyId, policy, secretAccessKey, sessionToken."),
        ({"policy": "Allow"}, "Key 2: policy must be an object."),
        ({"policy": {"Statement": "Allow"}}, "Key 2: policy: Statement must be an array of objects."),
        ({"policy": {"Statement": ["Allow"]}}, "Key 2: policy: statement 1 must be an object."),
        ({"policy": {"Statement": [ALLOW, ALLOW | {"Effect": SECRET}]}}, "Key 2: policy: every statement needs Effect"),
        ({"policy": {"Statement": [{"Effect": "Allow"}]}}, "Key 2: policy: every statement needs Effect"),
        ({}, "Two keys have the same accessKeyId."),
    ],
)
def test_a_fault_is_named_with_its_place(change: dict[str, Any], words: str) -> None:
    """By number and name, not by content."""
    assert fault_of(json.dumps([GOOD, GOOD | change])).startswith(words)


def test_what_is_no_object_is_no_key() -> None:
    """Its number is said."""
    assert fault_of(json.dumps([GOOD, SECRET])).startswith("Key 2 must be an object")


@pytest.mark.parametrize("element", ["Condition", "NotAction", "NotResource", "Principal", "condition"])
def test_what_is_not_evaluated_is_refused(element: str) -> None:
    """To leave a condition out of account would allow more than the policy says."""
    words = "Key 1: policy: statement 1 has an element that is not evaluated here"
    assert fault_of(with_policy({"Statement": [ALLOW | {element: {}}]})).startswith(words)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda some: st.lists(some) | st.dictionaries(st.text(), some),
)


@given(ANY_JSON)
def test_any_json_is_keys_or_unusable(listed: object) -> None:
    """Nothing makes another exception."""
    with pytest.raises(KeysUnusable):
        read_keys(json.dumps([listed]))


def test_a_key_does_not_show_its_secrets() -> None:
    """In a log or a traceback."""
    shown = repr(ManagementKey("AKIDEXAMPLE", SECRET, session_token="the token"))
    assert "ManagementKey(access_key_id='AKIDEXAMPLE', policy=None)" == shown
