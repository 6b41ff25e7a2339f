"""Puts and queries by aiodynamo over aiohttp, as talkroom.storage.dynamodb makes them."""

import asyncio

from aiodynamo.client import Client
from aiodynamo.credentials import Key, StaticCredentials
from aiodynamo.expressions import F, HashKey, RangeKey
from aiodynamo.http.aiohttp import AIOHTTP
from job import CALLS_AT_ONCE, Job, in_tasks, read_job, report
from yarl import URL

from talkroom.aws.signed_http import open_session


async def main(job: Job) -> None:
    """A conditional put of a message, and a query of a page of them."""
    async with open_session(CALLS_AT_ONCE) as session:
        credentials = StaticCredentials(Key(job["key_id"], job["key"], job["token"]))
        client = Client(AIOHTTP(session), credentials, job["region"], URL(job["endpoint"]))
        table = client.table(job["table"])

        async def put(number: int) -> None:
            item = {**job["item"], "roomId": job["room"], "position": job["first"] + number}
            await table.put_item(item, condition=F("roomId").does_not_exist())

        async def query(number: int) -> None:
            page = await table.query_single_page(
                HashKey("roomId", "read") & RangeKey("position").gt(number % 50), limit=job["page"]
            )
            assert len(page.items) == job["page"]

        puts = await in_tasks(put, job["times"], 0)
        report({"put": puts, "query": await in_tasks(query, job["times"], job["warm_up"])})


asyncio.run(main(read_job()))
