"""What a template says, as plain values: functions, and the WebSocket APIs in front of them.

Every reference is resolved and every default of AWS applied, so that nothing that reads these values needs the template.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec


class FunctionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An `AWS::Serverless::Function` or `AWS::Lambda::Function`."""

    logical_id: str
    name: str
    """`FunctionName`, or the logical id."""
    arn: str
    runtime: str
    """Lambda's identifier, such as `python3.13`, `nodejs22.x` or `provided.al2023`."""
    handler: str
    code: Path | str
    """The absolute path of the code's folder, or inline source text."""
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    timeout_s: float = 3
    memory_mb: int = 128
    layers: tuple[Path, ...] = ()
    """Absolute paths of the folders of local layers, in the order in which they are applied."""
    concurrency_max: int | None = None
    """`ReservedConcurrentExecutions`."""


class MockSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A `MOCK` integration whose templates hold nothing to evaluate: it answers without a function."""

    status_code: int = 200
    body: str = ""


class BodyModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Request validation of a route: which model a message must satisfy."""

    selection_expression: str
    """`ModelSelectionExpression`, evaluated like a route selection expression."""
    schemas: Mapping[str, Mapping[str, object]]
    """JSON Schema (draft 4) by the value that the expression selects; `$default` is the fallback."""


class RouteSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An `AWS::ApiGatewayV2::Route` with its integration."""

    key: str
    target: str | MockSpec
    """The logical id of a function, or a mock."""
    timeout_s: float = 29
    route_response: bool = False
    body_model: BodyModelSpec | None = None


class AuthorizerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An `AWS::ApiGatewayV2::Authorizer` of type REQUEST."""

    function: str
    """Logical id."""
    identity_sources: tuple[str, ...] = ()


class ThrottleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`DefaultRouteSettings` of a stage."""

    rate_limit: float
    """Requests a second."""
    burst_limit: int


class ApiSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An `AWS::ApiGatewayV2::Api` or `AWS::Serverless::WebSocketApi`, with one stage."""

    logical_id: str
    api_id: str
    """Ten lower-case letters and digits, the same whenever the template is read; what `Ref` answers."""
    name: str
    stage: str
    routes: Mapping[str, RouteSpec]
    route_selection_expression: str = "$request.body.action"
    authorizer: AuthorizerSpec | Literal["AWS_IAM"] | None = None
    """Of `$connect`."""
    stage_variables: Mapping[str, str] = msgspec.field(default_factory=dict)
    throttle: ThrottleSpec | None = None
    custom_domains: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Domain name to API mapping key; the empty string when the mapping has none."""


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a template that can be served."""

    apis: tuple[ApiSpec, ...]
    functions: Mapping[str, FunctionSpec]
    """By logical id; only those that a route or an authorizer names."""
    region: str
    account_id: str
    notes: tuple[str, ...] = ()
    """What the template has and this stack does not, a sentence each; nothing of it keeps the API from being served."""
