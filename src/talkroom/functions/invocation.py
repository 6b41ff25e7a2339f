"""One invocation of a function."""

import secrets
import time
from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True, eq=False)
class Invocation:
    """What a runtime client is handed, and what it reports back under `request_id`."""

    request_id: str
    payload: bytes
    """The event's JSON."""
    function_arn: str
    timeout_s: float
    trace_id: str
    """The X-Ray tracing header, which Lambda sends whether or not tracing is on."""
    client_context: str | None = None
    cognito_identity: str | None = None


def make_invocation(payload: bytes, function_arn: str, timeout_s: float, trace_id: str | None) -> Invocation:
    """With an id of its own, and a trace of its own when it is not part of one."""
    return Invocation(str(uuid4()), payload, function_arn, timeout_s, trace_id or _new_trace())


def _new_trace() -> str:
    """Of the form that the X-Ray developer guide gives, "Tracing header"; nobody samples it."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
