"""The domain names that lead to a stage.

Source: `AWS::ApiGatewayV2::ApiMapping` in the CloudFormation resource reference.
"""

from talkroom.functions.template import resource_types as types
from talkroom.functions.template.errors import NotKnownHere
from talkroom.functions.template.inventory import Resource
from talkroom.functions.template.members import Members
from talkroom.functions.template.template import Template


def read_custom_domains(template: Template, api: Resource, members: Members, stage: str) -> dict[str, str]:
    """API mapping key by domain name, of the mappings to this stage.

    A name that only AWS knows, and a second mapping of a domain, is noted. Raises TemplateUnusable.
    """
    domains: dict[str, str] = {}
    for mapping in members.of(api, types.API_MAPPING):
        properties = template.properties(mapping)
        try:
            domain = properties.get_text("DomainName").lower()
            if properties.get_text("Stage") != stage:
                continue
        except NotKnownHere as unknown:
            template.notes.add(f"{unknown}. It is served without that domain.")
            continue
        key = (properties.find_text("ApiMappingKey") or "").strip("/")
        if domain in domains:
            template.notes.add(f"{properties.place('ApiMappingKey')}: {domain} is served with its first mapping only.")
            continue
        domains[domain] = key
    return domains
