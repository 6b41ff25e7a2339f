"""What an answer of the management API means. Pure.

Statuses and names: section 1.3 of the contract page, from botocore's model of `apigatewaymanagementapi` and from what was captured.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from talkroom.aws.response import HttpResponse
from talkroom.contract.errors import Forbidden, Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.delivery.errors import ManagementUnreachable

_ERROR_TYPE: Final = "x-amzn-ErrorType"
_ERROR_TYPE_CHARACTERS_MAX: Final = 64


class Verdict(Enum):
    """How a call ended."""

    DONE = auto()
    GONE = auto()
    INVALID_ID = auto()
    TOO_LARGE = auto()
    FORBIDDEN = auto()
    """The signature or the role: every call to this API will end so."""
    UNEXPECTED = auto()
    """Nothing that this API answers: the endpoint is not what we take it for."""
    THROTTLED = auto()
    SERVER_ERROR = auto()
    """The API says that it has not done it, by its own fault."""
    NOT_SENT = auto()
    UNKNOWN = auto()
    """The call was sent and there is no answer: it may have been done, or be done yet."""


_BY_STATUS: Final[Mapping[int, Verdict]] = {
    403: Verdict.FORBIDDEN,
    408: Verdict.SERVER_ERROR,  # the body did not reach it in time
    410: Verdict.GONE,
    413: Verdict.TOO_LARGE,
    429: Verdict.THROTTLED,
}

ADVICE: Final[Mapping[Verdict, str]] = {
    Verdict.FORBIDDEN: (
        "allow the function's role execute-api:ManageConnections on the API's stage, and check that the management endpoint is that"
        " stage's and the region its region"
    ),
    Verdict.UNEXPECTED: (
        "check that the management endpoint is https://{host}/{stage}, and on a custom domain the API mapping's key and no stage"
    ),
}
"""What to do about the verdicts that come of a wrong configuration."""


def read_answer(response: HttpResponse) -> Verdict:
    """The verdict of an answer. It is the status that counts: an answer that breaks off after it is an answer."""
    status = response.status
    if 200 <= status < 300:
        return Verdict.DONE
    if status >= 500:
        return Verdict.SERVER_ERROR
    if status == 400 and b"connectionid" in response.body.lower():
        # "Invalid connectionId: …" is how garbage is refused; signatures too can be refused with 400, and say nothing of an id.
        return Verdict.INVALID_ID
    return _BY_STATUS.get(status, Verdict.UNEXPECTED)


def error_type(response: HttpResponse) -> str:
    """The name of the error for people, such as `ForbiddenException`; what follows a colon is left out, as the SDKs do it."""
    named = response.headers.get(_ERROR_TYPE, "").partition(":")[0]
    return named[:_ERROR_TYPE_CHARACTERS_MAX] if named.isalnum() else "no error type"


def raise_for(verdict: Verdict, connection_id: str) -> None:
    """Raise the error of a call that was not done."""
    match verdict:
        case Verdict.DONE:
            return
        case Verdict.GONE:
            raise Gone(f"connection {connection_id} is not open")
        case Verdict.INVALID_ID:
            raise InvalidConnectionId(f"Invalid connectionId: {connection_id}")
        case Verdict.TOO_LARGE:
            raise PayloadTooLarge("the payload is too large for the management API")
        case Verdict.FORBIDDEN:
            raise Forbidden(f"the management API refuses calls: {ADVICE[verdict]}")
        case Verdict.THROTTLED:
            raise LimitExceeded(f"posts to connection {connection_id} are throttled, or its client does not read")
        case _:
            raise ManagementUnreachable(f"a call for connection {connection_id} failed: {verdict.name.lower()}")
