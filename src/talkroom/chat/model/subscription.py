"""Subscriptions: which connections receive a room's pushes, and which members they make present."""

from enum import StrEnum

import msgspec

from talkroom.chat.model.room import RoomId


class Kind(StrEnum):
    """Which protocol a connection speaks."""

    PLAIN = "plain"
    """The article's: raw text out, no replies."""
    V1 = "talkroom.v1"
    """docs/protocol.md."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One connection receives one room's pushes until its lease ends."""

    connection_id: str
    room: RoomId
    kind: Kind
    principal_id: str
    name: str
    lease_until_ms: int
    """When the token behind it expires; afterwards the connection receives nothing until it renews."""
    since_ms: int = 0
    """When its connection began: the management API answers Gone for a connection whose handshake is still pending."""


class Recipients(msgspec.Struct, frozen=True):
    """The connections of one room at one moment, by the protocol they speak."""

    plain: tuple[str, ...] = ()
    v1: tuple[str, ...] = ()
    lapsed: tuple[Subscription, ...] = ()
    """Subscriptions whose lease has ended: to be told and unsubscribed, never to be sent to."""


class Member(msgspec.Struct, frozen=True, order=True):
    """A principal present in a room through at least one connection."""

    id: str
    name: str
