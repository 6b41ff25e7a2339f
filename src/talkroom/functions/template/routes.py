"""The routes of an API.

Source: `AWS::ApiGatewayV2::Route` and `RouteResponse` in the CloudFormation resource reference.
"""

from typing import Final, Literal

import msgspec

from talkroom.contract.routes import CONNECT, DEFAULT, RESERVED
from talkroom.functions.specs import AuthorizerSpec, RouteSpec
from talkroom.functions.template import resource_types as types
from talkroom.functions.template.authorizers import AuthorizationReader
from talkroom.functions.template.errors import quote
from talkroom.functions.template.integrations import IntegrationReader
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.members import Members
from talkroom.functions.template.models import read_body_model
from talkroom.functions.template.properties import Properties
from talkroom.functions.template.template import Template

ROUTES_NEEDED: Final = "At least one route is required before deploying the Api"


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """All routes of an API that have an integration, and the authorization of `$connect`."""

    by_key: dict[str, RouteSpec]
    authorizer: AuthorizerSpec | Literal["AWS_IAM"] | None


class RouteReader:
    """Reads the routes of one API."""

    def __init__(
        self,
        template: Template,
        api: Resource,
        members: Members,
        integrations: IntegrationReader,
        authorization: AuthorizationReader,
    ) -> None:
        self._template = template
        self._api = api
        self._members = members
        self._integrations = integrations
        self._authorization = authorization

    def read(self) -> Routes:
        """All of them. Raises TemplateUnusable."""
        responding = self._find_responding()
        resources: dict[str, Resource] = {}
        by_key: dict[str, RouteSpec] = {}
        authorizer: AuthorizerSpec | Literal["AWS_IAM"] | None = None
        for resource in self._members.of(self._api, types.ROUTE):
            properties = self._template.properties(resource)
            key = properties.get_text("RouteKey")
            if key in resources:
                raise properties.place("RouteKey").unusable(
                    f"{quote(key)} is the key of {resources[key].logical_id} already"
                )
            resources[key] = resource
            self._check(properties)
            authorization = self._authorization.read(key, properties)
            authorizer = authorization if key == CONNECT else authorizer
            route = self._read_route(key, properties, is_responding=resource.logical_id in responding)
            if route is not None:
                by_key[key] = route
        if not resources:
            raise self._api.origin.unusable(f"{ROUTES_NEEDED}; add an {types.ROUTE} with its ApiId")
        return Routes(by_key=by_key, authorizer=authorizer)

    def _read_route(self, key: str, route: Properties, *, is_responding: bool) -> RouteSpec | None:
        """The route, or None when it has no Target: of a lifecycle route that is as good as none."""
        target = route.find_text("Target")
        if not target:
            if key not in RESERVED or key == DEFAULT:
                self._template.notes.add(
                    f"{route.place('Target')} is missing, so the route {quote(key)} is not served."
                )
            return None
        integration = self._integrations.read(target, route.place("Target"))
        return RouteSpec(
            key=key,
            target=integration.target,
            timeout_s=integration.timeout_s,
            route_response=self._has_route_response(route, is_responding=is_responding),
            body_model=read_body_model(self._template, route, self._members.of(self._api, types.MODEL)),
        )

    def _check(self, route: Properties) -> None:
        """What would be open here and is closed on AWS is refused; what is only missing is noted."""
        if route.is_set("ApiKeyRequired"):
            raise route.place("ApiKeyRequired").unusable(
                "API keys are not checked here, so the route would be open to everybody; make it false for this machine"
                " by a condition"
            )
        if route.has("RequestParameters"):
            self._template.notes.add(f"{route.place('RequestParameters')} is not checked here.")

    def _has_route_response(self, route: Properties, *, is_responding: bool) -> bool:
        """Both the expression and the RouteResponse are needed, as section 5.3 of the contract page says."""
        place = route.place("RouteResponseSelectionExpression")
        expression = route.find_text("RouteResponseSelectionExpression")
        if expression not in (None, "", DEFAULT):
            raise place.unusable(f"must be {DEFAULT}: route responses have no other key")
        if expression and not is_responding:
            self._template.notes.add(
                f"{place} has no effect without an {types.ROUTE_RESPONSE}: replies are dropped, on AWS too."
            )
        if is_responding and not expression:
            self._template.notes.add(
                f"{place} is missing, so the route's {types.ROUTE_RESPONSE} has no effect: replies are dropped, on AWS too."
            )
        return bool(expression) and is_responding

    def _find_responding(self) -> set[str]:
        """The logical ids of the routes that have a RouteResponse."""
        responding: set[str] = set()
        for response in self._members.of(self._api, types.ROUTE_RESPONSE):
            properties = self._template.properties(response)
            key = properties.get_text("RouteResponseKey")
            if key != DEFAULT:
                raise properties.place("RouteResponseKey").unusable(f"must be {DEFAULT}, not {quote(key)}")
            responding.add(properties.get_text("RouteId"))
        return responding
