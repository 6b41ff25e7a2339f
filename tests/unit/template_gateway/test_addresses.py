"""Hostnames of API Gateway in functions' environments."""

from pathlib import Path

import pytest

from talkroom.functions.specs import FunctionSpec
from talkroom.template_gateway.addresses import Address, localize

ADDRESSES = {"abc123def4": Address("localhost", 3001), "zyx987wvu6": Address("localhost", 3002)}


def localized(value: str) -> str:
    """A variable of this value, as the function gets it."""
    spec = FunctionSpec(
        logical_id="F",
        name="F",
        arn="arn",
        runtime="python3.13",
        handler="app.f",
        code=Path("/app"),
        environment={"V": value},
    )
    return localize(spec, ADDRESSES).environment["V"]


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("https://localhost:3001/prod", "https://abc123def4.execute-api.eu-west-1.amazonaws.com/prod"),
        ("wss://localhost:3002/dev", "wss://zyx987wvu6.execute-api.us-east-1.amazonaws.com/dev"),
        ("https://localhost:3001/prod", "https://abc123def4.execute-api.eu-west-1.amazonaws.com:443/prod"),
        ("localhost:3001", "abc123def4.execute-api.cn-north-1.amazonaws.com.cn"),
        (
            "a localhost:3001 b localhost:3002",
            "a abc123def4.execute-api.x.amazonaws.com b zyx987wvu6.execute-api.x.amazonaws.com",
        ),
    ],
)
def test_a_hostname_of_an_api_that_is_served_becomes_local(expected: str, value: str) -> None:
    """Scheme and path stay: the local port answers https too."""
    assert expected == localized(value)


@pytest.mark.parametrize(
    "value",
    [
        "https://other00000.execute-api.eu-west-1.amazonaws.com/prod",
        "https://xabc123def4.execute-api.eu-west-1.amazonaws.com/prod",
        "https://sqs.eu-west-1.amazonaws.com/abc123def4",
        "abc123def4",
        "",
    ],
)
def test_everything_else_stays(value: str) -> None:
    """Other APIs are on AWS."""
    assert value == localized(value)


@pytest.mark.parametrize(
    ("expected", "host"),
    [
        ("localhost:3001", "127.0.0.1"),
        ("localhost:3001", "0.0.0.0"),  # noqa: S104  # looked at, not listened on
        ("localhost:3001", "::"),
        ("[::1]:3001", "::1"),
        ("192.168.1.5:3001", "192.168.1.5"),
        ("dev.example.com:3001", "dev.example.com"),
    ],
)
def test_an_address_can_stand_in_a_url(expected: str, host: str) -> None:
    """And names something that can be connected to."""
    assert expected == str(Address.of(host, 3001))
