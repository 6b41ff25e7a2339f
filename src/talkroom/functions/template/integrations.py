"""What a route's Target invokes.

Source: `AWS::ApiGatewayV2::Integration` in the CloudFormation resource reference; quotas of the contract page, section 6.
"""

import re
from typing import Final

import msgspec

from talkroom.contract.quotas import INTEGRATION_TIMEOUT_S
from talkroom.functions.specs import MockSpec
from talkroom.functions.template import resource_types as types
from talkroom.functions.template.errors import Place, enumerate_names, quote
from talkroom.functions.template.function_names import FunctionNames
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.members import Members
from talkroom.functions.template.mocks import read_mock
from talkroom.functions.template.template import Template

TIMEOUT_MS_MIN: Final = 50
TIMEOUT_MS_MAX: Final = INTEGRATION_TIMEOUT_S * 1000

_TARGET: Final = re.compile(r"integrations/(.+)", re.DOTALL)
_NOT_SERVED: Final = {
    "AWS": "calls a service of AWS with mapping templates",
    "HTTP": "calls another server with mapping templates",
    "HTTP_PROXY": "calls another server",
}


class Integration(msgspec.Struct, frozen=True):
    """What is invoked, and for how long at most."""

    target: str | MockSpec
    """The logical id of a function, or a mock."""
    timeout_s: float


class IntegrationReader:
    """Reads the integrations of one API with one stage."""

    def __init__(
        self,
        template: Template,
        api: Resource,
        members: Members,
        functions: FunctionNames,
        stage_variables: dict[str, str],
    ) -> None:
        self._template = template
        self._api = api
        self._members = members
        self._functions = functions
        self._stage_variables = stage_variables

    def read(self, target: str, place: Place) -> Integration:
        """The integration that a Target names; the place is that of the Target. Raises TemplateUnusable."""
        matched = _TARGET.fullmatch(target)
        if matched is None:
            raise place.unusable(f"{quote(target)} does not name an integration: it must be integrations/ and its id")
        integration = self._members.find(self._api, types.INTEGRATION, matched[1])
        if integration is None:
            known = (resource.logical_id for resource in self._members.of(self._api, types.INTEGRATION))
            without_sub = " (without !Sub, ${...} is plain text)" if "${" in target else ""
            raise place.unusable(
                f"{target[:100]} names no integration of this template{without_sub};"
                f" {self._api.logical_id} has {enumerate_names(known)}"
            )
        properties = self._template.properties(integration)
        timeout_ms = properties.find_integer("TimeoutInMillis", TIMEOUT_MS_MIN, TIMEOUT_MS_MAX)
        timeout_s = INTEGRATION_TIMEOUT_S if timeout_ms is None else timeout_ms / 1000
        return Integration(self._read_target(integration), timeout_s)

    def find_function(self, uri: str, place: Place) -> str:
        """The logical id of the function that an integration URI names. Raises TemplateUnusable."""
        return self._functions.get(uri, place, self._stage_variables)

    def _read_target(self, integration: Resource) -> str | MockSpec:
        properties = self._template.properties(integration)
        kind = properties.get_text("IntegrationType")
        if kind in _NOT_SERVED:
            raise properties.place("IntegrationType").unusable(
                f"{kind} {_NOT_SERVED[kind]}, which is not served here; AWS_PROXY to a Lambda function and MOCK are"
            )
        if kind not in ("AWS_PROXY", "MOCK"):
            raise properties.place("IntegrationType").unusable(f"{quote(kind)} is not one of AWS_PROXY and MOCK")
        if properties.find_text("ConnectionType") not in (None, "INTERNET"):
            raise properties.place("ConnectionType").unusable(
                "a VPC link leads into a VPC, which is not there on this machine"
            )
        if kind == "MOCK":
            return read_mock(self._template, integration, self._find_responses(integration))
        for name in ("ContentHandlingStrategy", "RequestParameters"):
            if properties.has(name):
                self._template.notes.add(f"{properties.place(name)} has no effect here.")
        return self.find_function(properties.get_text("IntegrationUri"), properties.place("IntegrationUri"))

    def _find_responses(self, integration: Resource) -> list[Resource]:
        return [
            response
            for response in self._members.of(self._api, types.INTEGRATION_RESPONSE)
            if self._template.properties(response).get_text("IntegrationId") == integration.logical_id
        ]
