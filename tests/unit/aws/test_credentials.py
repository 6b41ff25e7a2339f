"""The credentials of a function."""

import pytest

from talkroom.aws.credentials import Credentials, CredentialsMissing, read_credentials

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "hidden too"}


def test_reads_what_lambda_sets() -> None:
    """All three."""
    assert Credentials("ASIAEXAMPLE", "hidden", "hidden too") == read_credentials(ENVIRONMENT)


@pytest.mark.parametrize("token", [{}, {"AWS_SESSION_TOKEN": ""}])
def test_a_key_of_a_user_has_no_token(token: dict[str, str]) -> None:
    """Unset or empty."""
    environment = {name: value for name, value in ENVIRONMENT.items() if "TOKEN" not in name} | token
    assert read_credentials(environment).session_token is None


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_says_what_is_missing(name: str) -> None:
    """By its name, without a value of the others."""
    with pytest.raises(CredentialsMissing, match=name) as missing:
        read_credentials({**ENVIRONMENT, name: ""})
    assert "hidden" not in str(missing.value)


def test_no_secret_is_shown() -> None:
    """In no way in which a value is shown by accident."""
    credentials = read_credentials(ENVIRONMENT)
    assert "hidden" not in f"{credentials} {credentials!r} {[credentials]}"
