"""Rows of the connections table, in DynamoDB's own notation: each value in an object that names its type.

Numbers are written as text there, and read with `int`. schema.py says what each attribute is.
"""

from collections.abc import Mapping
from typing import Any, Final

from talkroom.chat.model.policy import Grant
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Kind, Subscription
from talkroom.storage.dynamodb.schema import CONNECTION_ID, EXPIRES_AT, GRANT_ROOM, ROOM_ID

PROTOCOL: Final = "protocol"
PRINCIPAL_ID: Final = "principalId"
NAME: Final = "name"
LEASE_UNTIL: Final = "leaseUntil"
SINCE: Final = "since"
ROOMS: Final = "rooms"
CAN: Final = "can"

KEPT_S: Final = 2 * 3600 + 600
"""A connection lasts two hours at most; ten minutes more, so that no clock's error takes a row from a living one."""

Row = Mapping[str, Mapping[str, Any]]


def row_key(connection_id: str, room: str) -> dict[str, dict[str, str]]:
    """The key of one row."""
    return {CONNECTION_ID: {"S": connection_id}, ROOM_ID: {"S": room}}


def subscription_row(subscription: Subscription, now_ms: int) -> dict[str, dict[str, Any]]:
    """It is kept for as long as its connection can last, counted from now when nobody knows since when there is one."""
    return {
        **row_key(subscription.connection_id, subscription.room),
        PROTOCOL: {"S": subscription.kind.value},
        PRINCIPAL_ID: {"S": subscription.principal_id},
        NAME: {"S": subscription.name},
        LEASE_UNTIL: {"N": str(subscription.lease_until_ms)},
        SINCE: {"N": str(subscription.since_ms)},
        EXPIRES_AT: {"N": str(_kept_until_s(subscription.since_ms or now_ms))},
    }


def read_subscription(row: Row) -> Subscription:
    """What `subscription_row` wrote."""
    return Subscription(
        connection_id=row[CONNECTION_ID]["S"],
        room=RoomId(row[ROOM_ID]["S"]),
        kind=Kind(row[PROTOCOL]["S"]),
        principal_id=row[PRINCIPAL_ID]["S"],
        name=row[NAME]["S"],
        lease_until_ms=int(row[LEASE_UNTIL]["N"]),
        since_ms=int(row[SINCE]["N"]),
    )


def grant_row(connection_id: str, grant: Grant, now_ms: int) -> dict[str, dict[str, Any]]:
    """Lists and no sets, because a set of DynamoDB cannot be empty."""
    return {
        **row_key(connection_id, GRANT_ROOM),
        PRINCIPAL_ID: {"S": grant.principal_id},
        NAME: {"S": grant.name},
        ROOMS: {"L": [{"S": room} for room in grant.rooms]},
        CAN: {"L": [{"S": capability} for capability in sorted(grant.can)]},
        LEASE_UNTIL: {"N": str(grant.expires_at_ms)},
        EXPIRES_AT: {"N": str(_kept_until_s(now_ms))},
    }


def read_grant(row: Row) -> Grant:
    """What `grant_row` wrote."""
    return Grant(
        principal_id=row[PRINCIPAL_ID]["S"],
        name=row[NAME]["S"],
        rooms=tuple(each["S"] for each in row[ROOMS]["L"]),
        can=frozenset(each["S"] for each in row[CAN]["L"]),
        expires_at_ms=int(row[LEASE_UNTIL]["N"]),
    )


def is_kept(row: Row, now_ms: int) -> bool:
    """Whether its time has not run out. DynamoDB removes a row some time after that, "within a few days" says its page on TTL."""
    return now_ms < int(row[EXPIRES_AT]["N"]) * 1000


def _kept_until_s(since_ms: int) -> int:
    return since_ms // 1000 + KEPT_S
