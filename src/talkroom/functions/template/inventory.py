"""The section Resources: what there is, and which of it exists under the conditions."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from talkroom.functions.template.conditions import Conditions
from talkroom.functions.template.errors import Place, quote
from talkroom.functions.template.notes import Notes
from talkroom.functions.template.values import Map, Value, describe, find_name

_SECTION: Final = Place("Resources")
_LOGICAL_ID: Final = re.compile(r"[A-Za-z0-9]{1,255}", re.ASCII)


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource as it is written, or as a macro of SAM would write it."""

    logical_id: str
    type: str
    properties: Map
    condition: str | None = None
    metadata: Value = None
    ignored_globals: Value = None
    """SAM's attribute IgnoreGlobals: names of properties, or `*`."""
    origin: Place
    """Where its properties are in the template: itself, or the SAM resource that it is made from."""
    renamed: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Of a resource that is made: what its properties are called at their origin."""

    def place(self, name: str) -> Place:
        """Where a property is in the template."""
        return self.origin.at(self.renamed.get(name, name))


def read_resources(section: Value, notes: Notes) -> dict[str, Resource]:
    """All resources by logical id, in the order of the template. Raises TemplateUnusable."""
    if section is None:
        raise _SECTION.unusable("the template has no such section, so there is nothing to serve")
    if not isinstance(section, dict):
        raise _SECTION.unusable(f"must be a map of resources, not {describe(section)}")
    resources: dict[str, Resource] = {}
    for logical_id, declared in section.items():
        if logical_id.startswith("Fn::"):
            notes.add(f"Resources.{logical_id} is not expanded: only CloudFormation runs its macros.")
            continue
        resources[logical_id] = _read_resource(logical_id, declared)
    return resources


def _read_resource(logical_id: str, declared: Value) -> Resource:
    place = Place(logical_id)
    if not _LOGICAL_ID.fullmatch(logical_id):
        raise _SECTION.unusable(f"a logical id has letters and digits only, and {quote(logical_id)} has others")
    if not isinstance(declared, dict):
        raise place.unusable(f"must be a map with a Type, not {describe(declared)}")
    resource_type, condition = declared.get("Type"), declared.get("Condition")
    if not isinstance(resource_type, str):
        raise place.at("Type").unusable("is missing, or is no text")
    if condition is not None and find_name(condition) is None:
        raise place.at("Condition").unusable("must be the name of a condition")
    properties = declared.get("Properties")
    if properties is not None and not isinstance(properties, dict):
        raise place.at("Properties").unusable(f"must be a map, not {describe(properties)}")
    return Resource(
        logical_id=logical_id,
        type=str(resource_type),
        properties=properties or {},
        condition=find_name(condition),
        metadata=declared.get("Metadata"),
        ignored_globals=declared.get("IgnoreGlobals"),
        origin=place,
    )


class Inventory:
    """The resources that exist. A resource whose condition is false does not."""

    def __init__(self, resources: Mapping[str, Resource], conditions: Conditions) -> None:
        self._resources = resources
        self._conditions = conditions

    def types(self) -> list[str]:
        """The types that are written in the template, each once, whether their resources exist or not."""
        written = (resource for resource in self._resources.values() if resource.origin == Place(resource.logical_id))
        return list(dict.fromkeys(resource.type for resource in written))

    def find(self, logical_id: str) -> Resource | None:
        """The resource, if it exists."""
        resource = self._resources.get(logical_id)
        return resource if resource is not None and self.exists(resource) else None

    def of_type(self, *types: str) -> list[Resource]:
        """Those that exist, in the order of the template."""
        return [resource for resource in self.candidates(*types) if self.exists(resource)]

    def candidates(self, *types: str) -> list[Resource]:
        """Those that may exist or not, in the order of the template."""
        return [resource for resource in self._resources.values() if resource.type in types]

    def explain_absence(self, logical_id: str) -> str:
        """Why `find` found nothing, to stand behind a name."""
        resource = self._resources.get(logical_id)
        if resource is None:
            return "names neither a parameter nor a resource of this template"
        return f"does not exist, because its condition {resource.condition} is false"

    def exists(self, resource: Resource) -> bool:
        """Whether its condition holds, if it has one. Raises TemplateUnusable for a condition that is not usable."""
        if resource.condition is None:
            return True
        return self._conditions.is_true(resource.condition, resource.origin.at("Condition"))
