"""Close codes of RFC 6455 section 7.4, and what `$disconnect` is told for each way a connection ends."""

from enum import IntEnum
from typing import NamedTuple


class CloseCode(IntEnum):
    """The codes that the gateway sends or reports."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS = 1005
    """Never sent: the peer's close frame held no code."""
    ABNORMAL = 1006
    """Never sent: the connection ended without a close frame."""
    INVALID_PAYLOAD = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011


class Closure(NamedTuple):
    """How a connection ended: the values of `disconnectStatusCode` and `disconnectReason`."""

    code: int
    reason: str


# Section 7 of the contract page; observed on AWS except where marked.
CLOSED_BY_CLIENT_WITHOUT_CODE = Closure(CloseCode.NO_STATUS, "Client-side close frame status not set")
DELETED = Closure(CloseCode.NORMAL, "Connection Closed Normally")
IDLE = Closure(CloseCode.GOING_AWAY, "Going away")
DURATION_ELAPSED = Closure(CloseCode.GOING_AWAY, "Going away")
DRAINED = Closure(CloseCode.GOING_AWAY, "Going away")
LOST = Closure(CloseCode.ABNORMAL, "")  # inferred: no capture of a killed connection is known
SLOW_CONSUMER = Closure(CloseCode.POLICY_VIOLATION, "Slow consumer")  # ours: AWS does not say what becomes of one
