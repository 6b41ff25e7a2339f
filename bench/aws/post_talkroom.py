"""1,000 posts by talkroom.delivery: one `post_many`, as a fan-out makes it."""

import asyncio

from job import Job, Stopwatch, read_job, report

from talkroom.aws.credentials import Credentials
from talkroom.aws.signed_http import SignedHttp, open_session
from talkroom.delivery.remote_management import RemoteManagement


async def main(job: Job) -> None:
    """Post to the connections in turn."""
    ids, payload = job["ids"], job["payload"].encode()
    async with open_session(connections_max=64) as session:
        credentials = Credentials(job["key_id"], job["key"], job["token"])
        management = RemoteManagement(
            SignedHttp(session, credentials, job["region"]), job["endpoint"], deadline_s=120.0
        )
        await management.post_many([ids[number % len(ids)] for number in range(job["warm_up"])], payload)
        many = [ids[number % len(ids)] for number in range(job["times"])]
        with Stopwatch() as stopwatch:
            deliveries = await management.post_many(many, payload)
    assert deliveries.delivered == job["times"], f"{deliveries.delivered} delivered"
    report({"post": stopwatch.result})


asyncio.run(main(read_job()))
