"""What one WebSocket API is made of, as a deployment would describe it."""

from collections.abc import Mapping

import msgspec

from talkroom.contract import quotas
from talkroom.contract.authorizer import Authorizer
from talkroom.contract.integration import Integration


class Route(msgspec.Struct, frozen=True):
    """A route key's integration, and whether its result travels to the client."""

    integration: Integration
    route_response: bool = False


class AuthorizerConfig(msgspec.Struct, frozen=True):
    """The authorizer of `$connect` and what a handshake must carry before it is even asked."""

    authorizer: Authorizer
    identity_sources: tuple[str, ...] = ()
    """`route.request.header.Name` or `route.request.querystring.Name`; one that is missing or empty is 401."""


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """A WebSocket API with one stage."""

    routes: Mapping[str, Route]
    authorizer: AuthorizerConfig | None = None
    route_selection_expression: str = "$request.body.action"
    stage: str = "prod"
    api_id: str = "talkroom00"
    region: str = "us-east-1"
    account_id: str = "000000000000"
    stage_variables: Mapping[str, str] = msgspec.field(default_factory=dict)


class GatewayLimits(msgspec.Struct, frozen=True, kw_only=True):
    """AWS's quotas, and the limits that AWS does not publish; each configurable."""

    frame_bytes_max: int = quotas.FRAME_BYTES_MAX
    message_bytes_max: int = quotas.MESSAGE_BYTES_MAX
    idle_timeout_s: float = quotas.IDLE_TIMEOUT_S
    connection_duration_s: float = quotas.CONNECTION_DURATION_S
    integration_timeout_s: float = quotas.INTEGRATION_TIMEOUT_S
    head_bytes_max: int = 16 * 1024
    """Request line and headers of any HTTP request; a larger one is answered 431."""
    head_timeout_s: float = 10
    """Seconds from accepting a TCP connection to the end of its first request head; then it is dropped."""
    close_timeout_s: float = 5
    """Seconds that a client has to answer a close frame; then the TCP connection is dropped."""
    outbox_bytes_max: int = 256 * 1024
    """Bytes that wait for one client that does not read; a post beyond it is LimitExceeded (429)."""
    connections_max: int = 100_000
    """WebSocket connections at once; a further handshake is answered 503."""
    invocations_per_connection_max: int = 100
    """Messages of one connection in hand at once; beyond it the gateway stops reading from that client until one is done."""
