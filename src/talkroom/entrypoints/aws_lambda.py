"""The Lambda functions: one handler each for the authorizer, the routes and the pages of large rooms.

    authorizer   REQUEST authorizer of $connect          connect      $connect
    messages     sendmessage                             default      $default: every other command
    disconnect   $disconnect                             fan_out      invoked by `messages` with a page of a push

An execution environment keeps one event loop, one session and one application for its life; what they are made of is in
`aws_bootstrap.py`. Whatever a handler begins ends before it returns, because afterwards Lambda freezes the process.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from talkroom.aws_bootstrap import AwsApplication, wall_clock_ms
from talkroom.aws_config import AwsConfig
from talkroom.chat.protocol.push_page import decode_page
from talkroom.contract.authorizer import decode_authorizer_event, encode_result
from talkroom.contract.errors import Unauthorized
from talkroom.contract.events import decode_event
from talkroom.contract.integration import IntegrationResult
from talkroom.contract.integration import encode_result as encode_integration_result
from talkroom.entrypoints.logs import configure_logs
from talkroom.settings import PREFIX

if TYPE_CHECKING:
    from talkroom.entrypoints.aws_metrics import EmbeddedMetrics

FUNCTION_NAME: Final = "AWS_LAMBDA_FUNCTION_NAME"
SETTLE_TIMEOUT_S: Final = 6.0
"""Longer than the longest that goes on beside an answer, fetching keys, and short enough for the authorizer's ten seconds."""

Event = Mapping[str, Any]
Answer = dict[str, object]
_T = TypeVar("_T")


class Context(Protocol):
    """What is read of Lambda's context object."""

    aws_request_id: str


class RefusedHandshake(Exception):
    """Its text is what API Gateway looks for to answer 401 ("Output from an API Gateway Lambda authorizer")."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class ExecutionEnvironment:
    """What lives from one invocation to the next."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` as in `os.environ`. Raises ConfigError."""
        self.config = AwsConfig.read({name: value for name, value in environment.items() if name.startswith(PREFIX)})
        self._environment = environment
        self._runner = asyncio.Runner()
        self._application: AwsApplication | None = None
        self._metrics: EmbeddedMetrics | None = None
        self._request = _RequestField()
        configure_logs(self.config.log_level, "json")
        for handler in logging.getLogger().handlers:
            handler.addFilter(self._request)

    def run(
        self, handle: Callable[[AwsApplication], Awaitable[_T]], request_id: str, *, is_measured: bool = False
    ) -> _T:
        """One invocation. `is_measured` logs the metrics of what it did; the library for that is imported by those alone."""
        self._request.request_id = request_id
        return self._runner.run(self._run(handle, is_measured))

    def close(self) -> None:
        """Release everything; Lambda never asks for it."""
        if self._application is not None:
            self._runner.run(self._application.close())
        self._runner.close()

    async def _run(self, handle: Callable[[AwsApplication], Awaitable[_T]], is_measured: bool) -> _T:
        application = self._application
        if application is None:
            application = self._application = AwsApplication(self.config, self._environment)
        if is_measured and self._metrics is None:
            self._metrics = self._make_metrics(application)
        try:
            return await handle(application)
        finally:
            await _settle()
            if self._metrics is not None:
                self._metrics.flush()

    def _make_metrics(self, application: AwsApplication) -> "EmbeddedMetrics":
        from talkroom.entrypoints.aws_metrics import EmbeddedMetrics

        function = self._environment.get(FUNCTION_NAME, "")
        return EmbeddedMetrics(application, self.config.metrics_namespace, function)


async def _settle() -> None:
    """Wait for what goes on beside the answer, such as fetching keys that are old: frozen, it would end later or never."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=SETTLE_TIMEOUT_S)


class _RequestField(logging.Filter):
    """Adds Lambda's request id to every record."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = self.request_id
        return True


@cache
def _environment() -> ExecutionEnvironment:
    return ExecutionEnvironment(os.environ)


def authorizer(event: Event, context: Context) -> Answer:
    """May this client connect? Raises RefusedHandshake for 401; anything else that is raised is 500."""

    async def handle(application: AwsApplication) -> Answer:
        return encode_result(await application.authorizer(decode_authorizer_event(event)))

    try:
        return _environment().run(handle, context.aws_request_id)
    except Unauthorized:
        raise RefusedHandshake from None


def connect(event: Event, context: Context) -> Answer:
    """`$connect`."""
    return _invoke(event, context, is_measured=False)


def messages(event: Event, context: Context) -> Answer:
    """`sendmessage`."""
    return _invoke(event, context, is_measured=True)


def default(event: Event, context: Context) -> Answer:
    """`$default`: every other command."""
    return _invoke(event, context, is_measured=True)


def disconnect(event: Event, context: Context) -> Answer:
    """`$disconnect`; API Gateway ignores the answer."""
    return _invoke(event, context, is_measured=False)


def fan_out(event: Event, context: Context) -> None:
    """A page of a push to a large room, from `messages`."""
    page = decode_page(event)

    async def handle(application: AwsApplication) -> None:
        await application.chat.fan_out.deliver(page.connection_ids, page.payload.encode(), wall_clock_ms())

    _environment().run(handle, context.aws_request_id, is_measured=True)


def _invoke(event: Event, context: Context, *, is_measured: bool) -> Answer:
    async def handle(application: AwsApplication) -> IntegrationResult:
        return await application.chat.invoke(decode_event(event))

    return encode_integration_result(_environment().run(handle, context.aws_request_id, is_measured=is_measured))
