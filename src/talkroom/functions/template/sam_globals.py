"""SAM's section Globals, merged into the resources that it is about.

Source: "Globals section of the AWS SAM template" in the SAM developer guide: maps merge, lists add up, anything else is overridden.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from talkroom.functions.template.errors import Place, enumerate_names
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.resource_types import SAM_FUNCTION, SAM_WEBSOCKET_API
from talkroom.functions.template.values import Map, Value, describe, find_function

_SECTION: Final = Place("Globals")
_TYPES: Final = {SAM_FUNCTION: "Function", SAM_WEBSOCKET_API: "WebSocketApi"}

# Properties that belong to one resource: SAM refuses them in Globals.
_OWN: Final = {
    "Function": frozenset({"Role", "Policies", "FunctionName", "Events", "InlineCode", "ImageUri", "PackageType"}),
    "WebSocketApi": frozenset({"Auth", "Name", "Routes", "StageName", "Description"}),
}


def merge_globals(section: Value, resources: Mapping[str, Resource]) -> dict[str, Resource]:
    """The resources with what the section adds to them. Raises TemplateUnusable."""
    if section is None:
        return dict(resources)
    if not isinstance(section, dict):
        raise _SECTION.unusable(f"must be a map, not {describe(section)}")
    parts = {resource_type: _read_part(section, name) for resource_type, name in _TYPES.items()}
    return {
        logical_id: _merge_into(resource, parts.get(resource.type, {})) for logical_id, resource in resources.items()
    }


def _read_part(section: Map, name: str) -> Map:
    part = section.get(name)
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise _SECTION.at(name).unusable(f"must be a map, not {describe(part)}")
    refused = [key for key in part if key in _OWN[name]]
    if refused:
        raise _SECTION.at(name, refused[0]).unusable("belongs into each resource; SAM does not take it here")
    return part


def _merge_into(resource: Resource, part: Map) -> Resource:
    ignored = resource.ignored_globals
    if not part or ignored == "*":
        return resource
    if isinstance(ignored, list):
        unknown = [str(key) for key in ignored if not isinstance(key, str) or key not in part]
        if unknown:
            raise Place(resource.logical_id).at("IgnoreGlobals").unusable(f"Globals has no {enumerate_names(unknown)}")
        part = {key: value for key, value in part.items() if key not in ignored}
    return msgspec.structs.replace(resource, properties=merge(part, resource.properties))


def merge(common: Map, own: Map) -> Map:
    """Two maps; where both have a key, maps merge, lists add up, and anything else is the resource's own."""
    merged = dict(common)
    for key, value in own.items():
        merged[key] = _merge_values(common[key], value) if key in common else value
    return merged


def _merge_values(common: Value, own: Value) -> Value:
    # A function call comes to a value that nobody knows yet, so it is never merged.
    if find_function(common) or find_function(own):
        return own
    if isinstance(common, dict) and isinstance(own, dict):
        return merge(common, own)
    if isinstance(common, list) and isinstance(own, list):
        return common + own
    return own
