"""The management API (`@connections`) as a port: what a backend may do to a connection.

Implemented in process by the gateway, and over signed HTTPS against API Gateway.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class ConnectionIdentity(msgspec.Struct, frozen=True, rename="camel"):
    """Where a connection comes from; `userAgent` is null when the client sent none."""

    source_ip: str
    user_agent: str | None


class ConnectionInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What `GET /@connections/{id}` answers; times are ISO-8601 in UTC with milliseconds and `Z`."""

    connected_at: str
    identity: ConnectionIdentity
    last_active_at: str


class Deliveries(msgspec.Struct, frozen=True):
    """What became of one payload posted to many connections: every id not in a list was delivered."""

    delivered: int = 0
    gone: Sequence[str] = ()
    """No longer open: the caller removes what it keeps about them."""
    limited: Sequence[str] = ()
    """Slow consumers: their buffer is full and the payload was not queued. Over HTTP 429 says this or that the caller is throttled;
    nothing tells the two apart, so there these are among `failed`."""
    failed: Sequence[str] = ()
    """None of these: the management API could not be reached in time, or refused the caller."""


class ManagementApi(Protocol):
    """Post to, look at and close connections. Over HTTP every call but `post_many` may raise another ContractError too.

    A post is at most once and is always a text frame; bytes that are not UTF-8 become U+FFFD. Posts to one connection that are
    awaited one after the other arrive in that order. A post that returns was accepted, which is not the same as received.
    """

    async def post_to_connection(self, connection_id: str, payload: bytes) -> None:
        """Send one text message.

        Raises Gone, LimitExceeded, PayloadTooLarge (over 128 KiB) or InvalidConnectionId.
        """
        ...

    async def post_many(self, connection_ids: Sequence[str], payload: bytes) -> Deliveries:
        """Send the same message to many; one receiver's state never affects another, nor raises.

        Raises PayloadTooLarge only.
        """
        ...

    async def get_connection(self, connection_id: str) -> ConnectionInfo:
        """Raises Gone or InvalidConnectionId."""
        ...

    async def delete_connection(self, connection_id: str) -> None:
        """Close with 1000; `$disconnect` follows. Raises Gone or InvalidConnectionId."""
        ...
