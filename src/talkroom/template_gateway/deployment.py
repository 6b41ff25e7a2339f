"""From what a template says to what a gateway serves."""

from functools import partial

import msgspec

from talkroom.contract.integration import Integration, IntegrationResult
from talkroom.functions.integration import FunctionAuthorizer, FunctionIntegration, MockIntegration
from talkroom.functions.specs import ApiSpec, AuthorizerSpec, RouteSpec, Stack
from talkroom.functions.template.errors import Place
from talkroom.gateway.api import Api, AuthorizerConfig, Route, ThrottleConfig
from talkroom.gateway.body_model import InvalidModel, compile_body_model
from talkroom.gateway.iam import IamAuthorization
from talkroom.gateway.permissions import stage_arn
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.template_gateway.hosts import Hosts


def make_api(
    spec: ApiSpec, stack: Stack, hosts: Hosts, verifier: SignatureVerifier, *, throttle: ThrottleConfig
) -> Api:
    """The API of a template, its routes bound to functions; `throttle` is the account's, for a stage that sets none.

    Raises TemplateUnusable for a model that is not a schema.
    """
    authorizer = spec.authorizer
    own = spec.throttle
    api = Api(
        routes={key: _make_route(route, spec, hosts) for key, route in spec.routes.items()},
        authorizer=_make_authorizer(authorizer, hosts) if isinstance(authorizer, AuthorizerSpec) else None,
        route_selection_expression=spec.route_selection_expression,
        stage=spec.stage,
        api_id=spec.api_id,
        region=stack.region,
        account_id=stack.account_id,
        stage_variables=spec.stage_variables,
        throttle=throttle if own is None else ThrottleConfig(own.rate_limit, own.burst_limit),
        custom_domains=spec.custom_domains,
    )
    if authorizer != "AWS_IAM":
        return api
    of_stage = stage_arn(region=api.region, account_id=api.account_id, api_id=api.api_id, stage=api.stage)
    return msgspec.structs.replace(api, iam=IamAuthorization(verifier, of_stage))


def _make_authorizer(spec: AuthorizerSpec, hosts: Hosts) -> AuthorizerConfig:
    return AuthorizerConfig(FunctionAuthorizer(partial(hosts.invoke, spec.function)), spec.identity_sources)


def _make_route(spec: RouteSpec, api: ApiSpec, hosts: Hosts) -> Route:
    model = spec.body_model
    try:
        accepts = None if model is None else compile_body_model(model.selection_expression, model.schemas)
    except InvalidModel as error:
        raise Place(api.logical_id, ("Routes", spec.key, "RequestModels")).unusable(str(error)) from error
    return Route(_make_integration(spec, hosts), spec.route_response, spec.timeout_s, accepts)


def _make_integration(spec: RouteSpec, hosts: Hosts) -> Integration:
    if isinstance(spec.target, str):
        return FunctionIntegration(partial(hosts.invoke, spec.target), answers=spec.route_response)
    return MockIntegration(IntegrationResult(spec.target.status_code, body=spec.target.body))
