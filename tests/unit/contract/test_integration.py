"""What a Lambda function returns: section 5.3 of the contract page."""

import pytest

from talkroom.contract.errors import IntegrationFailed
from talkroom.contract.integration import IntegrationResult, decode_result, encode_result


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


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        "ok",
        [],
        {"statusCode": "soon"},
        {"statusCode": None},
        {"statusCode": True},
        {"body": "x"},
        {"statusCode": 200, "body": {}},
    ],
)
def test_an_answer_without_an_integer_status_has_failed(answer: object):
    """API Gateway answers such a handshake with 502 and such a message with an error frame."""
    with pytest.raises(IntegrationFailed, match="the integration's result is malformed"):
        decode_result(answer)


@pytest.mark.parametrize("status", [200, "200", 200.0])
def test_a_status_may_be_written_in_every_way_that_means_an_integer(status: object):
    """Frameworks of other languages write it as text."""
    assert IntegrationResult(200) == decode_result({"statusCode": status})


def test_a_key_that_is_null_counts_as_absent():
    """As `json.dumps` writes a None."""
    assert IntegrationResult(200) == decode_result({"statusCode": 200, "headers": None, "body": None})


def test_a_header_may_be_a_number_or_a_boolean_and_becomes_text():
    """And one that is null is left out."""
    expected = IntegrationResult(200, {"A": "1", "B": "true", "C": "text"})

    assert expected == decode_result({"statusCode": 200, "headers": {"A": 1, "B": True, "C": "text", "D": None}})


def test_a_result_is_encoded_as_a_function_returns_it():
    """Keys that say nothing are left out."""
    assert {"statusCode": 200} == encode_result(IntegrationResult(200))
    assert {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "talkroom.v1"}, "body": "hello"} == encode_result(
        IntegrationResult(200, {"Sec-WebSocket-Protocol": "talkroom.v1"}, "hello")
    )


def test_what_is_encoded_is_decoded_to_the_same():
    """Both sides of the contract are written here."""
    result = IntegrationResult(404, {"a": "b"}, "x")

    assert result == decode_result(encode_result(result))
