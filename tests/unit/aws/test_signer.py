"""What is remembered must not change a signature: botocore's own, made from nothing, is the other opinion."""

from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from talkroom.aws.credentials import Credentials
from talkroom.aws.signer import RequestSigner

KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a token")
NOON = 1_700_000_000.75

paths = st.text("abcXYZ012-_~./@=%", max_size=20).map(lambda path: "/" + path.replace("%", "%40"))
calls = st.tuples(
    st.sampled_from(["POST", "GET", "DELETE"]),
    paths,
    st.sampled_from([{}, {"X-Amz-Target": "a.b"}, {"X-Amz-Invocation-Type": "Event", "Content-Type": " a  b "}]),
    st.binary(max_size=20),
    st.integers(0, 200_000),
)


class _AtNoon(SigV4Auth):  # type: ignore[misc]  # botocore ships no types
    """botocore's, with its clock in our hands."""

    def sign_at(self, request: Any, timestamp: str) -> str:
        request.context["timestamp"] = timestamp
        self._modify_request_before_signing(request)
        to_sign = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(to_sign, request))
        return str(request.headers["Authorization"])


def sign_by_botocore(key: Credentials, method: str, url: str, headers: dict[str, str], body: bytes, at: str) -> str:
    """The Authorization header."""
    credentials = BotocoreCredentials(key.access_key_id, key.secret_access_key, key.session_token)
    request = AWSRequest(method, url, headers=headers, data=body)
    return _AtNoon(credentials, "execute-api", "eu-west-1").sign_at(request, at)


@given(st.lists(calls, min_size=1, max_size=5))
def test_signs_as_botocore_does(made: list[tuple[str, str, dict[str, str], bytes, int]]) -> None:
    """Whatever was signed before by the same signer, and whenever."""
    now_s = NOON
    signer = RequestSigner(KEY, "execute-api", "eu-west-1", clock_s=lambda: now_s)
    for method, path, more, body, later_s in made:
        now_s += later_s
        url, headers = f"https://abc.example.com{path}", {"Host": "abc.example.com", **more}
        sent = signer.sign(method, url, headers, body)

        assert sign_by_botocore(KEY, method, url, headers, body, sent["X-Amz-Date"]) == sent["Authorization"]
        assert {**headers, "X-Amz-Security-Token": "a token"}.items() <= sent.items()


def test_without_a_token_none_is_sent() -> None:
    """An empty header would be signed too."""
    signer = RequestSigner(Credentials("AKIDEXAMPLE", "secret"), "lambda", "us-east-1", clock_s=lambda: NOON)
    sent = signer.sign("POST", "https://lambda.example.com/", {"Host": "lambda.example.com"}, b"")

    assert {"Host", "X-Amz-Date", "Authorization"} == set(sent)
    assert "20231114T221320Z" == sent["X-Amz-Date"]


def test_a_body_that_is_equal_but_another_is_no_mistake() -> None:
    """Bodies are told apart by identity, and a new one is hashed again."""
    signer = RequestSigner(KEY, "execute-api", "eu-west-1", clock_s=lambda: NOON)
    url, headers = "https://a.example.com/x", {"Host": "a.example.com"}
    bodies = [b"one", bytes(bytearray(b"one")), b"two", b"one"]
    signatures = [signer.sign("POST", url, headers, body)["Authorization"] for body in bodies]

    assert signatures[0] == signatures[1] == signatures[3] != signatures[2]
