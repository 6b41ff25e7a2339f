"""Which function an ARN or an integration URI names."""

import re
from collections.abc import Mapping
from typing import Final

from talkroom.functions.template.errors import Place, TemplateUnusable, enumerate_names, quote
from talkroom.functions.template.resource_types import FUNCTIONS
from talkroom.functions.template.template import Template

_URI: Final = re.compile(r"arn:[^:]+:apigateway:[^:]*:lambda:path/[0-9-]+/functions/(.+)/invocations")
_ARN: Final = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:(?P<name>[^:/]+)(?::(?P<qualifier>[^:/]+))?")
_STAGE_VARIABLE: Final = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


class FunctionNames:
    """The functions of a template by the names that they are called by."""

    def __init__(self, template: Template) -> None:
        self._by_name: dict[str, list[str]] = {}
        for function in template.inventory.candidates(*FUNCTIONS):
            try:
                if not template.inventory.exists(function):
                    continue
                name = template.references.get_reference(function.logical_id, function.origin)
            except TemplateUnusable:
                continue  # nothing can name it, and so nothing needs it
            self._by_name.setdefault(str(name), []).append(function.logical_id)

    def get(self, uri: str, place: Place, stage_variables: Mapping[str, str]) -> str:
        """The logical id of the function that a URI or a bare ARN names; alias and version make no difference here.

        `${stageVariables.x}` in it is replaced first. Raises TemplateUnusable of the place.
        """
        replaced = _STAGE_VARIABLE.sub(lambda match: _get_variable(match[1], place, stage_variables), uri)
        invoked = _URI.fullmatch(replaced)
        named = invoked[1] if invoked else replaced
        arn = _ARN.fullmatch(named)
        if arn is None:
            raise place.unusable(self._explain(named))
        found = self._by_name.get(arn["name"], [])
        if not found:
            raise place.unusable(
                f"{quote(arn['name'])} is no function of this template; it has {enumerate_names(self._by_name)}"
            )
        if len(found) > 1:
            raise place.unusable(
                f"{enumerate_names(found)} are all called {quote(arn['name'])}; give them different names"
            )
        return found[0]

    def _explain(self, named: str) -> str:
        if "${" in named:
            return f"{quote(named)} has ${{...}} left in it, which stays plain text without !Sub"
        if named in self._by_name:
            return f"{quote(named)} is a function's name, and an ARN is wanted here: use !GetAtt with Arn"
        if named.startswith("arn:"):
            return f"{quote(named)} invokes no Lambda function, and only functions can be served"
        return f"{quote(named)} is not the ARN or the invocation URI of a Lambda function"


def _get_variable(name: str, place: Place, stage_variables: Mapping[str, str]) -> str:
    if name not in stage_variables:
        raise place.unusable(
            f"the stage has no variable {name} (StageVariables); it has {enumerate_names(stage_variables)}"
        )
    return stage_variables[name]
