"""What `talkroom gateway` was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from talkroom.functions.host import HostSettings
from talkroom.gateway.api import GatewayLimits, ThrottleConfig
from talkroom.gateway.signing_keys import ManagementKey

ACCOUNT_THROTTLE: Final = ThrottleConfig(per_s=10_000, burst=5_000)
"""What an AWS account has in a region, for all its APIs and their management calls ("Amazon API Gateway quotas")."""

FOR_ALL_FUNCTIONS: Final = "Parameters"
"""The name under which `HostSettings.overrides` has the variables of all functions, as in `sam local --env-vars`."""


@dataclass(frozen=True, kw_only=True)
class TemplateSource:
    """What the stack is read from."""

    template: Path
    stage: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    region: str = "us-east-1"
    account_id: str = "000000000000"


@dataclass(frozen=True, kw_only=True)
class GatewayOptions:
    """Everything that the template does not say."""

    source: TemplateSource
    host: str = "127.0.0.1"
    port: int = 3001
    """Of the first API; the others get the ports after it. 0 lets the system choose all."""
    keys: tuple[ManagementKey, ...]
    """Who may call `@connections`, and connect where a route wants AWS_IAM."""
    hosts: HostSettings
    limits: GatewayLimits
    throttle: ThrottleConfig = ACCOUNT_THROTTLE
    reload: bool = True
    state: Path
    """A folder of our own: the local certificate authority."""
