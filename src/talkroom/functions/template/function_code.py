"""Where the code of functions and layers is on this machine.

`sam build` and `cdk synth` write templates whose code is local; `sam package` and `sam deploy` write templates whose code is in S3.
"""

from pathlib import Path
from typing import Final

from talkroom.functions.template.errors import enumerate_names, quote
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.properties import Properties
from talkroom.functions.template.resource_types import LAYER_VERSION, SAM_FUNCTION
from talkroom.functions.template.template import Template
from talkroom.functions.template.values import Value, describe

_BUILD: Final = "run `sam build` and give .aws-sam/build/template.yaml, or for CDK the template in cdk.out"
_NO_CONTAINER: Final = "is not run here, because no containers are started; give the code as a folder"
_ARCHIVES: Final = (".zip", ".jar", ".war", ".tar", ".gz")


def read_code(template: Template, function: Resource) -> Path | str:
    """The folder of a function's code, or its source text. Raises TemplateUnusable when it is not local."""
    properties = template.properties(function)
    package = properties.find_text("PackageType")
    if package not in (None, "Zip"):
        raise properties.place("PackageType").unusable(f"{quote(package)} {_NO_CONTAINER}")
    if properties.has("ImageUri"):
        raise properties.place("ImageUri").unusable(_NO_CONTAINER)
    if _find_asset(function) is not None:
        return _get_folder(template, function, properties, "Code")
    if function.type == SAM_FUNCTION:
        source = properties.find_text("InlineCode")
        return source if source is not None else _get_folder(template, function, properties, "CodeUri")
    code = properties.find("Code")
    if isinstance(code, dict) and isinstance(code.get("ZipFile"), str):
        return str(code["ZipFile"])
    if isinstance(code, dict) and "ImageUri" in code:
        raise properties.place("Code").at("ImageUri").unusable(_NO_CONTAINER)
    return _get_folder(template, function, properties, "Code")


def read_layers(template: Template, function: Resource, layers: dict[str, Resource]) -> tuple[Path, ...]:
    """The folders of a function's layers that are in the template; `layers` are those by ARN. Others are noted.

    Raises TemplateUnusable.
    """
    properties = template.properties(function)
    folders: list[Path] = []
    for index, item in enumerate(properties.find_list("Layers")):
        place = properties.place("Layers").at(str(index))
        if not isinstance(item, str):
            raise place.unusable(f"must be the ARN of a layer version, not {describe(item)}")
        layer = layers.get(item)
        if layer is None:
            template.notes.add(
                f"{place}: {item} is on AWS and is not applied here; install it with the function's code."
            )
            continue
        name = "Content" if layer.type == LAYER_VERSION else "ContentUri"
        folders.append(_get_folder(template, layer, template.properties(layer), name))
    return tuple(folders)


def _get_folder(template: Template, resource: Resource, properties: Properties, name: str) -> Path:
    asset = _find_asset(resource)
    value: Value = asset if asset is not None else properties.find(name)
    place = properties.place(name)
    if value is None:
        raise place.unusable("is missing: give the folder that the code is in, relative to the template")
    if not isinstance(value, str) or value.startswith(("s3://", "https://")):
        raise place.unusable(f"{_describe_source(value)} is in S3, and code must be local here: {_BUILD}")
    if not value.strip() or "\0" in value:
        raise place.unusable("is no path of a folder")
    if value.lower().endswith(_ARCHIVES):
        raise place.unusable(f"{quote(value)} is an archive, and a folder is wanted here: unpack it, or {_BUILD}")
    return template.folder / value


def _describe_source(value: Value) -> str:
    if isinstance(value, dict):
        return f"code that is given by {enumerate_names(value)}"
    return quote(value) if isinstance(value, str) else describe(value)


def _find_asset(resource: Resource) -> str | None:
    """The local folder that CDK writes into the metadata of a resource whose code it will upload, as `sam local` uses it."""
    metadata = resource.metadata
    if not isinstance(metadata, dict) or metadata.get("aws:asset:property") not in ("Code", "Content"):
        return None
    path = metadata.get("aws:asset:path")
    return path if isinstance(path, str) else None
