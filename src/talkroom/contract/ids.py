"""Connection, request and message ids as API Gateway makes them.

Eleven bytes in URL-safe base64: sixteen characters of which the last is `=`. In every capture the first four bytes are a clock
of 25 ms ticks; a handler must rely on nothing but uniqueness and the alphabet.
"""

import re
from binascii import b2a_base64
from typing import Final

ENTROPY_BYTES: Final = 7
"""Random bytes that follow the clock in an id."""

_TICKS_PER_S: Final = 40
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{15}=")


def encode_id(at_ms: int, entropy: bytes) -> str:
    """The id for an instant (epoch milliseconds) and `ENTROPY_BYTES` random bytes."""
    ticks = at_ms * _TICKS_PER_S // 1000 & 0xFFFFFFFF
    # As base64.urlsafe_b64encode does it, without its two calls: every event has an id or two.
    return b2a_base64(ticks.to_bytes(4, "big") + entropy, newline=False).translate(_URL_SAFE).decode("ascii")


def is_well_formed(connection_id: str) -> bool:
    """Whether this could be an id at all: what separates 410 Gone from 400 in the management API."""
    return _SHAPE.fullmatch(connection_id) is not None
