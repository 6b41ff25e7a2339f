"""Functions as integrations and authorizers: which results matter, and what a failure means."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerRequestContext, decode_result
from talkroom.contract.errors import AuthorizerFailed, IntegrationFailed, Unauthorized
from talkroom.contract.events import Identity
from talkroom.contract.integration import IntegrationResult
from talkroom.functions.failures import FunctionFailed
from talkroom.functions.integration import FunctionAuthorizer, FunctionIntegration, MockIntegration
from talkroom.testing.events import a_connect_event, a_disconnect_event, a_message_event

ALLOW = {
    "principalId": "alice",
    "policyDocument": {"Statement": [{"Action": "*", "Effect": "Allow", "Resource": "*"}]},
    "context": {"seven": 7},
}


def returning(answer: bytes) -> Callable[[bytes], Awaitable[bytes]]:
    """A function with this result."""

    async def invoke(_payload: bytes) -> bytes:
        return answer

    return invoke


def failing(error_type: str, message: str) -> Callable[[bytes], Awaitable[bytes]]:
    """A function that fails so."""

    async def invoke(_payload: bytes) -> bytes:
        raise FunctionFailed(error_type, message)

    return invoke


def authorizer_event() -> AuthorizerEvent:
    """Of a handshake without headers."""
    context = AuthorizerRequestContext(
        extended_request_id="r",
        request_time="",
        stage="prod",
        connected_at_ms=0,
        request_at_ms=0,
        identity=Identity(source_ip="192.0.2.1"),
        request_id="r",
        domain_name="localhost",
        connection_id="c",
        api_id="a",
    )
    return AuthorizerEvent(method_arn="arn", headers={}, multi_value_headers={}, request_context=context)


async def test_a_function_gets_the_event_as_json() -> None:
    """As Lambda hands it over."""
    seen: list[bytes] = []

    async def invoke(payload: bytes) -> bytes:
        seen.append(payload)
        return b"null"

    await FunctionIntegration(invoke, answers=False).invoke(a_message_event("hi"))

    assert "hi" == msgspec.json.decode(seen[0])["body"]


@pytest.mark.parametrize("answer", [b"null", b'"text"', b'{"body":"x"}', b"[]", b"not JSON"])
async def test_without_a_route_response_any_result_will_do(answer: bytes) -> None:
    """ "API Gateway will not pass the backend response through"."""
    integration = FunctionIntegration(returning(answer), answers=False)

    assert IntegrationResult(200) == await integration.invoke(a_message_event("hi"))
    assert IntegrationResult(200) == await integration.invoke(a_disconnect_event())


@pytest.mark.parametrize("answers", [True, False])
async def test_the_result_of_connect_always_matters(answers: bool) -> None:
    """Its status decides the handshake."""
    integration = FunctionIntegration(returning(b'{"statusCode":403}'), answers=answers)

    assert IntegrationResult(403) == await integration.invoke(a_connect_event())


async def test_with_a_route_response_the_result_is_read() -> None:
    """Its body is for the client."""
    integration = FunctionIntegration(returning(b'{"statusCode":200,"body":"hello"}'), answers=True)

    assert IntegrationResult(200, body="hello") == await integration.invoke(a_message_event("hi"))


@pytest.mark.parametrize("answer", [b"null", b'{"body":"x"}', b"not JSON", b""])
async def test_a_malformed_result_that_matters_has_failed(answer: bytes) -> None:
    """502 to a handshake, an error frame to a message."""
    with pytest.raises(IntegrationFailed, match="the integration's result is"):
        await FunctionIntegration(returning(answer), answers=True).invoke(a_message_event("hi"))


async def test_a_function_that_fails_is_an_integration_that_failed() -> None:
    """With its words."""
    with pytest.raises(IntegrationFailed, match="ValueError: no"):
        await FunctionIntegration(failing("ValueError", "no"), answers=False).invoke(a_message_event("hi"))


async def test_an_authorizers_result_is_read() -> None:
    """And checked as the contract says."""
    result = await FunctionAuthorizer(returning(msgspec.json.encode(ALLOW)))(authorizer_event())

    assert decode_result(ALLOW) == result


async def test_an_authorizer_that_fails_with_unauthorized_refuses() -> None:
    """Exactly that message is 401."""
    with pytest.raises(Unauthorized):
        await FunctionAuthorizer(failing("Exception", "Unauthorized"))(authorizer_event())


@pytest.mark.parametrize("message", ["unauthorized", "Unauthorized.", "", "Task timed out"])
async def test_an_authorizer_that_fails_otherwise_has_failed(message: str) -> None:
    """500."""
    with pytest.raises(AuthorizerFailed):
        await FunctionAuthorizer(failing("Exception", message))(authorizer_event())


@pytest.mark.parametrize("answer", [b"null", b"not JSON", b'{"statusCode":401}', b'"' + b"x" * 9000 + b'"'])
async def test_an_authorizers_malformed_result_has_failed(answer: bytes) -> None:
    """500."""
    with pytest.raises(AuthorizerFailed):
        await FunctionAuthorizer(returning(answer))(authorizer_event())


async def test_a_mock_answers_always_the_same() -> None:
    """Nothing is invoked."""
    result = IntegrationResult(200, body="pong")

    assert result == await MockIntegration(result).invoke(a_message_event("hi"))
