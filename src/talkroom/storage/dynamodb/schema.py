"""The two tables: their keys, their attributes, and why they are so. What each access costs is in docs/topics/dynamodb.md.

Connections (D1, D4): one row for each connection and room.

    connectionId  S  partition key
    roomId        S  sort key; `GRANT_ROOM` for the row that holds a refreshed grant
    protocol      S  `plain` or `talkroom.v1`
    principalId, name  S
    leaseUntil    N  milliseconds; when the token behind the subscription expires
    since         N  milliseconds; when the connection began
    expiresAt     N  seconds; TTL, a little over the two hours that a connection can last
    index roomId-index: roomId, connectionId; all attributes. Eventually consistent, as every global index is.

Messages (D3): a room is one partition in order of position, so a page of history is one range.

    roomId        S  partition key
    position      N  sort key: generation * GENERATION_SPAN + sequence, so that the newest log of a room comes last
    messageKey    B  SHA-256 of sender and id, 32 bytes: names may be longer than a key can be
    epoch, id, sender, name, text  S
    sentAt, storedAt   N  milliseconds
    oldest        N  a sequence below which nothing of this log was kept when the entry was written
    expiring      N  the newest sequence of this log that has an expiresAt; 0 when none has
    writer        S  random, one for each append: tells a message that our own repeated request stored from somebody else's
    expiresAt     N  seconds; TTL; absent when messages are kept for ever
    index messageKey-index (local): roomId, messageKey; keys only. A local index can be read consistently, which is what
    recognises a message that is sent again without a second table or a transaction (docs/topics/dynamodb.md has the proof).

Three kinds of rows in the messages table are no messages; none has a messageKey, so the index does not know them:

    header of a room   at HEADER: generation N, the one that began last; emptyUntil N, milliseconds, until when finding nothing
                       of it means that nothing was stored yet, and not that TTL has removed it. Has no TTL.
    closing row        after the last entry of a generation that is over: closed BOOL, expiresAt N
    genesis            at HEADER of GENESIS_ROOM: seed S, from which the epochs of all rooms are made

Room ids hold no control characters, so neither `GENESIS_ROOM` nor `GRANT_ROOM` can be a client's room.
"""

from typing import Any, Final

CONNECTION_ID: Final = "connectionId"
ROOM_ID: Final = "roomId"
EXPIRES_AT: Final = "expiresAt"
"""The TTL attribute of both tables."""

ROOM_INDEX: Final = "roomId-index"
GRANT_ROOM: Final = "\x01grant"

POSITION: Final = "position"
MESSAGE_KEY: Final = "messageKey"
MESSAGE_KEY_INDEX: Final = "messageKey-index"
GENESIS_ROOM: Final = "\tgenesis"
"""A tab is a control character that IAM policies can name, should a role be allowed to write this row only."""
HEADER: Final = 0
"""The position of a room's header: below every message."""
GENERATION_SPAN: Final = 10**12
"""More than the messages of any log: a room that stores 1,000 a second needs thirty years for as many."""


def connections_table(name: str) -> dict[str, Any]:
    """The parameters of CreateTable; infra/aws/template.yaml declares the same, and a test compares them."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [_attribute(CONNECTION_ID, "S"), _attribute(ROOM_ID, "S")],
        "KeySchema": _keys(CONNECTION_ID, ROOM_ID),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": ROOM_INDEX,
                "KeySchema": _keys(ROOM_ID, CONNECTION_ID),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }


def messages_table(name: str) -> dict[str, Any]:
    """The parameters of CreateTable, as `connections_table`."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [_attribute(ROOM_ID, "S"), _attribute(POSITION, "N"), _attribute(MESSAGE_KEY, "B")],
        "KeySchema": _keys(ROOM_ID, POSITION),
        "LocalSecondaryIndexes": [
            {
                "IndexName": MESSAGE_KEY_INDEX,
                "KeySchema": _keys(ROOM_ID, MESSAGE_KEY),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }


def _attribute(name: str, kind: str) -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": kind}


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
