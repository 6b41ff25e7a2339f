"""`@connections` as an application on AWS calls it: at the endpoint that follows from the event."""

import os
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .recording import Event

TIMEOUT_S = 5
_clients: dict[str, Any] = {}


def call_management(event: Event, operation: str, **arguments: Any) -> dict[str, Any]:
    """What became of it: `status`, `error` (the SDK's exception, or why there was no answer) and `message`."""
    context = event["requestContext"]
    arguments.setdefault("ConnectionId", context["connectionId"])
    try:
        response = getattr(_client(endpoint_of(context)), operation)(**arguments)
    except ClientError as error:
        detail = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {"status": status, "error": detail.get("Code"), "message": detail.get("Message")}
    except BotoCoreError as error:
        return {"status": None, "error": type(error).__name__, "message": str(error)}
    return {"status": response["ResponseMetadata"]["HTTPStatusCode"], "error": None, "message": None}


def endpoint_of(context: dict[str, Any]) -> str:
    """The URL of `@connections` for whoever got an event with this `requestContext`."""
    pattern = os.environ.get("PROBE_MANAGEMENT_URL") or "https://{domain}/{stage}"
    return pattern.format(domain=context["domainName"], stage=context["stage"], api=context["apiId"])


def _client(endpoint: str) -> Any:
    if endpoint not in _clients:
        _clients[endpoint] = botocore.session.Session().create_client(
            "apigatewaymanagementapi",
            endpoint_url=endpoint,
            region_name=os.environ.get("AWS_REGION", "us-east-1"),
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S),
        )
    return _clients[endpoint]
