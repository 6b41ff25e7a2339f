"""The management API in process: what `@connections` does, by plain function calls."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, cast

from msgspec import UNSET

from talkroom.contract.close_codes import DELETED
from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.contract.ids import is_well_formed
from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries
from talkroom.gateway.codec import as_text, encode_text
from talkroom.gateway.connection import Ended
from talkroom.gateway.live_connection import LiveConnection
from talkroom.gateway.registry import Registry

CLOCK_SET_MS: Final = 500
"""When the two clocks have parted by more, the wall clock was set or the machine slept: what they show together is noted anew."""


class InProcessManagement:
    """Implements `contract.management.ManagementApi` on the gateway's own connections.

    A post is queued in the connection's outbox and leaves at the end of the event-loop turn; none of the methods waits.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._epoch_ms = self._find_epoch_ms()

    async def post_to_connection(self, connection_id: str, payload: bytes) -> None:
        """As the port says."""
        deliveries = await self.post_many([connection_id], payload)
        if deliveries.gone:
            self._raise_missing(connection_id)
        if deliveries.limited:
            raise LimitExceeded(f"the client of connection {connection_id} does not read")

    async def post_many(self, connection_ids: Sequence[str], payload: bytes) -> Deliveries:
        """As the port says; the frame is built once for all."""
        registry = self._registry
        if len(payload) > registry.limits.message_bytes_max:
            raise PayloadTooLarge(
                f"the payload has {len(payload)} bytes; at most {registry.limits.message_bytes_max} are allowed"
            )
        frame = encode_text(as_text(payload), registry.limits.frame_bytes_max)
        if registry.extend_burst(connection_ids, frame):
            registry.counters.posts += len(connection_ids)
            return Deliveries(len(connection_ids))
        registry.settle()
        connections, gone = self._find(connection_ids)
        full: list[LiveConnection] = []
        can_burst = isinstance(connection_ids, tuple) and not gone and len(frame) <= registry.limits.outbox_bytes_max
        if can_burst and registry.stalled.isdisjoint(connections):
            registry.begin_burst(connection_ids, connections, frame)
        else:
            full = registry.post(connections, frame)
        delivered = len(connections) - len(full)
        registry.counters.posts += delivered
        return Deliveries(delivered, gone, [connection.facts.connection_id for connection in full])

    def _find(self, connection_ids: Sequence[str]) -> tuple[list[LiveConnection], list[str]]:
        """The open connections among these, and the ids of the others."""
        found = list(map(self._registry.open.get, connection_ids))
        if None not in found:
            return cast("list[LiveConnection]", found), []
        gone = [one for one, connection in zip(connection_ids, found, strict=True) if connection is None]
        return [connection for connection in found if connection is not None], gone

    async def get_connection(self, connection_id: str) -> ConnectionInfo:
        """As the port says."""
        connection = self._get(connection_id)
        identity = connection.facts.identity
        return ConnectionInfo(
            _iso(connection.facts.connected_at_ms),
            ConnectionIdentity(identity.source_ip, None if identity.user_agent is UNSET else identity.user_agent),
            _iso(max(connection.facts.connected_at_ms, self._wall_ms(connection.last_active_s))),
        )

    def _wall_ms(self, at_s: float) -> int:
        """An instant of the monotonic clock on the wall clock: the same whenever it is asked for."""
        epoch_ms = self._find_epoch_ms()
        if abs(epoch_ms - self._epoch_ms) > CLOCK_SET_MS:
            self._epoch_ms = epoch_ms
        return round(self._epoch_ms + at_s * 1000)

    def _find_epoch_ms(self) -> float:
        """What the wall clock showed when the monotonic one began."""
        return self._registry.clock() - self._registry.monotonic() * 1000

    async def delete_connection(self, connection_id: str) -> None:
        """As the port says."""
        self._get(connection_id).happen(Ended(DELETED))

    def _get(self, connection_id: str) -> LiveConnection:
        connection = self._registry.open.get(connection_id)
        if connection is None:
            self._raise_missing(connection_id)
        assert connection is not None
        return connection

    def _raise_missing(self, connection_id: str) -> None:
        if not is_well_formed(connection_id):
            raise InvalidConnectionId(f"Invalid connectionId: {connection_id}")
        raise Gone(f"connection {connection_id} is not open")


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
