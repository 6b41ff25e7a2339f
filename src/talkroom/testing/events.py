"""Contract events with every field filled in, for tests that care about two of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from msgspec import UNSET

from talkroom.contract.close_codes import CLOSED_BY_CLIENT_WITHOUT_CODE, Closure
from talkroom.contract.events import (
    AuthorizerContext,
    ConnectContext,
    ConnectEvent,
    DisconnectContext,
    DisconnectEvent,
    Identity,
    MessageContext,
    MessageEvent,
)
from talkroom.contract.ids import encode_id
from talkroom.contract.routes import DEFAULT
from talkroom.testing.clock import START_MS

API_ID: Final = "a1b2c3d4e5"
DOMAIN_NAME: Final = f"{API_ID}.execute-api.eu-west-1.amazonaws.com"
STAGE: Final = "prod"
IDENTITY: Final = Identity("talkroom-testing/1", "192.0.2.1")
CONNECTION_ID: Final = encode_id(START_MS, bytes(7))
REQUEST_ID: Final = encode_id(START_MS, b"request")
MESSAGE_ID: Final = encode_id(START_MS, b"message")


def a_connect_event(
    *,
    offered: str | None = None,
    authorizer: AuthorizerContext | None = None,
    connection_id: str = CONNECTION_ID,
    at_ms: int = START_MS,
) -> ConnectEvent:
    """CONNECT of a client that offers these subprotocols, behind an authorizer that gave this context."""
    headers = {
        "Host": DOMAIN_NAME,
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **({} if offered is None else {"Sec-WebSocket-Protocol": offered}),
        "Sec-WebSocket-Version": "13",
        "User-Agent": "talkroom-testing/1",
        "X-Amzn-Trace-Id": "Root=1-69259a40-0102030405060708090a0b0c",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    return ConnectEvent(
        headers=headers,
        multi_value_headers={name: [value] for name, value in headers.items()},
        request_context=ConnectContext(
            authorizer=UNSET if authorizer is None else authorizer,
            extended_request_id=REQUEST_ID,
            request_time=_request_time(at_ms),
            stage=STAGE,
            connected_at_ms=at_ms,
            request_at_ms=at_ms,
            identity=IDENTITY,
            request_id=REQUEST_ID,
            domain_name=DOMAIN_NAME,
            connection_id=connection_id,
            api_id=API_ID,
        ),
    )


def a_message_event(
    body: str,
    *,
    route_key: str = DEFAULT,
    authorizer: AuthorizerContext | None = None,
    connection_id: str = CONNECTION_ID,
    connected_at_ms: int = START_MS,
    at_ms: int = START_MS,
    message_id: str = MESSAGE_ID,
) -> MessageEvent:
    """MESSAGE with this text."""
    return MessageEvent(
        request_context=MessageContext(
            route_key=route_key,
            authorizer=UNSET if authorizer is None else authorizer,
            message_id=message_id,
            extended_request_id=REQUEST_ID,
            request_time=_request_time(at_ms),
            stage=STAGE,
            connected_at_ms=connected_at_ms,
            request_at_ms=at_ms,
            identity=IDENTITY,
            request_id=REQUEST_ID,
            domain_name=DOMAIN_NAME,
            connection_id=connection_id,
            api_id=API_ID,
        ),
        body=body,
    )


def a_disconnect_event(
    *,
    closure: Closure = CLOSED_BY_CLIENT_WITHOUT_CODE,
    authorizer: AuthorizerContext | None = None,
    connection_id: str = CONNECTION_ID,
    connected_at_ms: int = START_MS,
    at_ms: int = START_MS,
) -> DisconnectEvent:
    """DISCONNECT of a connection that ended this way."""
    headers: Mapping[str, str] = {"Host": DOMAIN_NAME, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    return DisconnectEvent(
        headers=headers,
        multi_value_headers={name: [value] for name, value in headers.items()},
        request_context=DisconnectContext(
            authorizer=UNSET if authorizer is None else authorizer,
            disconnect_status_code=closure.code,
            extended_request_id=REQUEST_ID,
            request_time=_request_time(at_ms),
            disconnect_reason=closure.reason,
            stage=STAGE,
            connected_at_ms=connected_at_ms,
            request_at_ms=at_ms,
            identity=IDENTITY,
            request_id=REQUEST_ID,
            domain_name=DOMAIN_NAME,
            connection_id=connection_id,
            api_id=API_ID,
        ),
    )


def _request_time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
