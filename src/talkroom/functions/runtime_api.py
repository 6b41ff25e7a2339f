"""The Lambda Runtime API: how a runtime client takes invocations and reports their results.

"Using the Lambda runtime API for custom runtimes" in the Lambda developer guide, version 2018-06-01; where the page is silent
(states, words of refusals), AWS's own aws-lambda-runtime-interface-emulator is followed. One server for one environment,
because `AWS_LAMBDA_RUNTIME_API` is a host and a port and nothing else.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
from aiohttp import web

from talkroom.functions.failures import RESULT_BYTES_MAX, FunctionFailed, read_failure, result_too_large
from talkroom.functions.invocation import Invocation

VERSION: Final = "2018-06-01"
_PREFIX: Final = f"/{VERSION}/runtime/"
ERROR_TYPE_HEADER: Final = "Lambda-Runtime-Function-Error-Type"

HEADER_BYTES_MAX: Final = 2 * 1024 * 1024
"""Of one header: the official clients put up to 1 MiB about an error into `Lambda-Runtime-Function-XRay-Error-Cause`."""
KEEPALIVE_S: Final = 24 * 3600.0
"""How long a connection may be idle, which it is while a function works: longer than any function may."""
_STOP_S: Final = 1.0

_OK: Final = (202, {"status": "OK"})
_UNKNOWN_ID: Final = (400, {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"})
_TRUNCATED: Final = (400, {"errorMessage": "HTTP request detected as truncated", "errorType": "TruncatedHTTPRequest"})
_TOO_LARGE: Final = (
    413,
    {
        "errorMessage": f"Exceeded maximum allowed payload size ({RESULT_BYTES_MAX} bytes).",
        "errorType": "RequestEntityTooLarge",
    },
)
_NOT_FOUND: Final = (404, {"errorMessage": "The runtime API has no such method", "errorType": "NotFound"})


class RuntimeEvents(Protocol):
    """What a runtime client does, told to whoever owns the API. Nothing here waits."""

    def next_asked(self, *, waits: bool) -> None:
        """It is ready for an invocation; `waits` when there is none yet."""

    def delivered(self, invocation: Invocation) -> None:
        """It is being handed this one."""

    def answered(self, result: bytes) -> None:
        """The invocation that it had has this result."""

    def failed(self, failure: FunctionFailed) -> None:
        """The invocation that it had has none."""

    def init_failed(self, failure: FunctionFailed) -> None:
        """It will never ask for an invocation."""


class RuntimeApi:
    """One environment's server on a free port of 127.0.0.1; it hands out one invocation at a time."""

    def __init__(self, events: RuntimeEvents, *, wall_clock_s: Callable[[], float] = time.time) -> None:
        self._events = events
        self._wall_clock_s = wall_clock_s
        self._runner: web.ServerRunner | None = None
        self._has_begun = False
        self._offered: Invocation | None = None
        self._current: Invocation | None = None
        self._waiting: asyncio.Future[Invocation | None] | None = None

    async def start(self) -> str:
        """Listen; the value for `AWS_LAMBDA_RUNTIME_API`."""
        server = web.Server(
            self._answer,
            access_log=None,
            keepalive_timeout=KEEPALIVE_S,
            max_field_size=HEADER_BYTES_MAX,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=_STOP_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0]
        return f"{host}:{port}"

    def offer(self, invocation: Invocation) -> None:
        """Hand this out, now if the client waits, else when it asks. The one before must be done with."""
        if self._waiting is None or self._waiting.done():
            self._offered = invocation
        else:
            self._deliver(invocation)
            self._waiting.set_result(invocation)

    async def stop(self) -> None:
        """Close every connection. The client sees that its call for the next invocation failed."""
        self._dismiss()
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        path = request.path
        words = path.removeprefix(_PREFIX).split("/") if path.startswith(_PREFIX) else []
        match request.method, words:
            case "GET", ["invocation", "next"]:
                return await self._next()
            case "POST", ["invocation", request_id, "response"]:
                return _render(await self._response(request, request_id))
            case "POST", ["invocation", request_id, "error"]:
                return _render(await self._error(request, request_id))
            case "POST", ["init", "error"]:
                return _render(await self._init_error(request))
        return _render(_NOT_FOUND)

    async def _next(self) -> web.Response:
        """No limit of time: the client waits for as long as there is nothing to do."""
        if self._current is not None:
            return _render(_forbidden(f"The invocation {self._current.request_id} has no response yet"))
        self._dismiss()
        self._has_begun = True
        invocation, self._offered = self._offered, None
        self._events.next_asked(waits=invocation is None)
        if invocation is None:
            waiting = self._waiting = asyncio.get_running_loop().create_future()
            invocation = await waiting
            if invocation is None:
                return _render(_forbidden("Another call waits for the next invocation, or the environment ends"))
        else:
            self._deliver(invocation)
        return self._hand_out(invocation)

    def _dismiss(self) -> None:
        """Only the latest call for the next invocation counts: a client that calls again has given up the one before."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        self._waiting = None

    def _deliver(self, invocation: Invocation) -> None:
        self._current = invocation
        self._events.delivered(invocation)

    def _hand_out(self, invocation: Invocation) -> web.Response:
        deadline_ms = int((self._wall_clock_s() + invocation.timeout_s) * 1000)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        if invocation.client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        if invocation.cognito_identity is not None:
            headers["Lambda-Runtime-Cognito-Identity"] = invocation.cognito_identity
        return web.Response(body=invocation.payload, content_type="application/json", headers=headers)

    async def _response(self, request: web.BaseRequest, request_id: str) -> tuple[int, dict[str, str]]:
        if not self._is_current(request_id):
            return _UNKNOWN_ID
        body, is_whole = await _read_body(request)
        if not is_whole:
            return _TRUNCATED
        if not self._is_current(request_id):
            return _UNKNOWN_ID
        self._current = None
        if body is None:
            self._events.failed(result_too_large())
            return _TOO_LARGE
        self._events.answered(body)
        return _OK

    async def _error(self, request: web.BaseRequest, request_id: str) -> tuple[int, dict[str, str]]:
        if not self._is_current(request_id):
            return _UNKNOWN_ID
        body, _ = await _read_body(request)
        if not self._is_current(request_id):
            return _UNKNOWN_ID
        self._current = None
        self._events.failed(read_failure(body or b"", request.headers.get(ERROR_TYPE_HEADER)))
        return _OK

    async def _init_error(self, request: web.BaseRequest) -> tuple[int, dict[str, str]]:
        if self._has_begun:
            return _forbidden("The runtime has asked for an invocation: its initialization has not failed")
        body, _ = await _read_body(request)
        self._events.init_failed(read_failure(body or b"", request.headers.get(ERROR_TYPE_HEADER)))
        return _OK

    def _is_current(self, request_id: str) -> bool:
        return self._current is not None and self._current.request_id == request_id


async def _read_body(request: web.BaseRequest) -> tuple[bytes | None, bool]:
    """The body, or None when it is too large; and whether all of it came.

    All of a body that is too large is taken and dropped, because clients read the answer only when they have sent everything.
    """
    body = bytearray()
    is_too_large = False
    try:
        async for chunk in request.content.iter_any():
            is_too_large = is_too_large or len(body) + len(chunk) > RESULT_BYTES_MAX
            if not is_too_large:
                body += chunk
    except (web.RequestPayloadError, ConnectionError):
        return None, False
    return (None if is_too_large else bytes(body)), True


def _forbidden(reason: str) -> tuple[int, dict[str, str]]:
    return 403, {"errorMessage": f"State transition is not allowed: {reason}.", "errorType": "InvalidStateTransition"}


def _render(answer: tuple[int, dict[str, str]]) -> web.Response:
    status, fields = answer
    return web.Response(status=status, body=msgspec.json.encode(fields), content_type="application/json")
