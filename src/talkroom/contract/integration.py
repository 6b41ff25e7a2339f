"""The Lambda proxy integration: one event in, one result out."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from talkroom.contract.errors import IntegrationFailed
from talkroom.contract.events import Event


class IntegrationResult(msgspec.Struct, frozen=True, rename="camel"):
    """What a proxy integration answers.

    Of `$connect`, the status decides the handshake and `Sec-WebSocket-Protocol` is the only header that reaches the client. Of
    other routes nothing reaches the client, unless the route has a route response: then `body` does, as one text message.
    """

    status_code: int
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: str = ""
    multi_value_headers: Mapping[str, Sequence[str]] = msgspec.field(default_factory=dict)
    is_base64_encoded: bool = False


class Integration(Protocol):
    """The backend of a route.

    Invocations are concurrent, those of one connection too; their results may come in any order.
    """

    async def invoke(self, event: Event) -> IntegrationResult:
        """Raises IntegrationFailed, or anything, which the gateway treats alike."""
        ...


def encode_result(result: IntegrationResult) -> dict[str, object]:
    """The JSON object that a Lambda function returns; keys that say nothing are left out."""
    answer: dict[str, object] = {"statusCode": result.status_code}
    if result.headers:
        answer["headers"] = dict(result.headers)
    if result.body:
        answer["body"] = result.body
    return answer


def decode_result(answer: object) -> IntegrationResult:
    """The typed form of what a Lambda function returned.

    As API Gateway reads it ("Output format of a Lambda function for proxy integration"): a key that is null counts as absent, a
    status may be written as text, and a header's value as a number or a boolean. Raises IntegrationFailed when there is no
    `statusCode`, or when another key has another type.
    """
    try:
        if isinstance(answer, dict):
            answer = {key: _plain(key, value) for key, value in answer.items() if value is not None}
        return msgspec.convert(answer, IntegrationResult, strict=False)
    except msgspec.ValidationError as error:
        raise IntegrationFailed(f"the integration's result is malformed: {error}") from error


def _plain(key: str, value: object) -> object:
    """Headers with values of text, whatever scalars a function gave them."""
    if key != "headers" or not isinstance(value, dict):
        return value
    return {
        name: (str(header).lower() if isinstance(header, bool) else str(header))
        if isinstance(header, bool | int | float)
        else header
        for name, header in value.items()
        if header is not None
    }
