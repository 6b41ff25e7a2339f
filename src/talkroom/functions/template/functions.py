"""A function of a template as it is run."""

import re
from collections.abc import Mapping
from typing import Final

from talkroom.functions.specs import FunctionSpec
from talkroom.functions.template.errors import TemplateUnusable
from talkroom.functions.template.function_code import read_code, read_layers
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.properties import Properties, get_texts
from talkroom.functions.template.resource_types import LAYER_VERSIONS
from talkroom.functions.template.template import Template
from talkroom.functions.template.values import describe

TIMEOUT_S_MAX: Final = 900
MEMORY_MB_MIN: Final = 128
MEMORY_MB_MAX: Final = 10_240
CONCURRENCY_MAX: Final = 1_000_000

_VARIABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]+", re.ASCII)
_LOOKED_UP: Final = "{{resolve:"


class FunctionReader:
    """Reads functions that a route or an authorizer names; nobody asks about the others."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._layers: dict[str, Resource] = {}
        for layer in template.inventory.candidates(*LAYER_VERSIONS):
            try:
                if template.inventory.exists(layer):
                    self._layers[template.get_arn(layer, "LayerVersionArn")] = layer
            except TemplateUnusable:
                continue  # a function that needs it will say why it is not usable

    def read(self, logical_id: str) -> FunctionSpec:
        """The function of this logical id, which exists. Raises TemplateUnusable."""
        template = self._template
        function = template.inventory.find(logical_id)
        assert function is not None, "FunctionNames finds functions that exist"
        properties = template.properties(function)
        code = read_code(template, function)
        timeout_s = properties.find_integer("Timeout", 1, TIMEOUT_S_MAX)
        memory_mb = properties.find_integer("MemorySize", MEMORY_MB_MIN, MEMORY_MB_MAX)
        return FunctionSpec(
            logical_id=logical_id,
            name=str(template.references.get_reference(logical_id, function.origin)),
            arn=template.get_arn(function),
            runtime=properties.get_text("Runtime"),
            handler=properties.get_text("Handler"),
            code=code,
            environment=self._read_environment(properties),
            timeout_s=3 if timeout_s is None else timeout_s,
            memory_mb=MEMORY_MB_MIN if memory_mb is None else memory_mb,
            layers=read_layers(template, function, self._layers),
            concurrency_max=properties.find_integer("ReservedConcurrentExecutions", 0, CONCURRENCY_MAX),
        )

    def _read_environment(self, properties: Properties) -> Mapping[str, str]:
        place = properties.place("Environment").at("Variables")
        variables = properties.find_map("Environment").get("Variables")
        if variables is None:
            return {}
        if not isinstance(variables, dict):
            raise place.unusable(f"must be a map, not {describe(variables)}")
        environment = get_texts(variables, place)
        for name, value in environment.items():
            if not _VARIABLE.fullmatch(name):
                raise place.at(name).unusable(
                    "is no name for Lambda: a letter, and then at least one letter, digit or underscore"
                )
            if "\0" in value:
                raise place.at(name).unusable("holds a null character, which no process takes")
            if _LOOKED_UP in value:
                self._template.notes.add(f"{place.at(name)} is looked up on AWS, and is left as it is written here.")
        return environment
