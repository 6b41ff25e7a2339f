"""Every ManagementApi passes the suite: the gateway's own, and the one of the test kit."""

import pytest

from talkroom.contract.management import ManagementApi
from talkroom.gateway.codec import encode_text
from talkroom.gateway.connection import Lost
from talkroom.gateway.live_connection import LiveConnection
from talkroom.gateway.management import InProcessManagement
from talkroom.testing import FakeClock, RecordingManagement
from tests.contracts.management import FarEnd, ManagementContract
from tests.unit.gateway.live import RecordingTransport, a_gateway, opened, turn


class GatewayFarEnd:
    """Connections of a gateway, without sockets."""

    def __init__(self) -> None:
        self._gateway, registry = a_gateway()
        self.api: ManagementApi = InProcessManagement(registry)
        self._connections: dict[str, tuple[LiveConnection, RecordingTransport]] = {}

    async def open(self) -> str:
        """As the suite says."""
        connection, transport = opened(self._gateway, len(self._connections) + 1)
        self._connections[connection.facts.connection_id] = connection, transport
        return connection.facts.connection_id

    async def close(self, connection_id: str) -> None:
        """As the suite says."""
        self._connections[connection_id][0].happen(Lost())

    async def stop_reading(self, connection_id: str) -> None:
        """As the suite says: what waits leaves no room for one more frame."""
        connection, _ = self._connections[connection_id]
        connection.pause_writing()
        bytes_max = self._gateway.limits.outbox_bytes_max
        connection.outbox.push(bytes(bytes_max))

    async def received(self, connection_id: str) -> list[str]:
        """As the suite says; the client is a decoder of unmasked frames."""
        await turn()
        written = b"".join(self._connections[connection_id][1].writes)
        return _read_texts(written)


def _read_texts(written: bytes) -> list[str]:
    """The messages in what a server wrote."""
    texts: list[str] = []
    while written:
        payload, written = _read_message(written)
        texts.append(payload.decode())
    return texts


def _read_message(written: bytes) -> tuple[bytes, bytes]:
    message, rest, final = b"", written, False
    while not final:
        final, length, start = bool(rest[0] & 0x80), rest[1], 2
        if length == 126:
            length, start = int.from_bytes(rest[2:4]), 4
        elif length == 127:
            length, start = int.from_bytes(rest[2:10]), 10
        message, rest = message + rest[start : start + length], rest[start + length :]
    assert encode_text(message) == written[: len(written) - len(rest)]
    return message, rest


class RecordingFarEnd:
    """Connections of the test kit."""

    def __init__(self) -> None:
        self._management = RecordingManagement(FakeClock())
        self.api: ManagementApi = self._management
        self._opened = 0

    async def open(self) -> str:
        """As the suite says."""
        self._opened += 1
        connection_id = f"{self._opened:015d}="
        self._management.open(connection_id)
        return connection_id

    async def close(self, connection_id: str) -> None:
        """As the suite says."""
        self._management.close(connection_id)

    async def stop_reading(self, connection_id: str) -> None:
        """As the suite says."""
        self._management.make_slow(connection_id)

    async def received(self, connection_id: str) -> list[str]:
        """As the suite says."""
        return self._management.sent_to(connection_id)


class TestInProcessManagement(ManagementContract):
    @pytest.fixture
    def far_end(self) -> FarEnd:
        """A gateway."""
        return GatewayFarEnd()


class TestRecordingManagement(ManagementContract):
    @pytest.fixture
    def far_end(self) -> FarEnd:
        """The test kit's."""
        return RecordingFarEnd()
