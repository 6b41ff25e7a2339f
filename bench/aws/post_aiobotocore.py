"""1,000 posts by aiobotocore, in tasks that share one client."""

import asyncio

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from job import CALLS_AT_ONCE, Job, in_tasks, read_job, report


async def main(job: Job) -> None:
    """Post to the connections in turn."""
    ids, payload = job["ids"], job["payload"].encode()
    async with get_session().create_client(
        "apigatewaymanagementapi",
        endpoint_url=job["endpoint"],
        region_name=job["region"],
        aws_access_key_id=job["key_id"],
        aws_secret_access_key=job["key"],
        aws_session_token=job["token"],
        config=AioConfig(max_pool_connections=CALLS_AT_ONCE),
    ) as client:

        async def post(number: int) -> None:
            await client.post_to_connection(ConnectionId=ids[number % len(ids)], Data=payload)

        report({"post": await in_tasks(post, job["times"], job["warm_up"])})


asyncio.run(main(read_job()))
