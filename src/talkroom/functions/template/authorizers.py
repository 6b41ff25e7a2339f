"""Who may connect: the authorization of `$connect`.

AWS's own words for what it refuses are in sections 3 and 4 of the contract page.
"""

import re
from typing import Final, Literal

from talkroom.contract.routes import CONNECT
from talkroom.functions.specs import AuthorizerSpec
from talkroom.functions.template import resource_types as types
from talkroom.functions.template.errors import Place, enumerate_names, quote
from talkroom.functions.template.integrations import IntegrationReader
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.members import Members
from talkroom.functions.template.properties import Properties
from talkroom.functions.template.template import Template
from talkroom.functions.template.values import Value, describe

ONLY_REQUEST: Final = "Invalid authorizer type. Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."
ONLY_CONNECT: Final = "Currently, authorization is restricted to the $connect route only"
NO_JWT: Final = "Currently, JWT authorization type is restricted to APIs with a protocol type of HTTP"

_SOURCE: Final = re.compile(r"route\.request\.(?:header|querystring)\..+|stageVariables\..+|context\..+")
_OTHER_SPELLING: Final = re.compile(r"(?:\$|method\.)request\.(header|querystring)\.(.+)")


class AuthorizationReader:
    """Reads the authorization of one API's routes."""

    def __init__(self, template: Template, api: Resource, members: Members, integrations: IntegrationReader) -> None:
        self._template = template
        self._api = api
        self._members = members
        self._integrations = integrations

    def read(self, key: str, route: Properties) -> AuthorizerSpec | Literal["AWS_IAM"] | None:
        """What must be true of who connects; None when anybody may. Raises TemplateUnusable."""
        kind = route.find_text("AuthorizationType") or "NONE"
        place = route.place("AuthorizationType")
        if kind == "JWT":
            raise place.unusable(NO_JWT)
        if kind not in ("NONE", "AWS_IAM", "CUSTOM"):
            raise place.unusable(f"{quote(kind)} is not one of NONE, AWS_IAM and CUSTOM")
        if kind == "NONE":
            if route.has("AuthorizerId"):
                self._template.notes.add(
                    f"{route.place('AuthorizerId')} has no effect while AuthorizationType is NONE: anybody may connect."
                )
            return None
        if key != CONNECT:
            raise place.unusable(ONLY_CONNECT)
        if kind == "AWS_IAM":
            return "AWS_IAM"
        return self._read_authorizer(route)

    def _read_authorizer(self, route: Properties) -> AuthorizerSpec:
        authorizer_id = route.get_text("AuthorizerId")
        authorizer = self._members.find(self._api, types.AUTHORIZER, authorizer_id)
        if authorizer is None:
            known = (resource.logical_id for resource in self._members.of(self._api, types.AUTHORIZER))
            raise route.place("AuthorizerId").unusable(
                f"{quote(authorizer_id)} is no authorizer of {self._api.logical_id}; it has {enumerate_names(known)}"
            )
        properties = self._template.properties(authorizer)
        kind = properties.get_text("AuthorizerType")
        if kind != "REQUEST":
            raise properties.place("AuthorizerType").unusable(ONLY_REQUEST)
        uri = properties.get_text("AuthorizerUri")
        sources = properties.find("IdentitySource")
        return AuthorizerSpec(
            function=self._integrations.find_function(uri, properties.place("AuthorizerUri")),
            identity_sources=_read_sources(sources, properties.place("IdentitySource")),
        )


def _read_sources(value: Value, place: Place) -> tuple[str, ...]:
    """A list, or text with commas."""
    items: list[Value] = list(value.split(",")) if isinstance(value, str) else value if isinstance(value, list) else []
    if isinstance(value, dict):
        raise place.unusable("must be a list")
    sources: list[str] = []
    for item in items:
        if not isinstance(item, str):
            raise place.unusable(f"must be a list of text, and has {describe(item)} in it")
        source = item.strip()
        if source:
            sources.append(_check_source(source, place))
    return tuple(sources)


def _check_source(source: str, place: Place) -> str:
    if _SOURCE.fullmatch(source):
        return source
    other = _OTHER_SPELLING.fullmatch(source)
    if other:
        raise place.unusable(
            f"{quote(source)} is the spelling of {'HTTP' if source.startswith('$') else 'REST'} APIs;"
            f" write route.request.{other[1]}.{other[2]}"
        )
    raise place.unusable(
        f"{quote(source)} is none of route.request.header.X, route.request.querystring.X, stageVariables.X and context.X"
    )
