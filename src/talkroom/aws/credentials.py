"""The credentials that sign calls to AWS: read once, from the variables that Lambda gives every function.

Lambda sets them for the life of an execution environment and replaces the environment before they expire, so nothing here renews
them. Source: "Defined runtime environment variables" in the Lambda developer guide.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

ACCESS_KEY_ID: Final = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105  # the variable's name
SESSION_TOKEN: Final = "AWS_SESSION_TOKEN"  # noqa: S105  # the variable's name


class CredentialsMissing(Exception):
    """The environment holds no credentials to sign with; the message names what is missing and holds no value."""


class Credentials(msgspec.Struct, frozen=True):
    """An access key, with the session token that belongs to it when it is a role's. What is secret is not in the repr."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials(access_key_id={self.access_key_id!r})"


def read_credentials(environment: Mapping[str, str]) -> Credentials:
    """The credentials in a mapping of environment variables. Raises CredentialsMissing."""
    missing = [name for name in (ACCESS_KEY_ID, SECRET_ACCESS_KEY) if not environment.get(name)]
    if missing:
        raise CredentialsMissing(
            f"No credentials to sign calls to AWS with: {' and '.join(missing)} not set. Lambda sets them in every"
            " function; elsewhere set them yourself, with AWS_SESSION_TOKEN if they are a role's."
        )
    return Credentials(
        environment[ACCESS_KEY_ID], environment[SECRET_ACCESS_KEY], environment.get(SESSION_TOKEN) or None
    )
