"""Where the APIs of a stack are on this machine, and what that means for what functions are told."""

import re
from collections.abc import Mapping

import msgspec

from talkroom.functions.specs import FunctionSpec


class Address(msgspec.Struct, frozen=True):
    """The place of one API: the same for ws and wss, http and https."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


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
