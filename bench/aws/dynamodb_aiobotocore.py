"""Puts and queries by aiobotocore, in tasks that share one client."""

import asyncio

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from job import CALLS_AT_ONCE, Job, in_tasks, read_job, report


async def main(job: Job) -> None:
    """A conditional put of a message, and a query of a page of them."""
    async with get_session().create_client(
        "dynamodb",
        endpoint_url=job["endpoint"],
        region_name=job["region"],
        aws_access_key_id=job["key_id"],
        aws_secret_access_key=job["key"],
        aws_session_token=job["token"],
        config=AioConfig(max_pool_connections=CALLS_AT_ONCE),
    ) as client:

        async def put(number: int) -> None:
            position = {"N": str(job["first"] + number)}
            await client.put_item(
                TableName=job["table"],
                Item={**job["typed_item"], "roomId": {"S": job["room"]}, "position": position},
                ConditionExpression="attribute_not_exists(roomId)",
            )

        async def query(number: int) -> None:
            page = await client.query(
                TableName=job["table"],
                KeyConditionExpression="roomId = :room AND #position > :after",
                ExpressionAttributeNames={"#position": "position"},
                ExpressionAttributeValues={":room": {"S": "read"}, ":after": {"N": str(number % 50)}},
                Limit=job["page"],
            )
            assert len(page["Items"]) == job["page"]

        puts = await in_tasks(put, job["times"], 0)
        report({"put": puts, "query": await in_tasks(query, job["times"], job["warm_up"])})


asyncio.run(main(read_job()))
