"""A template with its parameters chosen: what everything that reads it asks."""

from pathlib import Path

import msgspec

from talkroom.functions.template.intrinsics import Resolver
from talkroom.functions.template.inventory import Inventory, Resource
from talkroom.functions.template.notes import Notes
from talkroom.functions.template.properties import Properties
from talkroom.functions.template.references import References


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """Its resources, and how to read them."""

    folder: Path
    """Local paths are relative to it."""
    inventory: Inventory
    references: References
    resolver: Resolver
    notes: Notes

    def properties(self, resource: Resource) -> Properties:
        """To read the properties of a resource."""
        return Properties(resource, self.resolver)

    def get_arn(self, resource: Resource, attribute: str = "Arn") -> str:
        """The ARN of a function or a layer version. Raises TemplateUnusable when its name is not usable."""
        return str(self.references.get_attribute(resource.logical_id, attribute, resource.origin))
