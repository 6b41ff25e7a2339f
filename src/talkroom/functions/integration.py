"""Lambda functions as what a gateway invokes: the integrations of routes, and an authorizer."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerResult, encode_authorizer_event
from talkroom.contract.authorizer import decode_result as decode_authorizer_result
from talkroom.contract.errors import AuthorizerFailed, IntegrationFailed, Unauthorized
from talkroom.contract.events import ConnectEvent, Event, encode_event
from talkroom.contract.integration import IntegrationResult, decode_result
from talkroom.functions.failures import FunctionFailed

InvokeFunction = Callable[[bytes], Awaitable[bytes]]
"""An event's JSON in, the result's JSON out. Raises FunctionFailed."""

UNAUTHORIZED: Final = "Unauthorized"
"""An authorizer that fails with exactly this message refuses with 401; any other failure is 500."""

_IGNORED: Final = IntegrationResult(200)


class FunctionIntegration:
    """A Lambda proxy integration; `answers` when the route has a route response."""

    def __init__(self, invoke: InvokeFunction, *, answers: bool) -> None:
        self._invoke = invoke
        self._answers = answers

    async def invoke(self, event: Event) -> IntegrationResult:
        """Raises IntegrationFailed when the function failed, or when a result that matters is malformed."""
        try:
            answer = await self._invoke(encode_event(event))
        except FunctionFailed as failure:
            raise IntegrationFailed(str(failure)) from failure
        if not (self._answers or isinstance(event, ConnectEvent)):
            # "API Gateway will not pass the backend response through", whatever it is.
            return _IGNORED
        try:
            return decode_result(msgspec.json.decode(answer))
        except msgspec.DecodeError as error:
            raise IntegrationFailed(f"the integration's result is not JSON: {error}") from error


class FunctionAuthorizer:
    """A REQUEST authorizer."""

    def __init__(self, invoke: InvokeFunction) -> None:
        self._invoke = invoke

    async def __call__(self, event: AuthorizerEvent) -> AuthorizerResult:
        """Raises Unauthorized, or AuthorizerFailed."""
        try:
            answer = await self._invoke(encode_authorizer_event(event))
        except FunctionFailed as failure:
            if failure.message == UNAUTHORIZED:
                raise Unauthorized(UNAUTHORIZED) from failure
            raise AuthorizerFailed(str(failure)) from failure
        try:
            return decode_authorizer_result(msgspec.json.decode(answer))
        except msgspec.DecodeError as error:
            raise AuthorizerFailed(f"the authorizer's result is not JSON: {error}") from error


class MockIntegration:
    """A MOCK integration: the same result always, and nothing is invoked."""

    def __init__(self, result: IntegrationResult) -> None:
        self._result = result

    async def invoke(self, event: Event) -> IntegrationResult:
        """As the contract says."""
        return self._result
