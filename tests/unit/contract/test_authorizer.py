"""The REQUEST authorizer: sections 2.4 and 4 of the contract page."""

import pytest

from talkroom.contract.authorizer import (
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    AuthorizerResult,
    PolicyDocument,
    Statement,
    allow,
    context_for_events,
    decode_result,
    deny,
    encode_result,
    find_effect,
    find_refusal,
)
from talkroom.contract.errors import AuthorizerFailed

API = "arn:aws:execute-api:us-east-1:123456789012:abcdef123"
METHOD_ARN = f"{API}/prod/$connect"
INVOKE = "execute-api:Invoke"


def a_policy(*statements: tuple[str | list[str], str, str | list[str]]) -> PolicyDocument:
    """A policy document of (action, effect, resource) statements, as an authorizer returns it."""
    return decode_result(
        {
            "principalId": "alice",
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Action": action, "Effect": effect, "Resource": resource}
                    for action, effect, resource in statements
                ],
            },
        }
    ).policy_document


class TestPolicy:
    """Which policies admit a handshake."""

    @pytest.mark.parametrize(
        "resource",
        [
            METHOD_ARN,
            "*",
            f"{API}/prod/*",
            f"{API}/*",
            f"{API}/*/$connect",
            f"{API}/pr?d/$connect",
            "arn:aws:execute-api:*:*:abcdef123/prod/$connect",
            "arn:*",
        ],
    )
    def test_a_resource_that_matches_is_admitted(self, resource: str):
        """`*` stands for any text, slashes included, and `?` for one character."""
        assert None is find_refusal(a_policy((INVOKE, "Allow", resource)), METHOD_ARN)

    @pytest.mark.parametrize(
        "resource",
        [
            f"{API}/prod/*/*",
            f"{API}/dev/*",
            f"{API}/prod",
            f"{API}/prod/$connec?t",
            f"{API}/prod/$connect/",
            f"{API}/PROD/$connect",
            "arn:aws:execute-api:us-east-1:123456789012:other/prod/$connect",
            "",
        ],
    )
    def test_a_resource_that_does_not_match_is_an_implicit_deny(self, resource: str):
        """`prod/*/*` needs a second slash, which `prod/$connect` does not have."""
        assert IMPLICIT_DENY == find_refusal(a_policy((INVOKE, "Allow", resource)), METHOD_ARN)

    @pytest.mark.parametrize("action", [INVOKE, "execute-api:*", "*", "execute-api:Inv?ke", "exec*:Invoke"])
    def test_an_action_that_matches_is_admitted(self, action: str):
        """The same wildcards work in actions."""
        assert None is find_refusal(a_policy((action, "Allow", METHOD_ARN)), METHOD_ARN)

    @pytest.mark.parametrize("action", ["execute-api:ManageConnections", "lambda:*", "execute-api:", ""])
    def test_another_action_is_an_implicit_deny(self, action: str):
        """Only `execute-api:Invoke` opens a connection."""
        assert IMPLICIT_DENY == find_refusal(a_policy((action, "Allow", METHOD_ARN)), METHOD_ARN)

    def test_lists_match_by_any_entry(self):
        """`Action` and `Resource` may be lists."""
        policy = a_policy((["lambda:Invoke", INVOKE], "Allow", [f"{API}/dev/*", f"{API}/prod/*"]))

        assert None is find_refusal(policy, METHOD_ARN)

    def test_an_empty_list_matches_nothing(self):
        """No entry, no match."""
        assert IMPLICIT_DENY == find_refusal(a_policy(([], "Allow", [])), METHOD_ARN)

    def test_an_explicit_deny_wins_over_an_allow(self):
        """In whichever order they stand."""
        allowed = (INVOKE, "Allow", "*")
        denied = (INVOKE, "Deny", METHOD_ARN)

        assert [EXPLICIT_DENY, EXPLICIT_DENY] == [
            find_refusal(a_policy(allowed, denied), METHOD_ARN),
            find_refusal(a_policy(denied, allowed), METHOD_ARN),
        ]

    def test_a_deny_of_something_else_does_not_matter(self):
        """A Deny counts only for the resource it names."""
        policy = a_policy((INVOKE, "Deny", f"{API}/prod/sendmessage"), (INVOKE, "Allow", METHOD_ARN))

        assert None is find_refusal(policy, METHOD_ARN)

    def test_a_policy_without_statements_is_an_implicit_deny(self):
        """What is not allowed is denied."""
        assert IMPLICIT_DENY == find_refusal(PolicyDocument([]), METHOD_ARN)

    @pytest.mark.parametrize("resource", [f"{API}/prod/[$]connect", f"{API}/prod/[!x]connect", f"{API}/pro[d]/*"])
    def test_brackets_are_literal(self, resource: str):
        """IAM knows no character sets."""
        assert IMPLICIT_DENY == find_refusal(a_policy((INVOKE, "Allow", resource)), METHOD_ARN)

    @pytest.mark.parametrize("resource", [f"{API}/prod/.connect", f"{API}/.*", f"{API}/prod/$connect|x"])
    def test_the_signs_of_regular_expressions_are_literal(self, resource: str):
        """A dot is a dot."""
        assert IMPLICIT_DENY == find_refusal(a_policy((INVOKE, "Allow", resource)), METHOD_ARN)

    @pytest.mark.parametrize("action", ["execute-api:invoke", "EXECUTE-API:INVOKE", "Execute-Api:In*"])
    def test_an_action_matches_in_any_case(self, action: str):
        """As in IAM; resources do not."""
        assert None is find_refusal(a_policy((action, "Allow", METHOD_ARN)), METHOD_ARN)

    @pytest.mark.parametrize(
        ("expected", "statements"),
        [
            ("Allow", [("execute-api:*", "Allow", "*")]),
            ("Deny", [("*", "Allow", "*"), ("execute-api:ManageConnections", "Deny", f"{API}/*")]),
            (None, [(INVOKE, "Allow", "*")]),
            (None, []),
        ],
    )
    def test_other_actions_can_be_asked_about(self, expected: str | None, statements: list[tuple[str, str, str]]):
        """Such as the one of the management API."""
        resource = f"{API}/prod/POST/@connections/{{connectionId}}"

        assert expected == find_effect(a_policy(*statements), "execute-api:ManageConnections", resource)

    def test_the_refusals_are_in_the_words_of_aws(self):
        """Captured refusals: section 3 of the contract page."""
        assert (
            "User is not authorized to access this resource with an explicit deny in an identity-based policy",
            (
                "User is not authorized to access this resource because no identity-based policy allows the "
                "execute-api:Invoke action"
            ),
        ) == (EXPLICIT_DENY, IMPLICIT_DENY)


class TestAnswers:
    """The results that our own authorizer gives."""

    def test_allow_admits_its_handshake(self):
        """With the principal and the context."""
        result = allow("alice", METHOD_ARN, {"name": "Alice"})

        assert ("alice", {"name": "Alice"}, None) == (
            result.principal_id,
            result.context,
            find_refusal(result.policy_document, METHOD_ARN),
        )

    def test_allow_admits_no_other_handshake(self):
        """The policy names the one method."""
        result = allow("alice", METHOD_ARN, {})

        assert IMPLICIT_DENY == find_refusal(result.policy_document, f"{API}/dev/$connect")

    def test_deny_refuses_explicitly(self):
        """403 with the words of an explicit deny."""
        assert EXPLICIT_DENY == find_refusal(deny("alice", METHOD_ARN).policy_document, METHOD_ARN)

    def test_an_answer_survives_its_json(self):
        """What a Lambda authorizer returns is what the gateway reads."""
        expected = AuthorizerResult(
            "alice", PolicyDocument([Statement(INVOKE, "Allow", METHOD_ARN)]), {"expiresAt": "5"}
        )

        assert expected == decode_result(
            {
                "principalId": "alice",
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Action": INVOKE, "Effect": "Allow", "Resource": METHOD_ARN}],
                },
                "context": {"expiresAt": "5"},
            }
        )


def an_answer(**changes: object) -> dict[str, object]:
    """A well-formed result of an authorizer function, with changes."""
    return {"principalId": "alice", "policyDocument": {"Statement": []}, **changes}


class TestDecoding:
    """Which answers of an authorizer function are results."""

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            "Unauthorized",
            {},
            {"statusCode": 401},
            {"isAuthorized": True},
            an_answer(principalId=5),
            an_answer(principalId=None),
            an_answer(policyDocument=None),
            an_answer(policyDocument={"Statement": [{"Action": "*", "Effect": "Permit", "Resource": "*"}]}),
            an_answer(policyDocument={"Statement": [{"Action": "*", "Effect": "Allow"}]}),
            an_answer(context="text"),
            an_answer(context={"a": object()}),
        ],
    )
    def test_another_shape_has_failed(self, answer: object):
        """A handshake gets 500 then; the simple boolean answer is an HTTP API's."""
        with pytest.raises(AuthorizerFailed, match="the authorizer's result is malformed"):
            decode_result(answer)

    @pytest.mark.parametrize("value", [{}, {"b": 1}, [], ["b"]])
    def test_a_nested_context_has_failed(self, value: object):
        """Context values are text, numbers and booleans only."""
        with pytest.raises(AuthorizerFailed, match="context"):
            decode_result(an_answer(context={"a": value}))

    @pytest.mark.parametrize("value", ["\ud800", 10**5000], ids=["lone surrogate", "5001 digits"])
    def test_a_value_that_cannot_be_written_as_json_has_failed(self, value: object):
        """It has no size and could never have come from a Lambda function."""
        with pytest.raises(AuthorizerFailed, match="the authorizer's result is malformed"):
            decode_result(an_answer(context={"a": value}))

    def test_nesting_too_deep_has_failed(self):
        """Not a RecursionError."""
        nested: list[object] = []
        for _ in range(100_000):
            nested = [nested]

        with pytest.raises(AuthorizerFailed, match="the authorizer's result is malformed"):
            decode_result(an_answer(context={"a": nested}))

    def test_a_result_of_8_kilobytes_is_accepted(self):
        """Counted in bytes of its JSON."""
        empty = len('{"principalId":"alice","policyDocument":{"Statement":[]},"context":{"a":""}}')

        result = decode_result(an_answer(context={"a": "x" * (8192 - empty)}))

        assert 8192 - empty == len(str(result.context["a"]))

    def test_a_result_over_8_kilobytes_has_failed(self):
        """AWS's quota for authorizer results."""
        empty = len('{"principalId":"alice","policyDocument":{"Statement":[]},"context":{"a":""}}')

        with pytest.raises(AuthorizerFailed, match="larger than 8192 bytes"):
            decode_result(an_answer(context={"a": "x" * (8193 - empty)}))

    def test_the_size_counts_bytes_and_not_characters(self):
        """3000 Japanese characters are 9000 bytes."""
        with pytest.raises(AuthorizerFailed, match="larger than 8192 bytes"):
            decode_result(an_answer(context={"a": "あ" * 3000}))

    def test_no_context_is_an_empty_one(self):
        """Both it and `usageIdentifierKey` are optional."""
        assert {} == decode_result(an_answer()).context

    def test_a_usage_identifier_key_is_accepted(self):
        """Authorizers that serve usage plans return one."""
        assert "key" == decode_result(an_answer(usageIdentifierKey="key")).usage_identifier_key


class TestContextForEvents:
    """The map that goes with every event."""

    @pytest.mark.parametrize(
        ("expected", "value"), [("7", 7), ("1.5", 1.5), ("true", True), ("false", False), ("a", "a"), ("", "")]
    )
    def test_every_value_becomes_text(self, expected: str, value: str | float | bool):
        """Numbers and booleans arrive at the integration as strings."""
        result = allow("alice", METHOD_ARN, {"key": value})

        assert {"key": expected, "principalId": "alice"} == context_for_events(result)

    def test_null_is_left_out(self):
        """An absent key says the same."""
        assert {"principalId": "alice"} == context_for_events(allow("alice", METHOD_ARN, {"key": None}))

    def test_the_principal_cannot_be_overridden_by_the_context(self):
        """`principalId` is the result's own."""
        result = allow("alice", METHOD_ARN, {"principalId": "mallory"})

        assert {"principalId": "alice"} == context_for_events(result)


def test_an_encoded_result_is_decoded_to_the_same():
    """What a function returns, API Gateway reads."""
    result = allow("alice", "arn:aws:execute-api:eu-west-1:1:a/prod/$connect", {"name": "Alice"})

    assert result == decode_result(encode_result(result))
