"""Make the table, and a room to read: run once, with the peers' boto3."""

import boto3
from job import read_job, report

job = read_job()
client = boto3.client(
    "dynamodb",
    endpoint_url=job["endpoint"],
    region_name=job["region"],
    aws_access_key_id=job["key_id"],
    aws_secret_access_key=job["key"],
)
client.create_table(
    TableName=job["table"],
    KeySchema=[{"AttributeName": "roomId", "KeyType": "HASH"}, {"AttributeName": "position", "KeyType": "RANGE"}],
    AttributeDefinitions=[
        {"AttributeName": "roomId", "AttributeType": "S"},
        {"AttributeName": "position", "AttributeType": "N"},
    ],
    BillingMode="PAY_PER_REQUEST",
)
for position in range(1, 101):
    client.put_item(
        TableName=job["table"],
        Item={**job["typed_item"], "roomId": {"S": "read"}, "position": {"N": str(position)}},
    )
report({})
