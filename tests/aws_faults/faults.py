"""What can go wrong with a request to a service of AWS, as values."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True)
class Request:
    """A request on its way to a service."""

    service: str
    """`dynamodb`, `management`, `lambda` or `secretsmanager`."""
    action: str
    """`PutItem`, `Invoke`, `GetSecretValue`; of the management API `POST` or `DELETE`."""
    table: str
    """Of DynamoDB's requests, else empty."""
    target: str
    """The connection id of the management API's requests, else empty."""
    environment: str
    """Who sent it: the session token of an execution environment."""
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Fault:
    """What happens to a request in place of being carried out and answered."""

    name: str
    is_carried_out: bool = False
    """Whether the service gets it all the same, and only its answer is lost."""
    answer: bytes | None = field(default=None, repr=False)
    """Said in the service's place; without one the connection is cut."""
    hangs: bool = False
    """Nothing happens before the caller has given up."""
    kills: bool = False
    """The execution environment that sent the request ends then; of a request that is carried out, after that."""


Rule = Callable[[Request], Fault | None]
"""What is to happen to a request; None: what should."""


def refusal(status: int, name: str) -> Fault:
    """An error as AWS's services write it, the management API in a header and the others in the body."""
    body = json.dumps({"__type": f"com.amazonaws.service#{name}", "message": "a fault of the test"}).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nx-amzn-ErrorType: {name}\r\n"
        f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Fault(f"{status} {name}", answer=head.encode() + body)


CUT_BEFORE = Fault("cut before it is carried out")
CUT_AFTER = Fault("cut after it was carried out", is_carried_out=True)
HANGING = Fault("hangs", hangs=True)
LATE = Fault("hangs, and is carried out when the caller has given up", hangs=True, is_carried_out=True)
KILLED_BEFORE = Fault("its environment is killed before it is carried out", kills=True)
KILLED_AFTER = Fault("its environment is killed after it was carried out", kills=True, is_carried_out=True)

LIMIT_EXCEEDED = refusal(429, "LimitExceededException")
MANAGEMENT_FAILS = refusal(500, "InternalServerErrorException")
MANAGEMENT_UNAVAILABLE = refusal(503, "ServiceUnavailableException")

THROUGHPUT_EXCEEDED = refusal(400, "ProvisionedThroughputExceededException")
THROTTLED = refusal(400, "ThrottlingException")
REQUEST_LIMIT_EXCEEDED = refusal(400, "RequestLimitExceeded")
DYNAMODB_FAILS = refusal(500, "InternalServerError")
DYNAMODB_UNAVAILABLE = refusal(503, "ServiceUnavailable")

TOO_MANY_INVOCATIONS = refusal(429, "TooManyRequestsException")
LAMBDA_FAILS = refusal(500, "ServiceException")
LOST_BY_LAMBDA = Fault("accepted and lost", answer=b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
