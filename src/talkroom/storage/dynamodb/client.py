"""The client of DynamoDB: every request ends inside a deadline, and every failure is Unavailable with a sentence without content.

aiodynamo signs and retries; what differs here is how: delays begin at milliseconds, 5xx of any kind and account-wide limits are
retried too, a request that hangs is given up and sent again, and after the deadline nobody waits any more.

Its errors and its log hold what was sent and received, which are people's messages. So no error of its own leaves this file but
`ConditionalCheckFailed`, and the two loggers that print requests and responses print nothing, whatever the log's level is.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import aiohttp
import msgspec
from aiodynamo.client import Client
from aiodynamo.credentials import Key, StaticCredentials
from aiodynamo.errors import (
    AccessDenied,
    AIODynamoError,
    ConditionalCheckFailed,
    ExpiredToken,
    RequestLimitExceeded,
    TableNotFound,
    UnknownError,
    UnrecognizedClient,
)
from aiodynamo.http.types import Request, RequestFailed, Response
from aiodynamo.models import RetryConfig, RetryTimeout
from yarl import URL

from talkroom.aws.credentials import Credentials
from talkroom.chat.model.errors import Unavailable

REQUEST_TIMEOUT_S: Final = 3.0
"""One attempt. DynamoDB answers in milliseconds; a page of 1 MB takes a few hundred."""
DEADLINE_S: Final = 10.0
"""All attempts of one request: API Gateway gives an integration 29 s, and a command takes a few requests."""
FIRST_DELAY_S: Final = 0.025
DELAY_MAX_S: Final = 1.0
ERROR_NAME_CHARACTERS_MAX: Final = 64

log = logging.getLogger("talkroom.storage.dynamodb")

_TOLD_BY_AWS: Final = (AccessDenied, ExpiredToken, TableNotFound, UnrecognizedClient)
"""Errors whose message names an action, a role or a table, never an item."""


@dataclass(frozen=True)
class DynamoDbClient(Client):
    """aiodynamo's client, whose every method raises Unavailable when DynamoDB does not do what it was asked inside `deadline_s`.

    Unavailable of a write means that it may or may not have happened, because an attempt whose answer was lost may have.
    `ConditionalCheckFailed` is an answer and no failure: it is raised as it is, and whoever states a condition catches it, because
    it may hold an item.
    """

    deadline_s: float = DEADLINE_S

    async def send_request(self, *, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """See `Client.send_request`. Raises ConditionalCheckFailed, Unavailable."""
        try:
            async with within(self.deadline_s, action):
                return await super().send_request(action=action, payload=payload)
        except ConditionalCheckFailed:
            raise
        except AIODynamoError as error:
            # Not chained: its arguments are the response, which a traceback would print.
            raise Unavailable(f"DynamoDB does not do {action}: {_describe(error)}") from None
        except aiohttp.ClientError as error:
            raise Unavailable(f"DynamoDB cannot be reached for {action}: {type(error).__name__}") from error
        except ValueError as error:
            raise Unavailable(f"DynamoDB answered {action} with no JSON: {type(error).__name__}") from None

    def handle_exception(self, exception: Exception) -> None:
        """Return when the request is to be sent again; raise the exception when that is of no use."""
        if isinstance(exception, RequestLimitExceeded) or (
            isinstance(exception, UnknownError) and exception.status >= 500
        ):
            self.health_monitor.on_exception(exception)
        else:
            super().handle_exception(exception)
        log.debug("request is sent again: %s", _describe(exception))


def dynamodb_client(
    session: aiohttp.ClientSession,
    credentials: Credentials,
    region: str,
    *,
    endpoint: str | None = None,
    request_timeout_s: float = REQUEST_TIMEOUT_S,
    deadline_s: float = DEADLINE_S,
) -> DynamoDbClient:
    """A client over a session that its caller keeps open for as long, and closes.

    `endpoint` replaces the address of the region's DynamoDB. Numbers of items are integers, for we store no others.
    """
    for name in ("aiodynamo.request", "aiodynamo.response"):
        logging.getLogger(name).addFilter(_print_nothing)
    return DynamoDbClient(
        http=TimedHttp(session, request_timeout_s),
        credentials=StaticCredentials(
            Key(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
        ),
        region=region,
        endpoint=None if endpoint is None else URL(endpoint),
        numeric_type=int,
        throttle_config=FullJitterRetry(time_limit_secs=deadline_s),
        deadline_s=deadline_s,
    )


@asynccontextmanager
async def within(deadline_s: float, what: str) -> AsyncIterator[None]:
    """Bounds everything in the block, of several requests too. Raises Unavailable when time is up."""
    try:
        async with asyncio.timeout(deadline_s):
            yield
    except TimeoutError:
        raise Unavailable(f"DynamoDB did not finish {what} within {deadline_s:g} s") from None


@dataclass(frozen=True)
class TimedHttp:
    """aiodynamo's port to HTTP, over our session: one attempt, given up after `timeout_s`."""

    session: aiohttp.ClientSession
    timeout_s: float

    async def __call__(self, request: Request) -> Response:
        """Raises RequestFailed and TimeoutError, after which the request is sent again, and Unavailable."""
        if self.session.closed:
            raise Unavailable("DynamoDB cannot be reached any more: the session is closed")
        # Compressing a page costs more than sending it inside one region.
        # aiodynamo signs the host without its port, so that is the one to send: only endpoints of one's own have one.
        host = URL(request.url).host or ""
        headers = {**(request.headers or {}), "Host": host, "Accept-Encoding": "identity"}
        try:
            async with self.session.request(
                request.method,
                request.url,
                headers=headers,
                data=request.body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.timeout_s),
            ) as response:
                return Response(response.status, await response.read())
        except aiohttp.ClientError as error:
            raise RequestFailed(error) from error


@dataclass(frozen=True)
class FullJitterRetry(RetryConfig):
    """Each delay is anything between nothing and a limit that doubles: many that were throttled together do not come back together.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog.
    """

    def delays(self) -> Iterator[float]:
        """In seconds, without end."""
        for attempt in count():
            limit = min(DELAY_MAX_S, FIRST_DELAY_S * 2 ** min(attempt, 10))
            yield random.uniform(0, limit)  # noqa: S311  # it protects nothing

    def attempts(self) -> "_Attempts":
        """One item for each attempt. Raises RetryTimeout instead of a delay that would end after the time limit."""
        return _Attempts(self)


class _Attempts:
    """Not an async generator: one that is left before its end has to be closed by a task of the loop, after the request is over."""

    __slots__ = ("_deadline", "_delays", "_first")

    def __init__(self, retry: FullJitterRetry) -> None:
        self._delays = retry.delays()
        self._deadline = time.monotonic() + retry.time_limit_secs
        self._first = True

    def __aiter__(self) -> "_Attempts":
        return self

    async def __anext__(self) -> None:
        if self._first:
            self._first = False
            return
        delay = next(self._delays)
        if time.monotonic() + delay >= self._deadline:
            raise RetryTimeout
        await asyncio.sleep(delay)


def _describe(error: Exception) -> str:
    """The error's name, and what AWS says when that cannot be about an item."""
    name = type(error).__name__
    if isinstance(error, UnknownError):
        return f"{_named(error.body) or name}, HTTP status {error.status}"
    if isinstance(error, _TOLD_BY_AWS) and error.args and isinstance(error.args[0], Mapping):
        answer = error.args[0]
        return f"{name}: {answer.get('message') or answer.get('Message') or 'no reason was given'}"
    return name


def _named(body: bytes) -> str:
    """What AWS calls an error, without its namespace; empty for anything that is not a name, because a body may hold items."""
    try:
        named = msgspec.json.decode(body, type=_ErrorBody).type
    except msgspec.DecodeError:
        return ""
    name = named.rpartition("#")[2]
    return name if name.isalnum() and len(name) <= ERROR_NAME_CHARACTERS_MAX else ""


class _ErrorBody(msgspec.Struct, frozen=True):
    type: str = msgspec.field(name="__type", default="")


def _print_nothing(_record: logging.LogRecord) -> bool:
    return False
