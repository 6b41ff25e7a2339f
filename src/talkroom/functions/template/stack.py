"""From a template's text to the stack that is served."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from talkroom.functions.specs import ApiSpec, Stack
from talkroom.functions.template import resource_types as types
from talkroom.functions.template import sam_function, sam_websocket_api
from talkroom.functions.template.apis import read_apis
from talkroom.functions.template.conditions import Conditions
from talkroom.functions.template.document import read_document
from talkroom.functions.template.errors import Place, TemplateUnusable, quote
from talkroom.functions.template.functions import FunctionReader
from talkroom.functions.template.intrinsics import Resolver
from talkroom.functions.template.inventory import Inventory, Resource, read_resources
from talkroom.functions.template.notes import Notes
from talkroom.functions.template.parameters import ParameterNames, read_parameters
from talkroom.functions.template.references import References
from talkroom.functions.template.sam_globals import merge_globals
from talkroom.functions.template.surroundings import Surroundings
from talkroom.functions.template.template import Template
from talkroom.functions.template.values import Map

_TRANSFORMS: Final = frozenset({"AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"})
"""What is read here without CloudFormation's help."""

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def read_template(
    text: str,
    *,
    folder: Path,
    parameters: Mapping[str, str] = _NONE,
    region: str = "us-east-1",
    account_id: str = "000000000000",
    stack_name: str = "talkroom",
    stage: str | None = None,
) -> Stack:
    """What a SAM or CloudFormation template, YAML or JSON, comes to.

    `folder` is the absolute path of the template's folder, to which its local paths are relative; nothing is looked up on the disk.
    `parameters` are values for the template's parameters, `stage` the stage to serve of an API that has several.

    Raises TemplateUnusable when there is no WebSocket API, or when anything that would be served cannot be.
    """
    surroundings = Surroundings(region=region, account_id=account_id, stack_name=stack_name)
    try:
        document = read_document(text)
        template = _read_sections(document, folder, parameters, surroundings)
        apis = read_apis(template, stage)
        reader = FunctionReader(template)
        functions = {logical_id: reader.read(logical_id) for logical_id in _find_functions(apis)}
    except RecursionError as error:
        raise TemplateUnusable("The template's functions are nested or chained too deeply to be resolved.") from error
    return Stack(apis=apis, functions=functions, region=region, account_id=account_id, notes=template.notes.all())


def _read_sections(document: Map, folder: Path, given: Mapping[str, str], surroundings: Surroundings) -> Template:
    notes = Notes()
    names = ParameterNames(read_parameters(document.get("Parameters"), given, notes), surroundings)
    mappings = document.get("Mappings")
    for_conditions = Resolver(names, mappings, _refuse_if)
    conditions = Conditions(document.get("Conditions"), for_conditions)
    resources = merge_globals(document.get("Globals"), read_resources(document.get("Resources"), notes))
    resources, made_by_sam = _make_sam_resources(resources, for_conditions)
    _note_sections(document, resources, notes)
    inventory = Inventory(resources, conditions)
    references = References(names, inventory, made_by_sam, surroundings, notes)
    resolver = Resolver(references, mappings, conditions.is_true)
    references.use(resolver)
    return Template(folder=folder, inventory=inventory, references=references, resolver=resolver, notes=notes)


def _refuse_if(name: str, place: Place) -> bool:
    raise place.unusable(f"Fn::If (of {name}) cannot be used here")


def _make_sam_resources(
    resources: Mapping[str, Resource], resolver: Resolver
) -> tuple[dict[str, Resource], dict[str, str]]:
    """With what SAM makes of its types, and what names like `Function.Alias` refer to."""
    made: dict[str, Resource] = dict(resources)
    names: dict[str, str] = {}
    for resource in resources.values():
        if resource.type == types.SAM_WEBSOCKET_API:
            added, named = sam_websocket_api.make_resources(resource, resolver)
            del made[resource.logical_id]
        elif resource.type == types.SAM_FUNCTION:
            added, named = sam_function.make_resources(resource, resolver)
            added = [item for item in added if item.logical_id not in resources]
        else:
            continue
        names |= named
        for item in added:
            if item.logical_id in made:
                raise item.origin.unusable(f"SAM makes {item.logical_id} of this, and the template has it already")
            made[item.logical_id] = item
    return made, names


def _note_sections(document: Map, resources: Mapping[str, Resource], notes: Notes) -> None:
    for resource in resources.values():
        if resource.type in types.NESTED_STACKS:
            notes.add(f"{resource.logical_id} is a nested stack, which is not read.")
    transforms = document.get("Transform")
    for transform in transforms if isinstance(transforms, list) else [transforms]:
        name = transform.get("Name") if isinstance(transform, dict) else transform
        if isinstance(name, str) and name not in _TRANSFORMS:
            notes.add(f"The macro {quote(name)} is not run: only CloudFormation runs macros.")
    is_sam = any(resource.type.startswith("AWS::Serverless::") for resource in resources.values())
    if is_sam and transforms is None:
        notes.add("The template has resources of SAM but no Transform: AWS::Serverless-2016-10-31, which AWS needs.")


def _find_functions(apis: tuple[ApiSpec, ...]) -> list[str]:
    """The logical ids of all that a route or an authorizer names, each once."""
    found: dict[str, None] = {}
    for api in apis:
        for route in api.routes.values():
            if isinstance(route.target, str):
                found[route.target] = None
        if api.authorizer is not None and not isinstance(api.authorizer, str):
            found[api.authorizer.function] = None
    return list(found)
