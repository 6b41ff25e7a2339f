"""The REQUEST authorizer: its event, its result, and how the result decides a handshake.

Sources: "Create an API Gateway Lambda authorizer for WebSocket APIs" and sections 2.4 and 4 of the contract page.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from re import Pattern
from re import compile as compile_pattern
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from talkroom.contract.errors import AuthorizerFailed
from talkroom.contract.events import Identity
from talkroom.contract.quotas import AUTHORIZER_RESULT_BYTES_MAX


class AuthorizerRequestContext(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`requestContext` of the authorizer's event; ids are those of the CONNECT event that follows."""

    route_key: Literal["$connect"] = "$connect"
    event_type: Literal["CONNECT"] = "CONNECT"
    extended_request_id: str
    request_time: str
    message_direction: Literal["IN"] = "IN"
    stage: str
    connected_at_ms: int = msgspec.field(name="connectedAt")
    request_at_ms: int = msgspec.field(name="requestTimeEpoch")
    identity: Identity
    request_id: str
    domain_name: str
    connection_id: str
    api_id: str


class AuthorizerEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a REQUEST authorizer receives: the handshake whole, `Connection` and `Upgrade` included."""

    type: Literal["REQUEST"] = "REQUEST"
    method_arn: str
    headers: Mapping[str, str]
    multi_value_headers: Mapping[str, Sequence[str]]
    query_string_parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    multi_value_query_string_parameters: Mapping[str, Sequence[str]] = msgspec.field(default_factory=dict)
    stage_variables: Mapping[str, str] = msgspec.field(default_factory=dict)
    request_context: AuthorizerRequestContext


class Statement(msgspec.Struct, frozen=True, rename="pascal"):
    """One statement of an IAM policy; `Action` and `Resource` may each be one string or a list."""

    action: str | Sequence[str]
    effect: Literal["Allow", "Deny"]
    resource: str | Sequence[str]


class PolicyDocument(msgspec.Struct, frozen=True, rename="pascal"):
    """An IAM policy as an authorizer returns it."""

    statement: Sequence[Statement]
    version: str = "2012-10-17"


class AuthorizerResult(msgspec.Struct, frozen=True, rename="camel"):
    """What an authorizer answers; `context` is flat, and every value reaches later events as a string."""

    principal_id: str
    policy_document: PolicyDocument
    context: Mapping[str, str | int | float | bool | None] = msgspec.field(default_factory=dict)
    usage_identifier_key: str | UnsetType | None = UNSET


Authorizer = Callable[[AuthorizerEvent], Awaitable[AuthorizerResult]]
"""Decides a handshake. Raises Unauthorized for 401; any other exception is 500."""

INVOKE: Final = "execute-api:Invoke"
"""What opens a connection."""
MANAGE_CONNECTIONS: Final = "execute-api:ManageConnections"
"""What calls the management API ("Control access to WebSocket APIs with IAM authorization")."""

EXPLICIT_DENY: Final = (
    "User is not authorized to access this resource with an explicit deny in an identity-based policy"
)
IMPLICIT_DENY: Final = (
    "User is not authorized to access this resource because no identity-based policy allows the"
    " execute-api:Invoke action"
)


def allow(
    principal_id: str, method_arn: str, context: Mapping[str, str | int | float | bool | None]
) -> AuthorizerResult:
    """The result that admits this handshake and no other."""
    return _result(principal_id, "Allow", method_arn, context)


def deny(principal_id: str, method_arn: str) -> AuthorizerResult:
    """The result that refuses this handshake with 403."""
    return _result(principal_id, "Deny", method_arn, {})


def _result(
    principal_id: str,
    effect: Literal["Allow", "Deny"],
    method_arn: str,
    context: Mapping[str, str | int | float | bool | None],
) -> AuthorizerResult:
    return AuthorizerResult(principal_id, PolicyDocument([Statement(INVOKE, effect, method_arn)]), context)


def encode_authorizer_event(event: AuthorizerEvent) -> bytes:
    """The JSON that an authorizer function receives."""
    return msgspec.json.encode(event)


def decode_authorizer_event(event: Mapping[str, object]) -> AuthorizerEvent:
    """The typed form of the JSON object that an authorizer function received; a key that is null counts as absent.

    Raises msgspec.ValidationError when it is not the event of a WebSocket API's REQUEST authorizer.
    """
    return msgspec.convert({key: value for key, value in event.items() if value is not None}, AuthorizerEvent)


def encode_result(result: AuthorizerResult) -> dict[str, object]:
    """The JSON object that an authorizer function returns."""
    answer: dict[str, object] = msgspec.to_builtins(result)
    return answer


def decode_result(answer: object) -> AuthorizerResult:
    """The typed form of what an authorizer function returned.

    Raises AuthorizerFailed when it has another shape, a nested context, or is over 8 KB.
    """
    try:
        if len(msgspec.json.encode(answer)) > AUTHORIZER_RESULT_BYTES_MAX:
            raise AuthorizerFailed(f"the authorizer's result is larger than {AUTHORIZER_RESULT_BYTES_MAX} bytes")
        return msgspec.convert(answer, AuthorizerResult)
    except (TypeError, ValueError, RecursionError) as error:  # a ValidationError and a lone surrogate are ValueErrors
        raise AuthorizerFailed(f"the authorizer's result is malformed: {error}") from error


def find_refusal(policy: PolicyDocument, method_arn: str) -> str | None:
    """Why this policy does not admit the handshake, in AWS's words, or None when it does."""
    match find_effect(policy, INVOKE, method_arn):
        case "Allow":
            return None
        case "Deny":
            return EXPLICIT_DENY
    return IMPLICIT_DENY


def find_effect(policy: PolicyDocument, action: str, resource_arn: str) -> Literal["Allow", "Deny"] | None:
    """What a policy says of an action on a resource; None, which is an implicit deny, when it does not speak of it.

    An explicit Deny wins over any Allow. `*` and `?` are IAM's wildcards, so that `…/prod/*/*` does not match
    `…/prod/$connect`. The case of letters counts in resources and not in actions ("IAM JSON policy elements: Action").
    """
    effects = {
        statement.effect
        for statement in policy.statement
        if _matches_action(statement.action, action) and _matches(statement.resource, resource_arn)
    }
    if "Deny" in effects:
        return "Deny"
    return "Allow" if effects else None


def context_for_events(result: AuthorizerResult) -> dict[str, str]:
    """The map that goes with every event of the connection: all values as strings, `principalId` beside them."""
    context = {key: _as_text(value) for key, value in result.context.items() if value is not None}
    context["principalId"] = result.principal_id
    return context


def _as_text(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _matches_action(patterns: str | Sequence[str], action: str) -> bool:
    if isinstance(patterns, str):
        return _matches(patterns.lower(), action.lower())
    return any(_matches_action(pattern, action) for pattern in patterns)


def _matches(patterns: str | Sequence[str], value: str) -> bool:
    if isinstance(patterns, str):
        return patterns in (value, "*") or _pattern(patterns).fullmatch(value) is not None
    return any(_matches(pattern, value) for pattern in patterns)


@lru_cache(maxsize=256)
def _pattern(wildcards: str) -> Pattern[str]:
    # fnmatch knows character sets, IAM does not: its opening bracket is taken literally.
    return compile_pattern(translate(wildcards.replace("[", "[[]")))
