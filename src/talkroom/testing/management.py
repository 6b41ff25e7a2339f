"""A management API that remembers what it was asked to send."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from talkroom.chat.ports import Clock
from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.contract.ids import is_well_formed
from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries
from talkroom.contract.quotas import MESSAGE_BYTES_MAX


class _Connection(msgspec.Struct):
    connected_at_ms: int
    last_active_at_ms: int
    texts: list[str] = msgspec.field(default_factory=list)
    slow: bool = False
    unreachable: bool = False
    is_open: bool = True


class RecordingManagement:
    """Implements `contract.management.ManagementApi` in memory.

    It answers as API Gateway does: Gone for a well-formed id that is not open, InvalidConnectionId for what is no id,
    PayloadTooLarge over 128 KiB, LimitExceeded for a connection that was told to be slow. What a connection was sent stays
    readable after it has closed.
    """

    def __init__(self, clock: Clock) -> None:
        self.batches: list[tuple[str, ...]] = []
        """The ids of every `post_many`, in the order of the calls."""
        self.deleted: list[str] = []
        """The connections that `delete_connection` closed, in that order."""
        self._clock = clock
        self._connections: dict[str, _Connection] = {}

    # What the far end does.

    def open(self, connection_id: str) -> None:
        """A client's handshake was answered with 101."""
        assert is_well_formed(connection_id), (
            f"{connection_id!r} is no connection id; make one with contract.ids.encode_id"
        )
        now_ms = self._clock()
        self._connections[connection_id] = _Connection(now_ms, now_ms)

    def close(self, connection_id: str) -> None:
        """The connection ended, by a close frame or without: it is gone from now on."""
        self._connections[connection_id].is_open = False

    def make_slow(self, connection_id: str) -> None:
        """The client stops reading and its buffer is full: posts to it exceed the limit."""
        self._connections[connection_id].slow = True

    def make_unreachable(self, connection_id: str) -> None:
        """The management API cannot be reached for this one: `post_many` counts it as failed."""
        self._connections[connection_id].unreachable = True

    def receive(self, connection_id: str) -> None:
        """A message came from the client: it is active."""
        self._connections[connection_id].last_active_at_ms = self._clock()

    def respond(self, connection_id: str, text: str) -> None:
        """Send what a route response sends; nothing happens when the connection has closed in the meantime."""
        connection = self._find_open(connection_id)
        if connection is not None:
            self._append(connection, text)

    # What a test looks at.

    def is_open(self, connection_id: str) -> bool:
        """Whether its client is still connected."""
        return self._find_open(connection_id) is not None

    def sent_to(self, connection_id: str) -> list[str]:
        """The texts that a connection was sent, oldest first."""
        return list(self._connections[connection_id].texts)

    # The port.

    async def post_to_connection(self, connection_id: str, payload: bytes) -> None:
        """As the port says."""
        deliveries = self._post([connection_id], payload)
        if deliveries.gone:
            self._get_open(connection_id)
        if deliveries.limited:
            raise LimitExceeded(f"the client of connection {connection_id} does not read")

    async def post_many(self, connection_ids: Sequence[str], payload: bytes) -> Deliveries:
        """As the port says."""
        self.batches.append(tuple(connection_ids))
        return self._post(connection_ids, payload)

    async def get_connection(self, connection_id: str) -> ConnectionInfo:
        """As the port says; every client is at 192.0.2.1 and sent no user agent."""
        connection = self._get_open(connection_id)
        return ConnectionInfo(
            _iso(connection.connected_at_ms),
            ConnectionIdentity("192.0.2.1", None),
            _iso(connection.last_active_at_ms),
        )

    async def delete_connection(self, connection_id: str) -> None:
        """As the port says."""
        self._get_open(connection_id).is_open = False
        self.deleted.append(connection_id)

    def _post(self, connection_ids: Sequence[str], payload: bytes) -> Deliveries:
        if len(payload) > MESSAGE_BYTES_MAX:
            raise PayloadTooLarge(f"the payload has {len(payload)} bytes; at most {MESSAGE_BYTES_MAX} are allowed")
        text = payload.decode("utf-8", "replace")
        gone: list[str] = []
        limited: list[str] = []
        failed: list[str] = []
        for connection_id in connection_ids:
            connection = self._find_open(connection_id)
            if connection is None:
                gone.append(connection_id)
            elif connection.unreachable:
                failed.append(connection_id)
            elif connection.slow:
                limited.append(connection_id)
            else:
                self._append(connection, text)
        return Deliveries(len(connection_ids) - len(gone) - len(limited) - len(failed), gone, limited, failed)

    def _append(self, connection: _Connection, text: str) -> None:
        connection.texts.append(text)
        connection.last_active_at_ms = self._clock()

    def _find_open(self, connection_id: str) -> _Connection | None:
        connection = self._connections.get(connection_id)
        return connection if connection is not None and connection.is_open else None

    def _get_open(self, connection_id: str) -> _Connection:
        connection = self._find_open(connection_id)
        if connection is not None:
            return connection
        if not is_well_formed(connection_id):
            raise InvalidConnectionId(f"Invalid connectionId: {connection_id}")
        raise Gone(f"connection {connection_id} is not open")


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
