"""What a Lambda function returns: section 5.3 of the contract page."""

import pytest

from talkroom.contract.errors import IntegrationFailed
from talkroom.contract.integration import IntegrationResult, decode_result


def test_a_status_alone_is_a_result():
    """Headers and body are optional."""
    assert IntegrationResult(200) == decode_result({"statusCode": 200})


def test_headers_and_body_are_kept():
    """What a `$connect` handler that selects a subprotocol returns."""
    expected = IntegrationResult(200, {"Sec-WebSocket-Protocol": "talkroom.v1"}, "hello")

    assert expected == decode_result(
        {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "talkroom.v1"}, "body": "hello"}
    )


def test_unknown_fields_are_ignored():
    """Frameworks add their own."""
    assert IntegrationResult(204) == decode_result({"statusCode": 204, "cookies": []})


@pytest.mark.parametrize("answer", [None, {}, "ok", [], {"statusCode": "200"}, {"statusCode": None}, {"body": "x"}])
def test_an_answer_without_an_integer_status_has_failed(answer: object):
    """API Gateway answers such a handshake with 502 and such a message with an error frame."""
    with pytest.raises(IntegrationFailed, match="the integration's result is malformed"):
        decode_result(answer)
