"""1,000 posts by boto3, in threads that share one client."""

import boto3
from botocore.config import Config
from job import THREADS, in_threads, read_job, report

job = read_job()
client = boto3.client(
    "apigatewaymanagementapi",
    endpoint_url=job["endpoint"],
    region_name=job["region"],
    aws_access_key_id=job["key_id"],
    aws_secret_access_key=job["key"],
    aws_session_token=job["token"],
    config=Config(max_pool_connections=job.get("pool", THREADS)),
)
ids, payload = job["ids"], job["payload"].encode()


def post(number: int) -> None:
    """Raises when it is refused."""
    client.post_to_connection(ConnectionId=ids[number % len(ids)], Data=payload)


report({"post": in_threads(post, job["times"], job["warm_up"])})
