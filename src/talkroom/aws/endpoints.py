"""Where AWS services are called: at their own addresses, or where the SDKs' standard variables say. Pure.

Source: "Service-specific endpoints" in the AWS SDKs and Tools reference guide.
"""

from collections.abc import Mapping
from typing import Final

_VARIABLE: Final = "AWS_ENDPOINT_URL"
_IDS: Final[Mapping[str, str]] = {
    "dynamodb": "DYNAMODB",
    "lambda": "LAMBDA",
    "secretsmanager": "SECRETS_MANAGER",
    "ssm": "SSM",
}


class ServiceEndpoints:
    """The base URLs of the services that functions call."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` holds `AWS_ENDPOINT_URL_<SERVICE>` for one service, `AWS_ENDPOINT_URL` for all, or neither."""
        self._configured = {
            service: url
            for service, name in _IDS.items()
            if (url := environment.get(f"{_VARIABLE}_{name}") or environment.get(_VARIABLE))
        }

    def url_of(self, service: str, region: str) -> str:
        """Without a slash at the end. `service` is as in AWS's host names: `dynamodb`, `lambda`, `secretsmanager`, `ssm`."""
        configured = self._configured.get(service)
        if configured is not None:
            return configured.rstrip("/")
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        return f"https://{service}.{region}.{suffix}"
