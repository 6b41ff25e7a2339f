"""Puts and queries by boto3, in threads that share one client."""

import boto3
from botocore.config import Config
from job import THREADS, in_threads, read_job, report

job = read_job()
client = boto3.client(
    "dynamodb",
    endpoint_url=job["endpoint"],
    region_name=job["region"],
    aws_access_key_id=job["key_id"],
    aws_secret_access_key=job["key"],
    aws_session_token=job["token"],
    config=Config(max_pool_connections=THREADS),
)


def put(number: int) -> None:
    """A conditional put of a message."""
    client.put_item(
        TableName=job["table"],
        Item={**job["typed_item"], "roomId": {"S": job["room"]}, "position": {"N": str(job["first"] + number)}},
        ConditionExpression="attribute_not_exists(roomId)",
    )


def query(number: int) -> None:
    """A page of messages."""
    page = client.query(
        TableName=job["table"],
        KeyConditionExpression="roomId = :room AND #position > :after",
        ExpressionAttributeNames={"#position": "position"},
        ExpressionAttributeValues={":room": {"S": "read"}, ":after": {"N": str(number % 50)}},
        Limit=job["page"],
    )
    assert len(page["Items"]) == job["page"]


puts = in_threads(put, job["times"], 0)
report({"put": puts, "query": in_threads(query, job["times"], job["warm_up"])})
