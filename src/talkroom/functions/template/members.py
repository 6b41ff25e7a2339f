"""Which resources belong to which API."""

from talkroom.functions.template import resource_types as types
from talkroom.functions.template.errors import NotKnownHere, quote
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.template import Template

_TYPES = (
    types.API_MAPPING,
    types.AUTHORIZER,
    types.INTEGRATION,
    types.INTEGRATION_RESPONSE,
    types.MODEL,
    types.ROUTE,
    types.ROUTE_RESPONSE,
    types.STAGE,
)


class Members:
    """The resources of every API, by the ApiId that they name.

    One that belongs to an API of another stack is noted and not served. Raises TemplateUnusable for one that names none.
    """

    def __init__(self, template: Template) -> None:
        self._template = template
        self._apis: dict[str, str] = {}
        for api in template.inventory.of_type(types.API, *types.OTHER_APIS):
            api_id = template.references.get_reference(api.logical_id, api.origin)
            self._apis[str(api_id)] = api.logical_id
        self._members: dict[tuple[str, str], list[Resource]] = {}
        for resource in template.inventory.of_type(*_TYPES):
            owner = self._find_owner(resource)
            if owner is not None:
                self._members.setdefault((owner, resource.type), []).append(resource)

    def of(self, api: Resource, resource_type: str) -> list[Resource]:
        """The API's resources of a type, in the order of the template."""
        return self._members.get((api.logical_id, resource_type), [])

    def find(self, api: Resource, resource_type: str, logical_id: str) -> Resource | None:
        """One of them by the id that `Ref` of it is."""
        members = self.of(api, resource_type)
        return next((resource for resource in members if resource.logical_id == logical_id), None)

    def _find_owner(self, resource: Resource) -> str | None:
        notes = self._template.notes
        try:
            api_id = self._template.properties(resource).get_text("ApiId")
        except NotKnownHere:
            notes.add(f"{resource.logical_id} belongs to an API that is not in this template, and is not served.")
            return None
        if api_id not in self._apis:
            notes.add(
                f"{resource.logical_id} belongs to the API {quote(api_id)}, which is not in this template, and is not served."
            )
        return self._apis.get(api_id)
