"""Builds the contract's events from what is known of a connection."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Final, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerRequestContext
from talkroom.contract.close_codes import Closure
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
from talkroom.contract.ids import ENTROPY_BYTES, encode_id
from talkroom.contract.routes import CONNECT
from talkroom.gateway.api import Api

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOP_BY_HOP: Final = frozenset({"connection", "upgrade", "content-length"})
"""In the authorizer's event but stripped from CONNECT, as every capture shows."""
_REPLACED: Final = frozenset(
    {"content-length", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}
)
"""Written by the gateway whatever the client sent."""
_FIRST: Final = itemgetter(0)


class Facts(msgspec.Struct, frozen=True):
    """What a connection's events repeat for as long as it lasts."""

    connection_id: str
    connected_at_ms: int
    identity: Identity
    domain_name: str
    authorizer: AuthorizerContext | UnsetType = UNSET


class HandshakeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A handshake as the client sent it, and where it came from."""

    target: str
    """Path and query as sent."""
    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    source_ip: str
    scheme: str
    port: int


class HandshakeMaps(msgspec.Struct, frozen=True):
    """A handshake as its two events show it, worked out once for both."""

    authorizer_headers: dict[str, str]
    authorizer_multi_headers: dict[str, list[str]]
    connect_headers: dict[str, str]
    connect_multi_headers: dict[str, list[str]]
    query: dict[str, str]
    multi_query: dict[str, list[str]]


class _Shared(TypedDict):
    """What the context of every event says."""

    extended_request_id: str
    request_time: str
    stage: str
    connected_at_ms: int
    request_at_ms: int
    identity: Identity
    request_id: str
    domain_name: str
    connection_id: str
    api_id: str


class EventFactory:
    """Makes events; ids come from `entropy(size)`, time from the caller."""

    def __init__(self, api: Api, entropy: Callable[[int], bytes]) -> None:
        self._api = api
        self._entropy = entropy
        self._stage_variables: Mapping[str, str] | UnsetType = api.stage_variables or UNSET
        self._method_arn = f"arn:aws:execute-api:{api.region}:{api.account_id}:{api.api_id}/{api.stage}/{CONNECT}"
        self._formatted: tuple[int, str] = (-1, "")

    def new_id(self, now_ms: int) -> str:
        """A connection, request or message id."""
        return encode_id(now_ms, self._entropy(ENTROPY_BYTES))

    def handshake(self, request: HandshakeRequest, now_ms: int) -> HandshakeMaps:
        """The client's headers with the ones that API Gateway adds, sorted by name in any case, and the query."""
        fields = [(name.lower(), name, value) for name, value in request.headers]
        forwarded = [value for lowered, _, value in fields if lowered == "x-forwarded-for"]
        fields = [field for field in fields if field[0] not in _REPLACED]
        fields += (
            ("content-length", "content-length", "0"),
            ("x-amzn-trace-id", "X-Amzn-Trace-Id", f"Root=1-{now_ms // 1000:08x}-{self._entropy(12).hex()}"),
            ("x-forwarded-for", "X-Forwarded-For", ", ".join([*forwarded, request.source_ip])),
            ("x-forwarded-port", "X-Forwarded-Port", str(request.port)),
            ("x-forwarded-proto", "X-Forwarded-Proto", request.scheme),
        )
        fields.sort(key=_FIRST)
        whole = _collect([(name, value) for _, name, value in fields])
        stripped = _collect([(name, value) for lowered, name, value in fields if lowered not in _HOP_BY_HOP])
        return HandshakeMaps(*whole, *stripped, *_collect(request.query))

    def authorizer(self, facts: Facts, maps: HandshakeMaps, request_id: str, now_ms: int) -> AuthorizerEvent:
        """The event of a REQUEST authorizer."""
        return AuthorizerEvent(
            method_arn=self._method_arn,
            headers=maps.authorizer_headers,
            multi_value_headers=maps.authorizer_multi_headers,
            query_string_parameters=maps.query,
            multi_value_query_string_parameters=maps.multi_query,
            stage_variables=self._api.stage_variables,
            request_context=AuthorizerRequestContext(
                **self._shared(facts, request_id, now_ms),
            ),
        )

    def connect(
        self,
        facts: Facts,
        maps: HandshakeMaps,
        request_id: str,
        authorizer: AuthorizerContext | UnsetType,
        now_ms: int,
    ) -> ConnectEvent:
        """CONNECT; its authorizer map is passed apart because it alone holds `integrationLatency`."""
        return ConnectEvent(
            headers=maps.connect_headers,
            multi_value_headers=maps.connect_multi_headers,
            query_string_parameters=maps.query or UNSET,
            multi_value_query_string_parameters=maps.multi_query or UNSET,
            stage_variables=self._stage_variables,
            request_context=ConnectContext(
                authorizer=authorizer,
                **self._shared(facts, request_id, now_ms),
            ),
        )

    def message(self, facts: Facts, route_key: str, body: str, request_id: str, now_ms: int) -> MessageEvent:
        """MESSAGE."""
        return MessageEvent(
            stage_variables=self._stage_variables,
            request_context=MessageContext(
                route_key=route_key,
                authorizer=facts.authorizer,
                message_id=self.new_id(now_ms),
                **self._shared(facts, request_id, now_ms),
            ),
            body=body,
        )

    def disconnect(self, facts: Facts, closure: Closure, now_ms: int) -> DisconnectEvent:
        """DISCONNECT, with the four headers that every capture shows and no other."""
        request_id = self.new_id(now_ms)
        headers = {"Host": facts.domain_name, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
        return DisconnectEvent(
            headers=headers,
            multi_value_headers={name: [value] for name, value in headers.items()},
            stage_variables=self._stage_variables,
            request_context=DisconnectContext(
                authorizer=facts.authorizer,
                disconnect_status_code=closure.code,
                disconnect_reason=closure.reason,
                **self._shared(facts, request_id, now_ms),
            ),
        )

    def _shared(self, facts: Facts, request_id: str, now_ms: int) -> _Shared:
        return {
            "extended_request_id": request_id,
            "request_time": self._request_time(now_ms),
            "stage": self._api.stage,
            "connected_at_ms": facts.connected_at_ms,
            "request_at_ms": now_ms,
            "identity": facts.identity,
            "request_id": request_id,
            "domain_name": facts.domain_name,
            "connection_id": facts.connection_id,
            "api_id": self._api.api_id,
        }

    def _request_time(self, now_ms: int) -> str:
        """Common Log Format; formatted once a second, because every event carries it."""
        second = now_ms // 1000
        if self._formatted[0] != second:
            time = datetime.fromtimestamp(second, UTC)
            # Not by %b, which depends on the locale.
            self._formatted = (second, f"{time:%d}/{_MONTHS[time.month - 1]}/{time:%Y:%H:%M:%S} +0000")
        return self._formatted[1]


def _collect(pairs: Sequence[tuple[str, str]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Single map, where the last value wins, and multi map, with all in order."""
    if not pairs:
        return {}, {}
    single = dict(pairs)
    if len(single) == len(pairs):
        return single, {name: [value] for name, value in pairs}
    multi: dict[str, list[str]] = {}
    for name, value in pairs:
        multi.setdefault(name, []).append(value)
    return single, multi
