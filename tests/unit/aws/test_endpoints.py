"""Where services are called."""

import pytest

from talkroom.aws.endpoints import ServiceEndpoints


@pytest.mark.parametrize(
    ("environment", "service", "url"),
    [
        ({}, "lambda", "https://lambda.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"}, "ssm", "http://127.0.0.1:4566"),
        (
            {"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://b"},
            "secretsmanager",
            "http://b",
        ),
        ({"AWS_ENDPOINT_URL_LAMBDA": "http://b"}, "dynamodb", "https://dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": ""}, "dynamodb", "https://dynamodb.eu-west-1.amazonaws.com"),
    ],
)
def test_the_sdks_variables_count(environment: dict[str, str], service: str, url: str) -> None:
    """A service's own before the one for all, and an empty one is none."""
    assert url == ServiceEndpoints(environment).url_of(service, "eu-west-1")


def test_china_has_a_domain_of_its_own() -> None:
    """As in AWS's tables of endpoints."""
    assert "https://ssm.cn-north-1.amazonaws.com.cn" == ServiceEndpoints({}).url_of("ssm", "cn-north-1")
