"""Close codes, and what `$disconnect` is told: section 7 of the contract page and RFC 6455 section 7.4."""

import pytest

from talkroom.contract.close_codes import (
    CLOSED_BY_CLIENT_WITHOUT_CODE,
    DELETED,
    DRAINED,
    DURATION_ELAPSED,
    IDLE,
    LOST,
    SLOW_CONSUMER,
    CloseCode,
    Closure,
)


@pytest.mark.parametrize(
    ("expected", "closure"),
    [
        ((1005, "Client-side close frame status not set"), CLOSED_BY_CLIENT_WITHOUT_CODE),
        ((1000, "Connection Closed Normally"), DELETED),
        ((1001, "Going away"), IDLE),
        ((1001, "Going away"), DURATION_ELAPSED),
        ((1001, "Going away"), DRAINED),
        ((1006, ""), LOST),
        ((1008, "Slow consumer"), SLOW_CONSUMER),
    ],
)
def test_each_way_to_end_has_its_code_and_reason(expected: tuple[int, str], closure: Closure):
    """The values of `disconnectStatusCode` and `disconnectReason`."""
    assert expected == closure


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        (1000, CloseCode.NORMAL),
        (1001, CloseCode.GOING_AWAY),
        (1002, CloseCode.PROTOCOL_ERROR),
        (1003, CloseCode.UNSUPPORTED_DATA),
        (1005, CloseCode.NO_STATUS),
        (1006, CloseCode.ABNORMAL),
        (1007, CloseCode.INVALID_PAYLOAD),
        (1008, CloseCode.POLICY_VIOLATION),
        (1009, CloseCode.MESSAGE_TOO_BIG),
        (1011, CloseCode.INTERNAL_ERROR),
    ],
)
def test_the_codes_are_those_of_the_rfc(expected: int, code: CloseCode):
    """RFC 6455 section 7.4.1."""
    assert expected == code
