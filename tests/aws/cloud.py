"""AWS on this machine: MiniStack with its permissions enforced, and the services in it that the tests look at."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
from botocore.config import Config

from tests.e2e.ministack import REGION, MiniStack

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools"
ADAPTED = Path(__file__).parent / "adapted_ministack.py"
ROOT_KEY = MappingProxyType(
    {
        "AWS_ACCESS_KEY_ID": "root",
        "AWS_SECRET_ACCESS_KEY": "MiniStack does not look at it",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }
)
"""The account's owner, to whom everything is allowed: whoever MiniStack was started by."""


def tool(name: str, environment: str) -> str:
    """A program of one of the environments in .tools."""
    program = TOOLS / environment / "bin" / name
    assert program.exists(), (
        f"{name} is missing: run `make test`, or install requirements/{environment}.txt into a virtual environment"
        f" .tools/{environment}"
    )
    return str(program)


class Cloud(MiniStack):
    """Every service that the template names. Functions run under its own Python."""

    variables: Mapping[str, str] = MappingProxyType({"AUTH": "true", "MINISTACK_REGION": REGION, **ROOT_KEY})

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.command = [tool("python", "ministack"), str(ADAPTED)]

    @property
    def environment(self) -> Mapping[str, str]:
        """For programs that deploy as the account's owner."""
        return {**ROOT_KEY, "AWS_ENDPOINT_URL": self.endpoint}

    def client(self, service: str, credentials: Mapping[str, str] | None = None, endpoint: str | None = None) -> Any:
        """boto3's, as the account's owner or with credentials as STS gives them; `endpoint` is for the management API."""
        given = credentials or {}
        return boto3.client(
            service,
            endpoint_url=endpoint or self.endpoint,
            region_name=REGION,
            aws_access_key_id=given.get("AccessKeyId", ROOT_KEY["AWS_ACCESS_KEY_ID"]),
            aws_secret_access_key=given.get("SecretAccessKey", ROOT_KEY["AWS_SECRET_ACCESS_KEY"]),
            aws_session_token=given.get("SessionToken"),
            config=Config(retries={"max_attempts": 1}),
        )
