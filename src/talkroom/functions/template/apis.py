"""The WebSocket APIs of a template."""

from talkroom.contract.routes import InvalidExpression, compile_selector
from talkroom.functions.specs import ApiSpec
from talkroom.functions.template import resource_types as types
from talkroom.functions.template.authorizers import AuthorizationReader
from talkroom.functions.template.custom_domains import read_custom_domains
from talkroom.functions.template.errors import TemplateUnusable, enumerate_names, quote
from talkroom.functions.template.function_names import FunctionNames
from talkroom.functions.template.integrations import IntegrationReader
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.members import Members
from talkroom.functions.template.properties import Properties
from talkroom.functions.template.routes import RouteReader
from talkroom.functions.template.stages import Stage, StageReader
from talkroom.functions.template.surroundings import make_id
from talkroom.functions.template.template import Template


def read_apis(template: Template, stage: str | None) -> tuple[ApiSpec, ...]:
    """Every WebSocket API, in the order of the template. Raises TemplateUnusable when there is none, or one cannot be served."""
    apis = [api for api in template.inventory.of_type(types.API) if _is_websocket(template, api)]
    if not apis:
        raise TemplateUnusable(_explain_none(template))
    for other in template.inventory.of_type(*types.OTHER_APIS):
        template.notes.add(f"{other.logical_id} ({other.type}) is not a WebSocket API, and is not served.")
    members, functions = Members(template), FunctionNames(template)
    stages = StageReader(template, apis, members, stage)
    return tuple(_read_api(template, api, members, functions, stages.read(api)) for api in apis)


def _is_websocket(template: Template, api: Resource) -> bool:
    properties = template.properties(api)
    protocol = properties.find_text("ProtocolType")
    if protocol is None and (properties.has("Body") or properties.has("BodyS3Location")):
        protocol = "HTTP"  # an OpenAPI document makes an HTTP API
    if protocol not in ("WEBSOCKET", "HTTP"):
        raise properties.place("ProtocolType").unusable(
            "is missing; it is WEBSOCKET or HTTP"
            if protocol is None
            else f"{quote(protocol)} is neither WEBSOCKET nor HTTP"
        )
    if protocol == "HTTP":
        template.notes.add(f"{api.logical_id} is an HTTP API, and is not served.")
    return protocol == "WEBSOCKET"


def _read_api(template: Template, api: Resource, members: Members, functions: FunctionNames, stage: Stage) -> ApiSpec:
    properties = template.properties(api)
    integrations = IntegrationReader(template, api, members, functions, stage.variables)
    authorization = AuthorizationReader(template, api, members, integrations)
    routes = RouteReader(template, api, members, integrations, authorization).read()
    if properties.is_set("DisableExecuteApiEndpoint"):
        template.notes.add(
            f"{properties.place('DisableExecuteApiEndpoint')} has no effect: the API has no other address here."
        )
    return ApiSpec(
        logical_id=api.logical_id,
        api_id=make_id(api.logical_id),
        name=properties.find_text("Name") or api.logical_id,
        stage=stage.name,
        routes=routes.by_key,
        route_selection_expression=_read_expression(properties),
        authorizer=routes.authorizer,
        stage_variables=stage.variables,
        throttle=stage.throttle,
        custom_domains=read_custom_domains(template, api, members, stage.name),
    )


def _read_expression(properties: Properties) -> str:
    expression = properties.get_text("RouteSelectionExpression")
    try:
        compile_selector(expression)
    except InvalidExpression as error:
        raise properties.place("RouteSelectionExpression").unusable(
            f"{quote(expression)} reads something that is not $request.body, and API Gateway has nothing else for it"
        ) from error
    return expression


def _explain_none(template: Template) -> str:
    if template.inventory.candidates(types.API):
        return "The template has no WebSocket API: the APIs that it has are HTTP APIs, or their conditions are false."
    found = enumerate_names(template.inventory.types())
    return (
        f"The template has no WebSocket API: no {types.SAM_WEBSOCKET_API}, and no {types.API} with ProtocolType WEBSOCKET."
        f" It has {found}."
    )
