"""The configuration of the functions on AWS."""

import pytest

from talkroom.auth.errors import InvalidSettings
from talkroom.aws_config import AWS_SETTINGS, AwsConfig
from talkroom.chat.model.limits import Limits
from talkroom.config import SETTINGS
from talkroom.settings import ConfigError
from talkroom.storage.retention import Retention

SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:talkroom-AbCdEf"


def test_nothing_is_required_of_every_function():
    """The authorizer has no table and the others no secret; what is missing is said when it is needed."""
    assert AwsConfig() == AwsConfig.read({})


def test_a_variable_is_read_as_its_kind():
    """Numbers, lists and text."""
    config = AwsConfig.read(
        {
            "TALKROOM_CONNECTIONS_TABLE": "connections",
            "TALKROOM_RETENTION_S": "86400",
            "TALKROOM_ORIGINS": "https://a.example, https://b.example",
            "TALKROOM_DELIVERY_DEADLINE_S": "2.5",
        }
    )

    assert ("connections", Retention(max_age_s=86400), ("https://a.example", "https://b.example"), 2.5) == (
        config.connections_table,
        config.retention,
        config.origins,
        config.delivery_deadline_s,
    )


def test_an_empty_variable_is_an_absent_one():
    """A template sets variables to nothing where a parameter has no value."""
    assert AwsConfig() == AwsConfig.read({"TALKROOM_RETENTION_S": "", "TALKROOM_FAN_OUT_FUNCTION": ""})


@pytest.mark.parametrize(
    "environment",
    [
        {"TALKROOM_PORT": "8080"},
        {"TALKROOM_RETENTION_S": "a day"},
        {"TALKROOM_RETENTION_S": "0"},
        {"TALKROOM_FAN_OUT_PAGE": "-1"},
        {"TALKROOM_LOG_LEVEL": "loud"},
        {"TALKROOM_TOKEN_SECRET_ARN": SECRET_ARN, "TALKROOM_TOKEN_JWKS": "https://example.com/jwks.json"},
        {"TALKROOM_TOKEN_JWKS": "jwks.json"},
        {"TALKROOM_ROOM_ID_BYTES_MAX": "1025"},
        {"TALKROOM_PAGE_BYTES_MAX": "131072"},
        {"TALKROOM_TEXT_CHARACTERS_MAX": "20000"},
    ],
)
def test_what_cannot_work_is_refused_by_name(environment: dict[str, str]):
    """The function fails at once, and its log says which variable to change."""
    with pytest.raises(ConfigError, match="|".join(environment)):
        AwsConfig.read(environment)


def test_what_both_hosts_have_is_described_and_preset_alike():
    """One table of limits: the same input gets the same answer on one machine and on AWS."""
    here = {one.name: one for one in SETTINGS}
    shared = [one for one in AWS_SETTINGS if one.name in here]

    assert set(Limits.__struct_fields__) < {one.name for one in shared}
    assert [here[one.name] for one in shared] == shared


def test_tokens_are_verified_by_the_secret_unless_a_jwks_is_named():
    """The algorithm follows from which it is."""
    by_secret = AwsConfig().token_settings("s" * 32, "p" * 32)
    by_jwks = AwsConfig(token_jwks="https://example.com/jwks.json", token_issuer="https://example.com").token_settings()

    assert (("HS256",), "s" * 32, "p" * 32) == (by_secret.algorithms, by_secret.secret, by_secret.previous_secret)
    assert (("RS256",), "https://example.com") == (by_jwks.algorithms, by_jwks.issuer)


def test_neither_secret_nor_jwks_is_refused_when_tokens_are_to_be_verified():
    """And says what is missing."""
    with pytest.raises(InvalidSettings, match="secret"):
        AwsConfig().token_settings()
