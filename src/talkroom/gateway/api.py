"""What one WebSocket API is made of, as a deployment would describe it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from talkroom.contract import quotas
from talkroom.contract.authorizer import Authorizer
from talkroom.contract.integration import Integration

if TYPE_CHECKING:
    from talkroom.gateway.event_factory import HandshakeRequest


class Route(msgspec.Struct, frozen=True):
    """A route key's integration, and whether its result travels to the client."""

    integration: Integration
    route_response: bool = False
    timeout_s: float | None = None
    """Seconds that the integration may take; at most, and by default, `GatewayLimits.integration_timeout_s`."""
    accepts: Callable[[str], bool] | None = None
    """Whether a message's text satisfies the route's model; without it every text does."""


class AuthorizerConfig(msgspec.Struct, frozen=True):
    """The authorizer of `$connect` and what a handshake must carry before it is even asked."""

    authorizer: Authorizer
    identity_sources: tuple[str, ...] = ()
    """`route.request.header.Name` or `route.request.querystring.Name`; one that is missing or empty is 401."""


class ThrottleConfig(msgspec.Struct, frozen=True):
    """How many requests a stage takes: handshakes, messages and calls of the management API over HTTP together."""

    per_s: float
    burst: int


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """A WebSocket API with one stage."""

    routes: Mapping[str, Route]
    authorizer: AuthorizerConfig | None = None
    iam: "Callable[[HandshakeRequest], tuple[int, str] | None] | None" = None
    """For a `$connect` with AWS_IAM authorization: the status and message that refuse a handshake, or None when it is signed."""
    route_selection_expression: str = "$request.body.action"
    stage: str = "prod"
    api_id: str = "talkroom00"
    region: str = "us-east-1"
    account_id: str = "000000000000"
    stage_variables: Mapping[str, str] = msgspec.field(default_factory=dict)
    throttle: ThrottleConfig | None = None
    custom_domains: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Domain name, in lower case, to the API mapping key below which this stage is reached there; the key may be empty."""

    def base_path(self, host: str) -> str:
        """The path of the stage on the host that a client named, which may hold a port: `/prod`, or empty.

        On a custom domain the mapping chooses the stage, and the path does not name it ("Work with API mappings for WebSocket
        APIs").
        """
        if self.custom_domains:
            key = self.custom_domains.get(host.partition(":")[0].lower())
            if key is not None:
                return f"/{key}" if key else ""
        return f"/{self.stage}"


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
    idle_close: str = "frame"
    """How an idle connection ends: by a close `frame`, or `abrupt`, without one. On AWS both has been seen."""
    outbox_bytes_max: int = 256 * 1024
    """Bytes that wait for one client that does not read; a post beyond it is LimitExceeded (429)."""
    connections_max: int = 100_000
    """WebSocket connections at once; a further handshake is answered 503."""
    invocations_per_connection_max: int = 100
    """Messages of one connection in hand at once; beyond it the gateway stops reading from that client until one is done."""
