"""What is metered: the quantities that AWS charges for, under the names of their prices (prices.py)."""

from math import ceil
from typing import Final

import msgspec

GB: Final = 1024**3
METERED_BYTES: Final = 32 * 1024
"""API Gateway meters a WebSocket message of 33 KB as two (aws.amazon.com/api-gateway/pricing)."""
WRITE_UNIT_BYTES: Final = 1024
READ_UNIT_BYTES: Final = 4096
"""DynamoDB: one unit writes up to 1 KB, or reads up to 4 KB consistently (aws.amazon.com/dynamodb/pricing/on-demand)."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Quantities, each of the unit that its price is for. A fraction is an average: a hundredth of the calls have one."""

    websocket_messages: float = 0
    connection_minutes: float = 0
    lambda_requests: float = 0
    lambda_gb_seconds_arm64: float = 0
    lambda_gb_seconds_x86_64: float = 0
    dynamodb_writes: float = 0
    dynamodb_reads: float = 0
    dynamodb_storage_gb: float = 0
    dynamodb_backup_gb: float = 0
    secret_requests: float = 0
    secrets: float = 0
    log_gb: float = 0
    metrics: float = 0
    alarms: float = 0
    data_out_gb: float = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in METERS})

    def times(self, count: float) -> "Usage":
        """The same, `count` times."""
        return Usage(**{name: getattr(self, name) * count for name in METERS})


METERS: Final = Usage.__struct_fields__


def frames(payload_bytes: int, count: float = 1) -> Usage:
    """Messages from clients, or replies and pushes to them, of one size, as they are metered."""
    return Usage(websocket_messages=count * max(1, ceil(payload_bytes / METERED_BYTES)))


def sent(payload_bytes: int, count: float = 1) -> Usage:
    """Messages to clients: metered, and transferred out. Headers of TLS and TCP are not counted."""
    return frames(payload_bytes, count) + Usage(data_out_gb=count * payload_bytes / GB)


def write_units(item_bytes: int) -> int:
    """Of one item that is put, deleted, or refused by a condition."""
    return max(1, ceil(item_bytes / WRITE_UNIT_BYTES))


def read_units(total_bytes: int, *, consistent: bool) -> float:
    """Of one Query or GetItem that reads so much; an empty answer costs the smallest read."""
    return max(1, ceil(total_bytes / READ_UNIT_BYTES)) * (1.0 if consistent else 0.5)
