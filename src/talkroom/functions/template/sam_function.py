"""What SAM makes beside an `AWS::Serverless::Function`: a role, and with AutoPublishAlias a version and an alias.

Logical ids are those of SAM's transform (samtranslator 1.110, `model/sam_resources.py`).
"""

from talkroom.functions.template import resource_types as types
from talkroom.functions.template.errors import TemplateUnusable
from talkroom.functions.template.intrinsics import Resolver
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.values import Map


def make_resources(function: Resource, resolver: Resolver) -> tuple[list[Resource], dict[str, str]]:
    """The resources beside this one, and what `Function.Alias` and `Function.Version` refer to.

    The resolver is one for parameters. A name that it cannot resolve makes no alias: whoever needs it will say so.
    """
    made: list[Resource] = []
    if "Role" not in function.properties:
        made.append(_make(function, "AWS::IAM::Role", f"{function.logical_id}Role", {}))
    name = _find_alias(function, resolver)
    if name is None:
        return made, {}
    suffix = name.replace("-", "D").replace("_", "U")
    reference: Map = {"FunctionName": {"Ref": function.logical_id}}
    alias = _make(function, types.ALIAS, f"{function.logical_id}Alias{suffix}", {**reference, "Name": name})
    version = _make(function, types.VERSION, f"{function.logical_id}Version", reference)
    names = {f"{function.logical_id}.Alias": alias.logical_id, f"{function.logical_id}.Version": version.logical_id}
    return [*made, version, alias], names


def _find_alias(function: Resource, resolver: Resolver) -> str | None:
    try:
        name = resolver.resolve(function.properties.get("AutoPublishAlias"), function.place("AutoPublishAlias"))
    except TemplateUnusable:
        return None
    return name if isinstance(name, str) and name else None


def _make(function: Resource, resource_type: str, logical_id: str, properties: Map) -> Resource:
    return Resource(
        logical_id=logical_id,
        type=resource_type,
        properties=properties,
        condition=function.condition,
        origin=function.origin,
    )
