"""What SAM makes of an `AWS::Serverless::WebSocketApi`: the API, and a route and an integration for each entry of Routes.

Names, defaults and refusals are those of SAM's transform (samtranslator 1.110, `model/api/websocket_api_generator.py`), so that
what a template says of the resources that SAM makes holds here too. The transform makes no RouteResponse.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from talkroom.contract.routes import CONNECT, RESERVED
from talkroom.functions.template import resource_types as types
from talkroom.functions.template.errors import Place, quote
from talkroom.functions.template.intrinsics import Resolver
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.values import Map, Value, describe, find_function

DEFAULT_STAGE: Final = "default"

_API_PROPERTIES: Final = ("Name", "RouteSelectionExpression", "DisableExecuteApiEndpoint", "ApiKeySelectionExpression")
_STAGE_PROPERTIES: Final = ("StageVariables", "DefaultRouteSettings", "RouteSettings")
_ROUTE_PROPERTIES: Final = (
    "ApiKeyRequired",
    "ModelSelectionExpression",
    "RequestModels",
    "RequestParameters",
    "RouteResponseSelectionExpression",
)


def make_resources(api: Resource, resolver: Resolver) -> tuple[list[Resource], dict[str, str]]:
    """The resources that take the place of this one, and what `Api.Stage` and `Api.DomainName` refer to.

    The resolver is one for parameters, which is all that SAM looks at. Raises TemplateUnusable where SAM would refuse the resource.
    """
    routes = api.properties.get("Routes")
    if not isinstance(routes, dict) or not routes or find_function(routes):
        raise api.place("Routes").unusable("must be a map with at least one route key")
    if not api.properties.get("RouteSelectionExpression"):
        raise api.place("RouteSelectionExpression").unusable("is missing, and SAM has no default for it")
    maker = _Maker(api, resolver)
    stage = maker.stage()
    made = [maker.api(), stage, *maker.authorizer(routes)]
    for key, route in routes.items():
        made += maker.route(key, route)
    domains = list(maker.domain(stage))
    names = {f"{api.logical_id}.Stage": stage.logical_id}
    if domains:
        names[f"{api.logical_id}.DomainName"] = domains[0].logical_id
    return made + domains, names


class _Maker:
    """Makes resources whose properties are found at the SAM resource."""

    def __init__(self, api: Resource, resolver: Resolver) -> None:
        self._api = api
        self._resolver = resolver
        self._id = api.logical_id

    def api(self) -> Resource:
        properties: Map = {"Name": self._id, "ProtocolType": "WEBSOCKET", **self._pick(_API_PROPERTIES)}
        return self._make(types.API, self._id, properties)

    def stage(self) -> Resource:
        name = self._api.properties.get("StageName")
        if name == "$default":
            raise self._api.place("StageName").unusable("stages cannot be named $default for WebSocket APIs")
        name = DEFAULT_STAGE if name is None else name
        prefix = name if isinstance(name, str) else ""
        middle = "Default" if prefix == DEFAULT_STAGE else prefix
        properties: Map = {"ApiId": {"Ref": self._id}, "StageName": name, **self._pick(_STAGE_PROPERTIES)}
        return self._make(types.STAGE, f"{self._id}{middle}Stage", properties)

    def route(self, key: str, declared: Value) -> list[Resource]:
        """The route and its integration."""
        place = self._api.place("Routes").at(key)
        if not isinstance(declared, dict):
            raise place.unusable(f"must be a map with a FunctionArn, not {describe(declared)}")
        if "FunctionArn" not in declared:
            raise place.at("FunctionArn").unusable("is missing: a route must have a function")
        if key not in RESERVED and not key.isalnum():
            raise place.unusable(
                "SAM takes $connect, $disconnect, $default and keys of letters and digits only;"
                " write the other routes as AWS::ApiGatewayV2::Route"
            )
        base = f"{self._id}{key.removeprefix('$').capitalize()}"
        route: Map = {"ApiId": {"Ref": self._id}, "RouteKey": key}
        route["Target"] = {"Fn::Join": ["/", ["integrations", f"{base}Integration"]]}
        route |= {name: declared[name] for name in _ROUTE_PROPERTIES if name in declared}
        if key == CONNECT:
            route |= self._authorization()
        integration: Map = {"ApiId": {"Ref": self._id}, "IntegrationType": "AWS_PROXY"}
        integration |= {
            "IntegrationUri": declared["FunctionArn"],
            "TimeoutInMillis": declared.get("IntegrationTimeout"),
        }
        renamed = {"IntegrationUri": "FunctionArn", "TimeoutInMillis": "IntegrationTimeout"}
        return [
            self._make(types.ROUTE, f"{base}Route", route, place),
            self._make(types.INTEGRATION, f"{base}Integration", integration, place, renamed),
        ]

    def authorizer(self, routes: Map) -> Iterator[Resource]:
        """Of AuthType CUSTOM."""
        auth = self._auth()
        if not auth:
            return
        if CONNECT not in routes:
            raise self._api.place("Auth").unusable("authorization is only available if there is a $connect route")
        if self._auth_type() != "CUSTOM":
            return
        properties: Map = {"ApiId": {"Ref": self._id}, "AuthorizerType": "REQUEST"}
        properties |= {"AuthorizerUri": auth["AuthArn"], "IdentitySource": auth.get("IdentitySource")}
        place = self._api.place("Auth")
        yield self._make(types.AUTHORIZER, self._authorizer_id, properties, place, {"AuthorizerUri": "AuthArn"})

    def domain(self, stage: Resource) -> Iterator[Resource]:
        """The domain name and its mappings."""
        domain = self._api.properties.get("Domain")
        if domain is None:
            return
        place = self._api.place("Domain")
        if not isinstance(domain, dict):
            raise place.unusable(f"must be a map, not {describe(domain)}")
        if "DomainName" not in domain or "CertificateArn" not in domain:
            raise place.unusable("custom domains need both DomainName and CertificateArn")
        if domain.get("MutualTlsAuthentication"):
            raise place.at("MutualTlsAuthentication").unusable("mutual TLS is not supported for WebSocket APIs")
        name_id = f"{self._id}DomainName"
        yield self._make(types.DOMAIN_NAME, name_id, {"DomainName": domain["DomainName"]}, place)
        paths = domain.get("BasePath") or ""
        for index, path in enumerate(paths if isinstance(paths, list) else [paths]):
            properties: Map = {"ApiId": {"Ref": self._id}, "DomainName": domain["DomainName"]}
            properties |= {"Stage": {"Ref": stage.logical_id}, "ApiMappingKey": path}
            yield self._make(
                types.API_MAPPING, f"{self._id}{index}ApiMapping", properties, place, {"ApiMappingKey": "BasePath"}
            )

    @property
    def _authorizer_id(self) -> str:
        return f"{self._id}ConnectAuthorizer"

    def _auth(self) -> Map:
        auth = self._api.properties.get("Auth")
        if auth is not None and (not isinstance(auth, dict) or find_function(auth)):
            raise self._api.place("Auth").unusable("must be a map with an AuthType")
        return auth if isinstance(auth, dict) else {}

    def _auth_type(self) -> str:
        """As SAM checks it, but for lower case: SAM lets that pass and then makes an open API of it."""
        auth, place = self._auth(), self._api.place("Auth")
        auth_type = self._resolver.resolve(auth.get("AuthType"), place.at("AuthType"))
        if auth_type not in ("NONE", "AWS_IAM", "CUSTOM"):
            shown = quote(auth_type) if isinstance(auth_type, str) else describe(auth_type)
            raise place.at("AuthType").unusable(f"must be AWS_IAM, CUSTOM or NONE, not {shown}")
        if auth_type == "CUSTOM" and not auth.get("AuthArn"):
            raise place.at("AuthArn").unusable("must be there if AuthType is CUSTOM")
        if auth_type != "CUSTOM" and len(auth) > 1:
            raise place.unusable(f"nothing else can be configured for AuthType {auth_type}")
        return str(auth_type)

    def _authorization(self) -> Map:
        if not self._auth() or self._auth_type() == "NONE":
            return {}
        if self._auth_type() == "AWS_IAM":
            return {"AuthorizationType": "AWS_IAM"}
        return {"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": self._authorizer_id}}

    def _pick(self, names: tuple[str, ...]) -> Map:
        return {name: self._api.properties[name] for name in names if name in self._api.properties}

    def _make(
        self,
        resource_type: str,
        logical_id: str,
        properties: Map,
        origin: Place | None = None,
        renamed: Mapping[str, str] | None = None,
    ) -> Resource:
        return Resource(
            logical_id=logical_id,
            type=resource_type,
            properties=properties,
            condition=self._api.condition,
            origin=origin or self._api.origin,
            renamed=renamed or {},
        )
