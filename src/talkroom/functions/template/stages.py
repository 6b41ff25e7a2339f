"""The stage that an API is served under.

Source: `AWS::ApiGatewayV2::Stage` in the CloudFormation resource reference.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from talkroom.contract.quotas import STAGE_CHARACTERS_MAX
from talkroom.functions.specs import ThrottleSpec
from talkroom.functions.template import resource_types as types
from talkroom.functions.template.errors import Place, enumerate_names, quote
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.members import Members
from talkroom.functions.template.properties import Properties, find_integer, find_number
from talkroom.functions.template.template import Template

RATE_LIMIT_DEFAULT: Final = 10_000
BURST_LIMIT_DEFAULT: Final = 5_000
"""Of an account: what a stage that sets one of the two has for the other (contract page, section 6)."""

_BURST_LIMIT_MAX: Final = 1_000_000_000
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of one API."""

    name: str
    variables: dict[str, str] = msgspec.field(default_factory=dict)
    throttle: ThrottleSpec | None = None


class StageReader:
    """Chooses a stage of each API: the wanted one, else the API's first.

    Raises TemplateUnusable when APIs have stages and none of them is the wanted one.
    """

    def __init__(self, template: Template, apis: Iterable[Resource], members: Members, wanted: str | None) -> None:
        self._template = template
        self._wanted = wanted
        self._stages = {
            api.logical_id: {_read_name(template.properties(stage)): stage for stage in members.of(api, types.STAGE)}
            for api in apis
        }
        named = dict.fromkeys(name for stages in self._stages.values() for name in stages)
        if wanted is not None and named and wanted not in named and all(self._stages.values()):
            place = Place(next(iter(self._stages)))
            raise place.unusable(f"has no stage {quote(wanted)}; --stage can be {enumerate_names(named)}")

    def read(self, api: Resource) -> Stage:
        """The stage of an API; without stages it is served under the wanted name. Raises TemplateUnusable."""
        stages = self._stages[api.logical_id]
        if not stages and self._wanted is None:
            raise api.origin.unusable(
                f"has no stage, and an API is served under one; add an {types.STAGE} with its ApiId, or give a name with --stage"
            )
        if not stages:
            return Stage(name=_check_name(self._wanted or "", api.origin))
        name = self._wanted if self._wanted in stages else next(iter(stages))
        others = [other for other in stages if other != name]
        if others:
            self._template.notes.add(
                f"{api.logical_id} is served as stage {name}, and not as {enumerate_names(others)}; --stage chooses."
            )
        return self._read_stage(name, stages[name])

    def _read_stage(self, name: str, stage: Resource) -> Stage:
        properties = self._template.properties(stage)
        if properties.has("RouteSettings"):
            self._template.notes.add(
                f"{properties.place('RouteSettings')} has no effect here; DefaultRouteSettings has."
            )
        return Stage(name=name, variables=properties.find_texts("StageVariables"), throttle=_read_throttle(properties))


def _read_throttle(properties: Properties) -> ThrottleSpec | None:
    settings = properties.find_map("DefaultRouteSettings")
    place = properties.place("DefaultRouteSettings")
    rate = find_number(settings.get("ThrottlingRateLimit"), place.at("ThrottlingRateLimit"))
    burst = find_integer(settings.get("ThrottlingBurstLimit"), place.at("ThrottlingBurstLimit"), 0, _BURST_LIMIT_MAX)
    if rate is None and burst is None:
        return None
    return ThrottleSpec(
        rate_limit=RATE_LIMIT_DEFAULT if rate is None else rate,
        burst_limit=BURST_LIMIT_DEFAULT if burst is None else burst,
    )


def _read_name(properties: Properties) -> str:
    return _check_name(properties.get_text("StageName"), properties.place("StageName"))


def _check_name(name: str, place: Place) -> str:
    if len(name) > STAGE_CHARACTERS_MAX or not _NAME.fullmatch(name):
        raise place.unusable(
            f"{quote(name)} is no stage name of a WebSocket API: letters, digits, - and _, at most {STAGE_CHARACTERS_MAX}"
        )
    return name
