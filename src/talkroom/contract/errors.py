"""What goes wrong between the gateway, an integration and a caller of the management API, in AWS's words.

ContractError
├── ManagementError          a call to `@connections` was refused: `http_status` and `name` as the SDKs see them
│   ├── Gone                 410: the connection does not exist, or no longer, or not yet
│   ├── LimitExceeded        429: too many calls, or the client's buffer is full
│   ├── PayloadTooLarge      413
│   ├── Forbidden            403: no valid signature, or no permission
│   └── InvalidConnectionId  400: not the shape of an id
├── Unauthorized             an authorizer answered "Unauthorized": 401
├── AuthorizerFailed         an authorizer raised or answered nonsense: 500
└── IntegrationFailed        an integration raised, crashed or answered nonsense: 502, or an error frame
"""

from typing import ClassVar, Final


class ContractError(Exception):
    """The root of the tree."""


class ManagementError(ContractError):
    """A call to the management API was refused."""

    http_status: ClassVar[int]
    name: ClassVar[str]
    """The value of `x-amzn-ErrorType`, from which the SDKs make their exception."""


class Gone(ManagementError):
    """There is no open connection of that id."""

    http_status = 410
    name = "GoneException"


class LimitExceeded(ManagementError):
    """Too many calls, or the connection's client does not read and its buffer is full."""

    http_status = 429
    name = "LimitExceededException"


class PayloadTooLarge(ManagementError):
    """The payload is larger than a message may be."""

    http_status = 413
    name = "PayloadTooLargeException"


class Forbidden(ManagementError):
    """The request is not signed with a key that may manage connections."""

    http_status = 403
    name = "ForbiddenException"


class InvalidConnectionId(ManagementError):
    """The id is not one that API Gateway could have made."""

    http_status = 400
    name = "BadRequestException"


class Unauthorized(ContractError):
    """Raised by an authorizer to refuse a handshake with 401."""


class AuthorizerFailed(ContractError):
    """The authorizer raised, timed out or answered something that is not an authorizer result."""


class IntegrationFailed(ContractError):
    """The integration raised, crashed or answered something that is not a proxy result."""


FORBIDDEN: Final = "Forbidden"
INTERNAL_SERVER_ERROR: Final = "Internal server error"
ENDPOINT_REQUEST_TIMED_OUT: Final = "Endpoint request timed out"
TOO_MANY_REQUESTS: Final = "Too Many Requests"


def bad_request_body_frame(connection_id: str, message_id: str) -> str:
    """The text that a client is sent when its message does not satisfy the route's model.

    Spaced as the template in "Set up gateway responses for WebSocket APIs" prints it; it names the message, not the request.
    """
    return f'{{"message" : "Bad request body", "connectionId": "{connection_id}", "messageId": "{message_id}"}}'


def error_frame(message: str, connection_id: str, request_id: str) -> str:
    """The text that a client is sent when its message could not be handled, byte for byte as captured on AWS.

    A space follows the first colon and the commas and no other colon: section 5.2 of the contract page.
    """
    return f'{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}'
