"""API Gateway's quotas for WebSocket APIs."""

import pytest

from talkroom.contract import quotas


@pytest.mark.parametrize(
    ("expected", "quota"),
    [
        (32_768, quotas.FRAME_BYTES_MAX),
        (131_072, quotas.MESSAGE_BYTES_MAX),
        (600, quotas.IDLE_TIMEOUT_S),
        (7200, quotas.CONNECTION_DURATION_S),
        (29, quotas.INTEGRATION_TIMEOUT_S),
        (8192, quotas.AUTHORIZER_RESULT_BYTES_MAX),
        (4096, quotas.URL_CHARACTERS_MAX),
        (128, quotas.STAGE_CHARACTERS_MAX),
    ],
)
def test_a_quota_is_the_one_that_aws_documents(expected: int, quota: int):
    """From the developer guide's table of WebSocket quotas."""
    assert expected == quota
