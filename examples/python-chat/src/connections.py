"""The table of open connections: one row each, found by room through an index."""

import os
import time

import boto3
from boto3.dynamodb.conditions import Attr, Key

# API Gateway closes every connection after two hours. `$disconnect` is best effort: DynamoDB removes what it left behind.
LIFETIME_S = 2 * 60 * 60 + 5 * 60
# Longer than `$connect` can take, which is 29 seconds for each of the authorizer and the function.
OPENING_S = 60

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def add(connection_id, room):
    """Write the row of a connection that is about to open."""
    now = int(time.time())
    table.put_item(
        Item={"connectionId": connection_id, "roomId": room, "connectedAt": now, "expiresAt": now + LIFETIME_S}
    )


def remove(connection_id):
    """Delete the row of a connection that has closed; no error when there is none."""
    table.delete_item(Key={"connectionId": connection_id})


def reap(connection_id):
    """Delete the row of a connection that is gone, unless it is young.

    The row is written by `$connect`, and until `$connect` has returned API Gateway says 410 of a connection that is about to open.
    """
    try:
        table.delete_item(
            Key={"connectionId": connection_id},
            ConditionExpression=Attr("connectedAt").lt(int(time.time()) - OPENING_S),
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        pass


def in_room(room):
    """The ids of a room's connections. One query reads 1 MB at most, so there may be several."""
    query = {"IndexName": "roomId-index", "KeyConditionExpression": Key("roomId").eq(room)}
    while True:
        page = table.query(**query)
        for item in page["Items"]:
            yield item["connectionId"]
        if "LastEvaluatedKey" not in page:
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
