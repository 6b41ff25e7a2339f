"""The events that API Gateway hands to integrations, one type per kind because their fields differ.

Field for field, absent keys included, as captured on AWS (section 2 of the contract page): ids in three spellings, an
authorizer map only behind an authorizer, a query only when there was one, no `body` on CONNECT and DISCONNECT, no `headers` on
MESSAGE. In process an event is passed as it stands here; to any other integration it goes as JSON.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

AuthorizerContext = Mapping[str, str | int]
"""The authorizer's `context` with `principalId`; values are strings, but for `integrationLatency` on CONNECT."""


class Identity(msgspec.Struct, frozen=True, rename="camel"):
    """Where a connection comes from; the key `userAgent` is absent when the client sent none."""

    user_agent: str | UnsetType = UNSET
    source_ip: str = ""


class ConnectContext(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`requestContext` of CONNECT."""

    route_key: Literal["$connect"] = "$connect"
    authorizer: AuthorizerContext | UnsetType = UNSET
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


class MessageContext(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`requestContext` of MESSAGE."""

    route_key: str
    authorizer: AuthorizerContext | UnsetType = UNSET
    message_id: str
    event_type: Literal["MESSAGE"] = "MESSAGE"
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


class DisconnectContext(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`requestContext` of DISCONNECT."""

    route_key: Literal["$disconnect"] = "$disconnect"
    authorizer: AuthorizerContext | UnsetType = UNSET
    disconnect_status_code: int
    event_type: Literal["DISCONNECT"] = "DISCONNECT"
    extended_request_id: str
    request_time: str
    message_direction: Literal["IN"] = "IN"
    disconnect_reason: str
    stage: str
    connected_at_ms: int = msgspec.field(name="connectedAt")
    request_at_ms: int = msgspec.field(name="requestTimeEpoch")
    identity: Identity
    request_id: str
    domain_name: str
    connection_id: str
    api_id: str


class ConnectEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A handshake that passed its authorizer; the 101 waits for the answer."""

    headers: Mapping[str, str]
    multi_value_headers: Mapping[str, Sequence[str]]
    query_string_parameters: Mapping[str, str] | UnsetType = UNSET
    multi_value_query_string_parameters: Mapping[str, Sequence[str]] | UnsetType = UNSET
    stage_variables: Mapping[str, str] | UnsetType = UNSET
    request_context: ConnectContext
    is_base64_encoded: bool = False


class MessageEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One text message from a client; `body` is the text verbatim."""

    stage_variables: Mapping[str, str] | UnsetType = UNSET
    request_context: MessageContext
    body: str
    is_base64_encoded: bool = False


class DisconnectEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The connection has ended; best effort, and the answer is ignored.

    The headers are always there on AWS; events written by hand and other emulators leave them out, and nobody needs them.
    """

    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    multi_value_headers: Mapping[str, Sequence[str]] = msgspec.field(default_factory=dict)
    stage_variables: Mapping[str, str] | UnsetType = UNSET
    request_context: DisconnectContext
    is_base64_encoded: bool = False


Event = ConnectEvent | MessageEvent | DisconnectEvent


def encode_event(event: Event) -> bytes:
    """The JSON that a Lambda function receives."""
    return msgspec.json.encode(event)


def decode_event(event: Mapping[str, object]) -> Event:
    """The typed form of the JSON object that a Lambda function received; a key that is null counts as absent.

    Raises msgspec.ValidationError when it is none of the three kinds.
    """
    context = event.get("requestContext")
    kind = context.get("eventType") if isinstance(context, Mapping) else None
    present = {key: value for key, value in event.items() if value is not None}
    return msgspec.convert(present, _TYPES.get(str(kind), ConnectEvent))


_TYPES: Mapping[str, type[Event]] = {
    "CONNECT": ConnectEvent,
    "MESSAGE": MessageEvent,
    "DISCONNECT": DisconnectEvent,
}


def find_header(headers: Mapping[str, str], name: str) -> str | None:
    """A header's value by name in any case: API Gateway keeps the client's own spelling."""
    value = headers.get(name)
    if value is not None:
        return value
    lowered = name.lower()
    for key in headers:
        if key.lower() == lowered:
            return headers[key]
    return None
