"""The management API over HTTP on a real socket, called by boto3, by botocore's signer with aiohttp, and by hand."""

import asyncio
import gzip
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import boto3  # type: ignore[import-untyped]  # its stubs are larger than itself
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded
from talkroom.contract.ids import is_well_formed
from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries
from talkroom.gateway.management_http import NO_KEY_MESSAGE, ManagementHttp
from talkroom.gateway.signatures import ManagementKey, SignatureVerifier

KEY = ManagementKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
OPEN = "R0oXAdfD0kwCH6w="
CLOSED = "R1oXAdfD0kwCH6w="
SLOW = "R2oXAdfD0kwCH6w="
MALFORMED = "cjy8i76bx002884le6n17d49b"
BROKEN = "R3oXAdfD0kwCH6w="
PATH = f"/prod/@connections/{OPEN}"
ENCODED = "/prod/%40connections/R0oXAdfD0kwCH6w%3D"
PAYLOAD_BYTES_MAX = 131_072


class FakeManagement:
    """A management API that knows one open connection, one that does not read, and one on which it fails."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, bytes]] = []
        self.deleted: list[str] = []
        self.calls = 0

    async def post_to_connection(self, connection_id: str, payload: bytes) -> None:
        """Recorded."""
        self._find(connection_id)
        if connection_id == SLOW:
            raise LimitExceeded("the client does not read")
        if connection_id == BROKEN:
            raise RuntimeError(payload.decode())
        self.posts.append((connection_id, payload))

    async def post_many(self, connection_ids: Sequence[str], payload: bytes) -> Deliveries:
        """Not reachable over HTTP."""
        raise AssertionError("HTTP has no such call")

    async def get_connection(self, connection_id: str) -> ConnectionInfo:
        """As captured in AWS's guide: this client sent no User-Agent."""
        self._find(connection_id)
        identity = ConnectionIdentity("192.0.2.1", None)
        return ConnectionInfo("2022-01-25T18:50:04.673Z", identity, "2022-01-25T18:50:07.642Z")

    async def delete_connection(self, connection_id: str) -> None:
        """Recorded."""
        self._find(connection_id)
        self.deleted.append(connection_id)

    def _find(self, connection_id: str) -> None:
        self.calls += 1
        if not is_well_formed(connection_id):
            raise InvalidConnectionId(f"Invalid connectionId: {connection_id}")
        if connection_id == CLOSED:
            raise Gone(f"connection {connection_id} is not open")


class Served:
    """A management API that listens on `port`, the statuses that it answered, and an HTTP client."""

    def __init__(
        self, management: FakeManagement, port: int, statuses: asyncio.Queue[int], http: aiohttp.ClientSession
    ) -> None:
        self.management = management
        self.port = port
        self.statuses = statuses
        self.http = http

    def url(self, target: str) -> URL:
        """With the target spelled as given: aiohttp would decode it otherwise."""
        return URL(f"http://127.0.0.1:{self.port}{target}", encoded=True)

    def sign(self, method: str, target: str, body: bytes = b"", key: ManagementKey = KEY) -> dict[str, str]:
        """The headers that botocore would send with a request."""
        request = AWSRequest(method, str(self.url(target)), headers={"Host": f"127.0.0.1:{self.port}"}, data=body)
        SigV4Auth(Credentials(key.access_key_id, key.secret_access_key), "execute-api", "us-east-1").add_auth(request)
        return dict(request.headers.items())

    def request(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """A request, signed unless headers are given."""
        signed = self.sign(method, target, body) if headers is None else headers
        return self.http.request(method, self.url(target), data=body, headers=signed)


@asynccontextmanager
async def serve(
    *, has_key: bool = True, clock: Callable[[], int] | None = None, body_timeout_s: float = 10
) -> AsyncIterator[Served]:
    """A real server on a port of the system's choice."""
    management = FakeManagement()
    verifier = SignatureVerifier(KEY, clock or (lambda: time.time_ns() // 1_000_000)) if has_key else None
    statuses: asyncio.Queue[int] = asyncio.Queue()

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        statuses.put_nowait(response.status)
        return response

    application = web.Application(middlewares=[record])
    ManagementHttp(
        management,
        verifier,
        "prod",
        PAYLOAD_BYTES_MAX,
        body_timeout_s=body_timeout_s,
        new_request_id=lambda: "request-1",
    ).add_to(application)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Served(management, runner.addresses[0][1], statuses, http)
    finally:
        await runner.cleanup()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """With a key."""
    async with serve() as server:
        yield server


@pytest.fixture
def client(served: Served) -> Iterator[Any]:
    """boto3's, with the key."""
    boto = make_client(served, KEY)
    yield boto
    boto.close()


def make_client(served: Served, key: ManagementKey) -> Any:
    """boto3's, given its endpoint as the guide says: with the stage in it."""
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"http://127.0.0.1:{served.port}/prod",
        region_name="eu-west-1",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


@asynccontextmanager
async def talk(served: Served, sent: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A TCP connection by hand, on which this was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(sent)
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def read_status(reader: asyncio.StreamReader) -> int:
    """Of the answer that begins here."""
    return int((await reader.readuntil(b"\r\n\r\n")).split()[1])


async def raw(served: Served, head: bytes, body: bytes = b"") -> int:
    """The status of the answer to bytes sent by hand; nothing follows them."""
    async with talk(served, head + body) as (reader, _):
        return await read_status(reader)


def head_of(method: str, target: str, headers: dict[str, str]) -> bytes:
    """A request head by hand."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode()


# boto3


async def test_boto3_posts(served: Served, client: Any) -> None:
    """The bytes arrive and the answer is 200 without a body."""
    answer = await asyncio.to_thread(client.post_to_connection, ConnectionId=OPEN, Data="こんにちは".encode())
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [(OPEN, "こんにちは".encode())] == served.management.posts


async def test_boto3_gets_a_connection(client: Any) -> None:
    """With datetimes, and no user agent because the client sent none."""
    answer = await asyncio.to_thread(client.get_connection, ConnectionId=OPEN)
    assert answer["ConnectedAt"] == datetime(2022, 1, 25, 18, 50, 4, 673_000, UTC)
    assert answer["LastActiveAt"] == datetime(2022, 1, 25, 18, 50, 7, 642_000, UTC)
    assert answer["Identity"] == {"SourceIp": "192.0.2.1"}


async def test_boto3_deletes_a_connection(served: Served, client: Any) -> None:
    """The answer is 204."""
    answer = await asyncio.to_thread(client.delete_connection, ConnectionId=OPEN)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert served.management.deleted == [OPEN]


@pytest.mark.parametrize("operation", ["get_connection", "delete_connection"])
async def test_boto3_raises_gone(client: Any, operation: str) -> None:
    """Its modelled exception, made from the header."""
    with pytest.raises(client.exceptions.GoneException) as raised:
        await asyncio.to_thread(getattr(client, operation), ConnectionId=CLOSED)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


async def test_boto3_raises_gone_from_a_post(client: Any) -> None:
    """What every sender catches, to forget the connection."""
    with pytest.raises(client.exceptions.GoneException):
        await asyncio.to_thread(client.post_to_connection, ConnectionId=CLOSED, Data=b"hi")


async def test_boto3_raises_limit_exceeded(client: Any) -> None:
    """For a client that does not read."""
    with pytest.raises(client.exceptions.LimitExceededException):
        await asyncio.to_thread(client.post_to_connection, ConnectionId=SLOW, Data=b"hi")


async def test_boto3_raises_payload_too_large(served: Served, client: Any) -> None:
    """With its message."""
    with pytest.raises(client.exceptions.PayloadTooLargeException) as raised:
        await asyncio.to_thread(client.post_to_connection, ConnectionId=OPEN, Data=b"x" * (PAYLOAD_BYTES_MAX + 1))
    assert raised.value.response["Error"]["Message"] == "The payload is larger than 131072 bytes."
    assert served.management.posts == []


async def test_boto3_posts_a_payload_of_the_largest_size(served: Served, client: Any) -> None:
    """128 KiB is not over 128 KiB."""
    payload = b"x" * PAYLOAD_BYTES_MAX
    await asyncio.to_thread(client.post_to_connection, ConnectionId=OPEN, Data=payload)
    assert [(OPEN, payload)] == served.management.posts


async def test_boto3_raises_bad_request_for_a_malformed_id(client: Any) -> None:
    """In the words captured on AWS."""
    with pytest.raises(ClientError) as raised:
        await asyncio.to_thread(client.post_to_connection, ConnectionId=MALFORMED, Data=b"hi")
    assert raised.value.response["Error"] == {
        "Code": "BadRequestException",
        "Message": f"Invalid connectionId: {MALFORMED}",
    }


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (ManagementKey(KEY.access_key_id, "another"), "InvalidSignatureException"),
        (ManagementKey("AKIDOTHER", KEY.secret_access_key), "UnrecognizedClientException"),
    ],
)
async def test_boto3_with_another_key_is_refused(served: Served, key: ManagementKey, code: str) -> None:
    """With 403 and before the connection is looked at."""
    boto = make_client(served, key)
    with pytest.raises(ClientError) as raised:
        await asyncio.to_thread(boto.post_to_connection, ConnectionId=OPEN, Data=b"hi")
    boto.close()
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert served.management.calls == 0


# the wire


@pytest.mark.parametrize(
    "target", [PATH, ENCODED, "/prod/@connections/R0oXAdfD0kwCH6w%3D", "/prod/%40connections/R0oXAdfD0kwCH6w="]
)
async def test_accepts_plain_and_encoded_paths(served: Served, target: str) -> None:
    """Each signed and sent as it is."""
    async with served.request("POST", target, b"hi") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    assert served.management.posts == [(OPEN, b"hi")]


async def test_accepts_a_path_that_the_http_client_decodes(served: Served) -> None:
    """aiohttp's client sends `@` for the `%40` that was signed."""
    async with served.http.post(
        f"http://127.0.0.1:{served.port}{ENCODED}", data=b"hi", headers=served.sign("POST", ENCODED, b"hi")
    ) as answer:
        assert (answer.status, answer.request_info.url.raw_path) == (200, PATH)


async def test_answers_get_in_the_names_of_the_wire(served: Served) -> None:
    """Lower camel case, milliseconds with Z, null for no user agent."""
    async with served.request("GET", ENCODED) as answer:
        assert answer.content_type == "application/json"
        assert await answer.json() == {
            "connectedAt": "2022-01-25T18:50:04.673Z",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": None},
            "lastActiveAt": "2022-01-25T18:50:07.642Z",
        }


async def test_answers_delete_with_nothing(served: Served) -> None:
    """204, no body."""
    async with served.request("DELETE", ENCODED) as answer:
        assert (answer.status, await answer.read()) == (204, b"")


@pytest.mark.parametrize(
    ("connection_id", "status", "name", "message"),
    [
        (CLOSED, 410, "GoneException", f"connection {CLOSED} is not open"),
        (SLOW, 429, "LimitExceededException", "the client does not read"),
        (MALFORMED, 400, "BadRequestException", f"Invalid connectionId: {MALFORMED}"),
        ("%E2%98%83", 400, "BadRequestException", "Invalid connectionId: ☃"),
        ("%FF", 400, "BadRequestException", "Invalid connectionId: \ufffd"),
    ],
)
async def test_answers_an_error_by_header_and_message(
    served: Served, connection_id: str, status: int, name: str, message: str
) -> None:
    """SDKs read the header, people the body."""
    async with served.request("POST", f"/prod/@connections/{connection_id}", b"hi") as answer:
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (status, name)
        assert await answer.json() == {"message": message}


@pytest.mark.parametrize(
    ("method", "target"), [("POST", PATH), ("DELETE", PATH), ("POST", PATH + "x"), ("GET", "/prod/@connections")]
)
async def test_every_answer_has_a_request_id(served: Served, method: str, target: str) -> None:
    """Success or not."""
    async with served.request(method, target) as answer:
        assert answer.headers["x-amzn-RequestId"] == "request-1"


@pytest.mark.parametrize(
    ("method", "target", "route"),
    [
        ("GET", "/prod/@connections", "@connections"),
        ("GET", "/prod/@connections/", "@connections/"),
        ("POST", PATH + "/more", f"@connections/{OPEN}/more"),
        ("POST", PATH + "%2Fmore", f"@connections/{OPEN}/more"),
        ("PUT", PATH, f"@connections/{OPEN}"),
    ],
)
async def test_other_calls_find_no_method(served: Served, method: str, target: str, route: str) -> None:
    """In AWS's words."""
    async with served.request(method, target) as answer:
        assert answer.status == 404
        assert await answer.json() == {"message": f"No method found matching route {route} for http method {method}."}
    assert served.management.calls == 0


@pytest.mark.parametrize(
    "target", [PATH.removeprefix("/prod"), PATH.replace("prod", "test"), PATH.replace("@", "%2540")]
)
async def test_other_paths_are_not_ours(served: Served, target: str) -> None:
    """The API is below its stage only; the rest is for the other pages of the server."""
    async with served.request("POST", target) as answer:
        assert answer.status == 404
        assert "x-amzn-RequestId" not in answer.headers


# bodies


async def test_an_announced_body_over_the_limit_is_refused_unread(served: Served) -> None:
    """The answer comes though no byte of the body was sent."""
    headers = served.sign("POST", PATH) | {"Content-Length": "1000000000"}
    assert await raw(served, head_of("POST", PATH, headers)) == 413


async def test_a_chunked_body_over_the_limit_is_refused_before_its_end(served: Served) -> None:
    """The answer comes though the body does not end."""
    headers = served.sign("POST", PATH) | {"Transfer-Encoding": "chunked"}
    chunk = b"%x\r\n%b\r\n" % (PAYLOAD_BYTES_MAX + 1, b"x" * (PAYLOAD_BYTES_MAX + 1))
    assert await raw(served, head_of("POST", PATH, headers), chunk) == 413


async def test_a_chunked_body_is_verified(served: Served) -> None:
    """A body need not announce its size."""
    headers = served.sign("POST", PATH, b"hello") | {"Transfer-Encoding": "chunked"}
    body = b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    assert await raw(served, head_of("POST", PATH, headers), body) == 200
    assert served.management.posts == [(OPEN, b"hello")]


async def test_a_malformed_body_is_the_caller_s_error() -> None:
    """400, or 408 when aiohttp's parser only stops reading; `100 Continue` tells that the body is being waited for."""
    async with serve(body_timeout_s=0.05) as served:
        headers = served.sign("POST", PATH) | {"Transfer-Encoding": "chunked", "Expect": "100-continue"}
        async with talk(served, head_of("POST", PATH, headers)) as (reader, writer):
            assert await read_status(reader) == 100
            writer.write(b"nonsense\r\n")
            assert await read_status(reader) in (400, 408)


async def test_a_body_that_is_not_of_its_encoding_is_the_caller_s_error(served: Served) -> None:
    """aiohttp decompresses; what it cannot decompress is no fault of ours either."""
    headers = served.sign("POST", PATH, b"hello") | {"Content-Length": "5", "Content-Encoding": "gzip"}
    assert await raw(served, head_of("POST", PATH, headers), b"hello") == 400


async def test_a_body_is_bounded_after_decompression(served: Served) -> None:
    """A kilobyte that becomes a megabyte is too large."""
    bomb = gzip.compress(b"\0" * 1_000_000)
    headers = served.sign("POST", PATH, bomb) | {"Content-Length": str(len(bomb)), "Content-Encoding": "gzip"}
    assert await raw(served, head_of("POST", PATH, headers), bomb) == 413


async def test_a_body_that_breaks_off_is_the_caller_s_error(served: Served) -> None:
    """Nobody is there to read the answer, and nothing is logged as a fault of ours."""
    headers = served.sign("POST", PATH) | {"Content-Length": "5", "Expect": "100-continue"}
    async with talk(served, head_of("POST", PATH, headers)) as (reader, _):
        assert await read_status(reader) == 100
    assert await served.statuses.get() == 400


async def test_a_body_that_does_not_come_times_out() -> None:
    """A slow caller holds nothing for longer than the limit."""
    async with serve(body_timeout_s=0.01) as served:
        headers = served.sign("POST", PATH) | {"Content-Length": "5"}
        assert await raw(served, head_of("POST", PATH, headers), b"hell") == 408


async def test_a_stranger_s_body_is_not_waited_for(served: Served) -> None:
    """Who did not sign is refused on the head alone."""
    head = head_of("POST", PATH, {"Host": "x", "Content-Length": "5"})
    assert await raw(served, head) == 403


# who may


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


# without a key


async def test_without_a_key_a_signed_call_is_refused_too() -> None:
    """There is no key that a signature could be of; the answer says what to set."""
    async with serve(has_key=False) as served:
        answer = await refused(served, "POST", PATH, b"hi", served.sign("POST", PATH, b"hi"))
    assert answer == ("ForbiddenException", NO_KEY_MESSAGE)


async def test_without_a_key_the_operator_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """What to set is in the log, however many strangers call."""
    async with serve(has_key=False) as served:
        for _ in range(2):
            await refused(served, "POST", PATH, b"hi", {})
    assert [record.getMessage() for record in caplog.records if record.name == "talkroom.gateway"] == [NO_KEY_MESSAGE]


# faults and logs


async def test_a_fault_is_answered_without_its_trace(served: Served) -> None:
    """The caller is told that it was not its fault, and no more."""
    async with served.request("POST", f"/prod/@connections/{BROKEN}", b"a secret word") as answer:
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (500, "InternalServerErrorException")
        assert await answer.json() == {"message": "Internal server error"}


async def test_a_fault_is_logged_with_its_place_and_without_the_payload(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """The exception quotes the payload; the log does not quote the exception."""
    async with served.request("POST", f"/prod/@connections/{BROKEN}", b"a secret word"):
        pass
    assert "management request request-1 failed: RuntimeError" in caplog.text
    assert "in post_to_connection" in caplog.text
    assert "a secret word" not in caplog.text


async def test_neither_payload_nor_signature_is_logged(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """At any level, accepted or refused."""
    caplog.set_level(logging.DEBUG)
    headers = served.sign("POST", PATH, b"a secret word")
    caplog.clear()
    async with served.request("POST", PATH, b"a secret word", headers=headers) as accepted:
        assert accepted.status == 200
    async with served.request("POST", PATH, b"another word", headers=headers) as rejected:
        assert rejected.status == 403
    for hidden in ("a secret word", "another word", headers["Authorization"][-64:], KEY.secret_access_key):
        assert hidden not in caplog.text
