"""What the names in a template stand for: parameters, pseudo parameters and resources."""

from collections.abc import Callable, Mapping
from typing import Final

from talkroom.functions.template.errors import Place, enumerate_names, quote
from talkroom.functions.template.intrinsics import Resolver
from talkroom.functions.template.inventory import Inventory, Resource
from talkroom.functions.template.notes import Notes
from talkroom.functions.template.parameters import ParameterNames
from talkroom.functions.template.properties import Properties
from talkroom.functions.template.stand_ins import STAND_INS, UNKNOWN, StandIn
from talkroom.functions.template.surroundings import Surroundings, make_id, make_uuid
from talkroom.functions.template.values import Value

NAME_CHARACTERS_MAX: Final = 4096
"""Of a property that the name of a resource is made of."""


class References:
    """A resource stands for what `stand_ins` says of its type: worked out when it is asked for, once."""

    def __init__(
        self,
        parameters: ParameterNames,
        inventory: Inventory,
        made_by_sam: Mapping[str, str],
        surroundings: Surroundings,
        notes: Notes,
    ) -> None:
        self._parameters = parameters
        self._inventory = inventory
        self._made_by_sam = made_by_sam
        self._surroundings = surroundings
        self._notes = notes
        self._resolver: Resolver | None = None
        self._known: dict[tuple[str, str], str] = {}
        self._in_hand: dict[tuple[str, str], None] = {}
        self._noted: set[str] = set()

    def use(self, resolver: Resolver) -> None:
        """The resolver for names of resources, which needs these references itself."""
        self._resolver = resolver

    def get_reference(self, name: str, place: Place) -> Value:
        """What `Ref` of the name is. Raises TemplateUnusable of the place."""
        if self._parameters.has(name):
            return self._parameters.get_reference(name, place)
        resource = self._get_resource(self._made_by_sam.get(name, name), place)
        return self._fill(_find_stand_in(resource).reference, resource, place)

    def get_attribute(self, name: str, attribute: str, place: Place) -> Value:
        """What `Fn::GetAtt` is; `X.Alias` and `X.Stage` are what SAM makes of X. Raises TemplateUnusable of the place."""
        if f"{name}.{attribute}" in self._made_by_sam:
            return self.get_reference(f"{name}.{attribute}", place)
        resource = self._get_resource(name, place)
        pattern = _find_stand_in(resource).attributes.get(attribute)
        if pattern is None:
            raise place.not_known_here(
                f"{name}.{attribute} is an attribute of {resource.type} that only AWS knows; make it a parameter with a default"
            )
        return self._fill(pattern, resource, place)

    def _get_resource(self, name: str, place: Place) -> Resource:
        resource = self._inventory.find(name)
        if resource is None:
            shown = name if name.isalnum() else quote(name)
            raise place.unusable(f"{shown} {self._inventory.explain_absence(name)}")
        return resource

    def _fill(self, pattern: str, resource: Resource, place: Place) -> str:
        key = (resource.logical_id, pattern)
        if key in self._known:
            return self._known[key]
        if key in self._in_hand:
            others = enumerate_names(dict.fromkeys(logical_id for logical_id, _ in self._in_hand))
            raise place.unusable(f"the name of {resource.logical_id} depends on itself, by way of {others}")
        self._in_hand[key] = None
        try:
            filled = pattern.format_map(_Words(lambda word: self._word(word, resource, place)))
        finally:
            del self._in_hand[key]
        if not pattern.startswith("{property_"):  # a value of the template's own, which may be nobody else's business
            self._note(resource, filled)
        self._known[key] = filled
        return filled

    def _word(self, word: str, resource: Resource, place: Place) -> str:
        """The words that `stand_ins` explains."""
        match word:
            case "name":
                return self._name(resource, place)
            case "logical_id":
                return resource.logical_id
            case "lower_logical_id":
                return resource.logical_id.lower()
            case "hash":
                return make_id(resource.logical_id)
            case "uuid":
                return make_uuid(resource.logical_id)
            case "function_arn":
                return self._function_arn(resource)
            case "scheme":
                return "wss" if self._property(resource, "ProtocolType") == "WEBSOCKET" else "https"
            case "account":
                return self._surroundings.account_id
            case "lower_stack":
                return self._surroundings.stack_name.lower()
            case "stack":
                return self._surroundings.stack_name
            case "suffix":
                return self._surroundings.url_suffix
            case "partition":
                return self._surroundings.partition
            case "region":
                return self._surroundings.region
        return self._property(resource, word.removeprefix("property_")) or ""

    def _name(self, resource: Resource, place: Place) -> str:
        stand_in = _find_stand_in(resource)
        given = self._property(resource, stand_in.name_property) if stand_in.name_property else None
        return given or self._fill(stand_in.default_name, resource, place)

    def _function_arn(self, resource: Resource) -> str:
        """Of an alias or a version: FunctionName is a name or an ARN."""
        name = self._property(resource, "FunctionName")
        if not name:
            raise resource.place("FunctionName").unusable("is missing")
        around = self._surroundings
        if name.startswith("arn:"):
            return name
        return f"arn:{around.partition}:lambda:{around.region}:{around.account_id}:function:{name}"

    def _property(self, resource: Resource, name: str) -> str | None:
        assert self._resolver is not None, "References.use comes first"
        text = Properties(resource, self._resolver).find_text(name)
        if text is not None and len(text) > NAME_CHARACTERS_MAX:
            raise resource.place(name).unusable(f"is longer than {NAME_CHARACTERS_MAX} characters")
        return text

    def _note(self, resource: Resource, filled: str) -> None:
        if not _find_stand_in(resource).is_served and resource.logical_id not in self._noted:
            self._noted.add(resource.logical_id)
            self._notes.add(f"{resource.logical_id} ({resource.type}) is not made here; {filled} stands for it.")


def _find_stand_in(resource: Resource) -> StandIn:
    return STAND_INS.get(resource.type, UNKNOWN)


class _Words(dict[str, str]):
    """The words of a pattern, each made when the pattern has it."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, word: str) -> str:
        return self._make(word)
