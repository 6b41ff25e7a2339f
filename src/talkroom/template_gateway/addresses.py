"""Where the APIs of a stack are on this machine, and what that means for what functions are told."""

import re
from collections.abc import Mapping
from typing import Final, Self

import msgspec

from talkroom.functions.specs import FunctionSpec

_THIS_MACHINE: Final = frozenset({"127.0.0.1", "0.0.0.0", "::"})  # noqa: S104  # looked at, not listened on
"""IPv4's loopback, and all addresses of the machine."""


class Address(msgspec.Struct, frozen=True):
    """The place of one API: the same for ws and wss, http and https."""

    host: str
    port: int

    @classmethod
    def of(cls, listening_on: str, port: int) -> Self:
        """How programs of this machine reach what listens on this host: by a name that the certificate has, and any can write."""
        return cls("localhost" if listening_on in _THIS_MACHINE else listening_on, port)

    def __str__(self) -> str:
        # RFC 3986 section 3.2.2: an IPv6 address stands in brackets.
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def localize(spec: FunctionSpec, addresses: Mapping[str, Address]) -> FunctionSpec:
    """The function with its environment's API hostnames turned into local ones; `addresses` are by API id.

    Templates hand functions the endpoint they post to, as `https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Stage}`; on
    this machine that host does not exist, and `https://localhost:3001/${Stage}` is what it stands for.
    """
    if not addresses:
        return spec
    ids = "|".join(map(re.escape, addresses))
    hostname = re.compile(rf"\b({ids})\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?::443)?")
    environment = {
        name: hostname.sub(lambda match: str(addresses[match[1]]), value) for name, value in spec.environment.items()
    }
    return msgspec.structs.replace(spec, environment=environment)
