"""The Lambda Runtime API on a real socket, called as runtime clients call it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from talkroom.functions.failures import RESULT_BYTES_MAX, FunctionFailed
from talkroom.functions.invocation import Invocation
from talkroom.functions.runtime_api import RuntimeApi
from tests.functions.kit import ARN, PATIENCE_S

TRACE = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
NEXT = "invocation/next"


@dataclass
class Recorder:
    """What the API has told, in its order."""

    told: list[tuple[str, Any]] = field(default_factory=list)
    asked: asyncio.Queue[bool] = field(default_factory=asyncio.Queue)

    def next_asked(self, *, waits: bool) -> None:
        """As the protocol says."""
        self.asked.put_nowait(waits)

    def delivered(self, invocation: Invocation) -> None:
        """As the protocol says."""
        self.told.append(("delivered", invocation.request_id))

    def answered(self, result: bytes) -> None:
        """As the protocol says."""
        self.told.append(("answered", result))

    def failed(self, failure: FunctionFailed) -> None:
        """As the protocol says."""
        self.told.append(("failed", (failure.error_type, failure.message)))

    def init_failed(self, failure: FunctionFailed) -> None:
        """As the protocol says."""
        self.told.append(("init_failed", (failure.error_type, failure.message)))


class Runtime:
    """A runtime client and the API that it talks to."""

    def __init__(self, api: RuntimeApi, events: Recorder, address: str, http: aiohttp.ClientSession) -> None:
        self.api = api
        self.events = events
        self.address = address
        self._http = http

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Status, headers and JSON of the answer."""
        url = f"http://{self.address}/2018-06-01/runtime/{path}"
        async with self._http.request(method, url, data=body, headers=headers) as answer:
            return answer.status, answer.headers, json.loads(await answer.read())

    async def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        status, _, answer = await self.call("POST", path, body, **headers)
        return status, answer

    async def take(self, request_id: str = "one") -> None:
        """Ask for the next invocation, and get this one."""
        self.api.offer(an_invocation(request_id))
        status, _, _ = await self.call("GET", NEXT)
        assert status == 200


def an_invocation(request_id: str = "one", **fields: Any) -> Invocation:
    """Of a function with a timeout of 3 seconds."""
    return Invocation(request_id, b'{"a": 1}', ARN, 3.0, TRACE, **fields)


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    """At 12:00:00.5 on a day in 2018."""
    events = Recorder()
    api = RuntimeApi(events, wall_clock_s=lambda: 1_542_409_706.5)
    address = await api.start()
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as http:
        yield Runtime(api, events, address, http)
    await api.stop()


# the next invocation


async def test_an_invocation_is_handed_out_with_its_headers(runtime: Runtime) -> None:
    """Those that are always there; the body is the event as it came."""
    runtime.api.offer(an_invocation())
    status, headers, event = await runtime.call("GET", NEXT)
    given = {name: value for name, value in headers.items() if name.startswith("Lambda-")}
    assert (200, {"a": 1}, "application/json") == (status, event, headers["Content-Type"])
    assert given == {
        "Lambda-Runtime-Aws-Request-Id": "one",
        "Lambda-Runtime-Deadline-Ms": "1542409709500",
        "Lambda-Runtime-Invoked-Function-Arn": ARN,
        "Lambda-Runtime-Trace-Id": TRACE,
    }


async def test_what_a_mobile_sdk_says_is_handed_out(runtime: Runtime) -> None:
    """Only when there is something."""
    runtime.api.offer(an_invocation(client_context='{"custom": {}}', cognito_identity='{"cognitoIdentityId": "x"}'))
    _, headers, _ = await runtime.call("GET", NEXT)
    assert '{"custom": {}}' == headers["Lambda-Runtime-Client-Context"]
    assert '{"cognitoIdentityId": "x"}' == headers["Lambda-Runtime-Cognito-Identity"]


async def test_a_client_waits_until_there_is_something_to_do(runtime: Runtime) -> None:
    """And its owner knows that it waits."""
    asking = asyncio.create_task(runtime.call("GET", NEXT))
    assert await runtime.events.asked.get() is True
    runtime.api.offer(an_invocation("later"))
    _, headers, _ = await asking
    assert "later" == headers["Lambda-Runtime-Aws-Request-Id"]
    assert [("delivered", "later")] == runtime.events.told


async def test_a_client_that_finds_something_to_do_does_not_wait(runtime: Runtime) -> None:
    """It must not be frozen then."""
    await runtime.take()
    assert await runtime.events.asked.get() is False


async def test_a_client_that_gave_up_waiting_may_ask_again(runtime: Runtime) -> None:
    """The connection of its first call is gone."""
    first = asyncio.create_task(runtime.call("GET", NEXT))
    await runtime.events.asked.get()
    first.cancel()
    second = asyncio.create_task(runtime.call("GET", NEXT))
    await runtime.events.asked.get()
    runtime.api.offer(an_invocation())
    status, _, _ = await second
    assert status == 200


async def test_of_two_calls_that_wait_the_later_one_counts(runtime: Runtime) -> None:
    """An environment has one invocation at a time."""
    first = asyncio.create_task(runtime.call("GET", NEXT))
    await runtime.events.asked.get()
    second = asyncio.create_task(runtime.call("GET", NEXT))
    await runtime.events.asked.get()
    runtime.api.offer(an_invocation())
    assert [403, 200] == [(await first)[0], (await second)[0]]


async def test_there_is_no_next_invocation_before_a_response(runtime: Runtime) -> None:
    """The client has forgotten one."""
    await runtime.take()
    status, _, answer = await runtime.call("GET", NEXT)
    assert (403, "InvalidStateTransition") == (status, answer["errorType"])


# responses


async def test_a_response_is_accepted(runtime: Runtime) -> None:
    """As it was sent: what it means is not the API's business."""
    await runtime.take()
    assert (202, {"status": "OK"}) == await runtime.post("invocation/one/response", b'{"statusCode": 200}')
    assert ("answered", b'{"statusCode": 200}') == runtime.events.told[-1]


async def test_a_response_may_come_in_chunks(runtime: Runtime) -> None:
    """Without its length."""

    async def chunks() -> AsyncIterator[bytes]:
        for part in (b'{"status', b'Code"', b": 200}"):
            yield part

    await runtime.take()
    assert (202, {"status": "OK"}) == await runtime.post("invocation/one/response", chunks())
    assert ("answered", b'{"statusCode": 200}') == runtime.events.told[-1]


async def test_a_response_may_be_empty(runtime: Runtime) -> None:
    """It is accepted; what becomes of it is another matter."""
    await runtime.take()
    assert (202, {"status": "OK"}) == await runtime.post("invocation/one/response", b"")
    assert ("answered", b"") == runtime.events.told[-1]


@pytest.mark.parametrize("path", ["invocation/two/response", "invocation/two/error"])
async def test_an_unknown_request_id_is_refused(runtime: Runtime, path: str) -> None:
    """The invocation that runs is not touched."""
    await runtime.take()
    answer = (400, {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"})
    assert answer == await runtime.post(path, b"{}")
    assert [("delivered", "one")] == runtime.events.told


async def test_a_second_response_is_refused(runtime: Runtime) -> None:
    """The first one counts."""
    await runtime.take()
    await runtime.post("invocation/one/response", b"1")
    status, answer = await runtime.post("invocation/one/response", b"2")
    assert (400, "InvalidRequestID") == (status, answer["errorType"])
    assert ("answered", b"1") == runtime.events.told[-1]


async def test_a_response_of_6_mb_is_accepted(runtime: Runtime) -> None:
    """6,291,556 bytes, to be exact."""
    await runtime.take()
    status, _ = await runtime.post("invocation/one/response", BytesIO(b"x" * RESULT_BYTES_MAX))
    assert status == 202


async def test_a_larger_response_is_refused_and_fails_its_invocation(runtime: Runtime) -> None:
    """The client sends all of it before it reads the answer."""
    await runtime.take()
    status, answer = await runtime.post("invocation/one/response", BytesIO(b"x" * (RESULT_BYTES_MAX + 1)))
    assert (413, "RequestEntityTooLarge") == (status, answer["errorType"])
    kind, failure = runtime.events.told[-1]
    assert ("failed", "Function.ResponseSizeTooLarge") == (kind, failure[0])


async def test_a_response_that_breaks_off_is_none(runtime: Runtime) -> None:
    """The invocation goes on; its process has probably ended."""
    await runtime.take()
    host, port = runtime.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /2018-06-01/runtime/invocation/one/response HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1")
    writer.write_eof()
    await reader.read()
    writer.close()
    assert [("delivered", "one")] == runtime.events.told


# errors


async def test_an_error_is_accepted(runtime: Runtime) -> None:
    """With its type and its message."""
    await runtime.take()
    body = b'{"errorMessage": "no such room", "errorType": "LookupError", "stackTrace": []}'
    assert (202, {"status": "OK"}) == await runtime.post("invocation/one/error", body)
    assert ("failed", ("LookupError", "no such room")) == runtime.events.told[-1]


async def test_an_error_may_have_a_very_long_header(runtime: Runtime) -> None:
    """The official clients send up to 1 MiB for X-Ray."""
    await runtime.take()
    headers = {"Lambda-Runtime-Function-XRay-Error-Cause": "x" * 1024 * 1024}
    status, _ = await runtime.post("invocation/one/error", b'{"errorType": "E", "errorMessage": ""}', **headers)
    assert status == 202


async def test_an_error_may_be_in_the_header_alone(runtime: Runtime) -> None:
    """As a shell script reports it."""
    await runtime.take()
    await runtime.post("invocation/one/error", b"oops", **{"Lambda-Runtime-Function-Error-Type": "Runtime.Unknown"})
    assert ("failed", ("Runtime.Unknown", "")) == runtime.events.told[-1]


async def test_an_initialization_error_is_accepted(runtime: Runtime) -> None:
    """Before the first invocation is asked for."""
    body = b'{"errorMessage": "Unable to import module", "errorType": "Runtime.ImportModuleError"}'
    assert (202, {"status": "OK"}) == await runtime.post("init/error", body)
    assert [("init_failed", ("Runtime.ImportModuleError", "Unable to import module"))] == runtime.events.told


async def test_an_initialization_that_has_ended_cannot_fail(runtime: Runtime) -> None:
    """The client has asked for an invocation."""
    await runtime.take()
    status, answer = await runtime.post("init/error", b"{}")
    assert (403, "InvalidStateTransition") == (status, answer["errorType"])


# the rest


@pytest.mark.parametrize("path", ["invocation", "invocation/one", "restore/next", "", "../../ping"])
async def test_other_paths_are_not_found(runtime: Runtime, path: str) -> None:
    """The extensions API and the like."""
    status, _, answer = await runtime.call("GET", path)
    assert (404, "NotFound") == (status, answer["errorType"])


async def test_invocations_follow_each_other(runtime: Runtime) -> None:
    """On one connection, one at a time."""
    for number in range(5):
        await runtime.take(str(number))
        await runtime.post(f"invocation/{number}/response", b"null")
    assert [str(number) for number in range(5)] == [value for kind, value in runtime.events.told if kind == "delivered"]


async def test_a_client_that_waits_is_told_when_the_api_ends(runtime: Runtime) -> None:
    """It ends too then."""
    asking = asyncio.create_task(runtime.call("GET", NEXT))
    await runtime.events.asked.get()
    await runtime.api.stop()
    try:
        status, _, _ = await asking
        assert status == 403
    except aiohttp.ClientError:  # the connection may be faster than the answer
        pass
