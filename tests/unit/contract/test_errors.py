"""What goes wrong is said in AWS's words: sections 1.3 and 5.2 of the contract page."""

import json

import pytest

from talkroom.contract.errors import (
    ENDPOINT_REQUEST_TIMED_OUT,
    FORBIDDEN,
    INTERNAL_SERVER_ERROR,
    AuthorizerFailed,
    ContractError,
    Forbidden,
    Gone,
    IntegrationFailed,
    InvalidConnectionId,
    LimitExceeded,
    ManagementError,
    PayloadTooLarge,
    Unauthorized,
    error_frame,
)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ('{"message": "Forbidden", "connectionId":"DBNjmfOmSwMCJiA=", "requestId":"DBNlXFDjSwMF3FA="}', FORBIDDEN),
        (
            '{"message": "Internal server error", "connectionId":"DBNjmfOmSwMCJiA=", "requestId":"DBNlXFDjSwMF3FA="}',
            INTERNAL_SERVER_ERROR,
        ),
        (
            (
                '{"message": "Endpoint request timed out", "connectionId":"DBNjmfOmSwMCJiA=", '
                '"requestId":"DBNlXFDjSwMF3FA="}'
            ),
            ENDPOINT_REQUEST_TIMED_OUT,
        ),
    ],
)
def test_an_error_frame_is_byte_for_byte_as_captured(expected: str, message: str):
    """A space after the first colon and the commas, none after the other colons."""
    assert expected == error_frame(message, "DBNjmfOmSwMCJiA=", "DBNlXFDjSwMF3FA=")


def test_an_error_frame_is_json():
    """Whatever its spacing, clients parse it."""
    assert {"message": "Forbidden", "connectionId": "c", "requestId": "r"} == json.loads(
        error_frame(FORBIDDEN, "c", "r")
    )


@pytest.mark.parametrize(
    ("http_status", "name", "error"),
    [
        (410, "GoneException", Gone),
        (429, "LimitExceededException", LimitExceeded),
        (413, "PayloadTooLargeException", PayloadTooLarge),
        (403, "ForbiddenException", Forbidden),
        (400, "BadRequestException", InvalidConnectionId),
    ],
)
def test_a_management_error_has_the_status_and_the_name_that_sdks_know(
    http_status: int, name: str, error: type[ManagementError]
):
    """boto3 makes its exception classes from these names."""
    assert (http_status, name) == (error.http_status, error.name)


@pytest.mark.parametrize(
    "error",
    [
        Gone,
        LimitExceeded,
        PayloadTooLarge,
        Forbidden,
        InvalidConnectionId,
        Unauthorized,
        AuthorizerFailed,
        IntegrationFailed,
    ],
)
def test_every_error_belongs_to_the_one_tree(error: type[Exception]):
    """One `except` clause catches whatever the contract can raise."""
    assert True is issubclass(error, ContractError)
