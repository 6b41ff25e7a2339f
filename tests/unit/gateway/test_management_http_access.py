"""The management API over HTTP: who may call it."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from talkroom.contract.authorizer import MANAGE_CONNECTIONS, PolicyDocument, Statement
from talkroom.gateway.management_http import NO_KEY_MESSAGE
from talkroom.gateway.signing_keys import ManagementKey
from tests.unit.gateway.management_served import (
    CLOSED,
    KEY,
    MALFORMED,
    OPEN,
    PATH,
    SLOW,
    Served,
    head_of,
    make_client,
    raw,
    serve,
)


async def refused(served: Served, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[str, str]:
    """The error's name and message; that it is 403 and that nothing happened is asserted."""
    async with served.request(method, target, body, headers=headers) as answer:
        assert answer.status == 403
        assert served.management.calls == 0
        return answer.headers["x-amzn-ErrorType"], (await answer.json())["message"]


@pytest.mark.parametrize("connection_id", [OPEN, CLOSED, MALFORMED, "", "a/b"])
async def test_an_unsigned_call_learns_nothing(served: Served, connection_id: str) -> None:
    """The same answer whatever the connection, and whether the path exists."""
    answer = await refused(served, "POST", f"/prod/@connections/{connection_id}", b"", {})
    assert answer == ("MissingAuthenticationTokenException", "Missing Authentication Token")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
async def test_every_method_must_be_signed(served: Served, method: str) -> None:
    """The ones that do not exist included."""
    answer = await refused(served, method, PATH, b"", {})
    assert answer == ("MissingAuthenticationTokenException", "Missing Authentication Token")


async def test_a_tampered_body_is_refused(served: Served) -> None:
    """A proxy cannot change what is posted."""
    name, _ = await refused(served, "POST", PATH, b"hellp", served.sign("POST", PATH, b"hello"))
    assert name == "InvalidSignatureException"


async def test_a_tampered_path_is_refused(served: Served) -> None:
    """A signature for one connection is none for another."""
    name, _ = await refused(served, "POST", f"/prod/@connections/{SLOW}", b"hi", served.sign("POST", PATH, b"hi"))
    assert name == "InvalidSignatureException"


async def test_an_expired_signature_is_refused() -> None:
    """By the clock that the verifier was given: here it is the end of time."""
    async with serve(clock=lambda: 253_402_300_000_000) as served:
        name, message = await refused(served, "POST", PATH, b"hi", served.sign("POST", PATH, b"hi"))
    assert name == "InvalidSignatureException"
    assert message.startswith("Signature expired: ")


async def test_a_signature_for_another_service_is_refused(served: Served) -> None:
    """Such as one for the API that manages APIs."""
    headers = served.sign("POST", PATH, b"hi")
    headers["Authorization"] = headers["Authorization"].replace("execute-api", "apigateway")
    answer = await refused(served, "POST", PATH, b"hi", headers)
    assert answer == ("InvalidSignatureException", "Credential should be scoped to correct service: 'execute-api'.")


async def test_garbage_as_authorization_is_refused(served: Served) -> None:
    """Never another status than 403: many headers of all kinds of bytes, on one server."""
    headers = served.sign("POST", PATH)
    good = headers.pop("Authorization")
    bases = st.sampled_from(["", "AWS4-HMAC-SHA256 ", "Bearer ", good[:-64], good[: good.index("SignedHeaders")]])
    text = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=("Cs", "Cc")), max_size=80)
    garbage: list[str] = []

    @settings(max_examples=60, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(bases, text)
    def collect(base: str, rest: str) -> None:
        garbage.append(base + rest)

    collect()
    for authorization in garbage:
        head = head_of("POST", PATH, headers | {"Authorization": authorization, "Content-Length": "0"})
        assert await raw(served, head) == 403, authorization


@pytest.mark.parametrize("name", [b"X-Amz-Date: ", b"X-Amz-Note: ", b"Authorization: "])
async def test_bytes_that_are_not_text_are_refused(served: Served, name: bytes) -> None:
    """In a signed header, as in the Authorization."""
    headers = served.sign("POST", PATH) | {"Content-Length": "0", "X-Amz-Note": ""}
    headers["Authorization"] = headers["Authorization"].replace("SignedHeaders=host;", "SignedHeaders=host;x-amz-note;")
    head = head_of("POST", PATH, headers).replace(name, name + b"\xff")
    assert await raw(served, head) == 403
    assert served.management.calls == 0


async def test_a_signature_in_the_query_is_accepted(served: Served) -> None:
    """As in a URL that somebody was given for a few minutes."""
    boto = make_client(served, KEY)
    url = boto.generate_presigned_url("get_connection", Params={"ConnectionId": OPEN})
    boto.close()
    async with served.request("GET", url.removeprefix(f"http://127.0.0.1:{served.port}"), headers={}) as answer:
        assert 200 == answer.status


# what a key may do

POSTS = "arn:aws:execute-api:us-east-1:000000000000:talkroom00/prod/POST/@connections/*"
POSTING = ManagementKey("AKIDPOSTING", "a secret", PolicyDocument([Statement(MANAGE_CONNECTIONS, "Allow", POSTS)]))
"""It may post, and neither look nor close."""


async def test_a_key_may_do_what_its_policy_allows() -> None:
    """One of several keys."""
    async with serve(keys=(KEY, POSTING)) as served:
        headers = served.sign("POST", PATH, b"hi", POSTING)
        async with served.request("POST", PATH, b"hi", headers) as answer:
            assert 200 == answer.status


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("connection_id", [OPEN, CLOSED, MALFORMED])
async def test_a_key_without_permission_learns_nothing(method: str, connection_id: str) -> None:
    """In AWS's words, whatever the connection."""
    target = f"/prod/@connections/{connection_id}"
    async with serve(keys=(KEY, POSTING)) as served:
        answer = await refused(served, method, target, b"", served.sign(method, target, b"", POSTING))

    words = (
        "User: arn:aws:iam::000000000000:user/AKIDPOSTING is not authorized to perform: execute-api:ManageConnections on"
        f" resource: arn:aws:execute-api:us-east-1:********0000:talkroom00/prod/{method}/@connections/{{connectionId}}"
        " because no identity-based policy allows the execute-api:ManageConnections action"
    )
    assert ("ForbiddenException", words) == answer


async def test_boto3_sends_a_session_token() -> None:
    """The credentials of a role, say."""
    key = ManagementKey("ASIDSESSION", "a secret", session_token="a token/+=")
    async with serve(keys=(key,)) as served:
        boto = make_client(served, key)
        await asyncio.to_thread(boto.post_to_connection, ConnectionId=OPEN, Data=b"hi")
        boto.close()
        assert 1 == len(served.management.posts)


# the throttle: E.106 of the contract page


async def test_a_call_beyond_the_throttle_is_limited() -> None:
    """429, by which SDKs wait and try again."""
    async with serve(throttle=iter([True, False]).__next__) as served:
        async with served.request("POST", PATH, b"one") as taken:
            assert 200 == taken.status
        async with served.request("POST", PATH, b"two") as limited:
            assert (429, "LimitExceededException") == (limited.status, limited.headers["x-amzn-ErrorType"])
            assert {"message": "Too Many Requests"} == await limited.json()
        assert [(OPEN, b"one")] == served.management.posts


async def test_a_refused_call_does_not_count_for_the_throttle() -> None:
    """Strangers cannot use up what the owner of a key has."""
    counted: list[str] = []
    async with serve(throttle=lambda: counted.append("a call") is None, keys=(KEY, POSTING)) as served:
        await refused(served, "POST", PATH, b"", {})
        await refused(served, "GET", PATH, b"", served.sign("GET", PATH, b"", POSTING))
    assert [] == counted


# without a key


async def test_without_a_key_a_signed_call_is_refused_too() -> None:
    """There is no key that a signature could be of; the answer says what to set."""
    async with serve(keys=None) as served:
        answer = await refused(served, "POST", PATH, b"hi", served.sign("POST", PATH, b"hi"))
    assert answer == ("ForbiddenException", NO_KEY_MESSAGE)


async def test_without_a_key_the_operator_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """What to set is in the log, however many strangers call."""
    async with serve(keys=None) as served:
        for _ in range(2):
            await refused(served, "POST", PATH, b"hi", {})
    assert [record.getMessage() for record in caplog.records if record.name == "talkroom.gateway"] == [NO_KEY_MESSAGE]
