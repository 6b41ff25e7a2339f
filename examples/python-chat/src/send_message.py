"""`sendmessage`: {"action": "sendmessage", "text": "hello"} goes to everybody else in the sender's room."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import boto3
import connections
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

TEXT_LENGTH_MAX = 4000
POSTS_AT_ONCE = 16


def handler(event, context):
    """Post to the room, and tell the sender how many got it: the route has a route response, so the body is sent back."""
    request = event["requestContext"]
    room, sender = request["authorizer"]["room"], request["authorizer"]["principalId"]
    text = json.loads(event["body"]).get("text")
    if not isinstance(text, str) or not 0 < len(text) <= TEXT_LENGTH_MAX:
        return reply(400, type="error", message=f"text must be a string of 1 to {TEXT_LENGTH_MAX} characters")
    # The room, the sender and the time are API Gateway's, not the client's word.
    message = {"type": "message", "room": room, "from": sender, "text": text, "at": request["requestTimeEpoch"]}
    payload = json.dumps(message, ensure_ascii=False).encode()

    # Behind a custom domain the stage is not in the path: name the endpoint yourself there.
    api = management_api(f"https://{request['domainName']}/{request['stage']}")
    others = [each for each in connections.in_room(room) if each != request["connectionId"]]
    with ThreadPoolExecutor(POSTS_AT_ONCE) as pool:
        outcomes = list(pool.map(lambda each: post(api, each, payload), others))
    for connection_id, outcome in zip(others, outcomes, strict=True):
        if outcome == "gone":
            connections.reap(connection_id)
    counts = Counter(outcomes)
    print(f"room {room}: {counts['delivered']} delivered, {counts['gone']} gone, {counts['failed']} failed")
    return reply(200, type="sent", delivered=counts["delivered"])


def post(api, connection_id, payload):
    """Whatever happens to one receiver, the others still get the message."""
    try:
        api.post_to_connection(ConnectionId=connection_id, Data=payload)
    except api.exceptions.GoneException:  # before ClientError, whose subclass it is
        return "gone"
    except (ClientError, BotoCoreError) as error:
        print(f"could not post to {connection_id}: {type(error).__name__}")
        return "failed"
    return "delivered"


@cache
def management_api(endpoint):
    """One client for the life of the function: making one takes longer than using it."""
    config = Config(max_pool_connections=POSTS_AT_ONCE, connect_timeout=3, read_timeout=5)
    return boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=config)


def reply(status, **body):
    """What API Gateway sends back to the sender."""
    return {"statusCode": status, "body": json.dumps(body)}
