"""Custom domain names."""

from tests.unit.functions.template.kit import change, part, read, read_api, refuse_changed, resource

DOMAIN = resource("AWS::ApiGatewayV2::DomainName", DomainName="WS.example.com", DomainNameConfigurations=[])
MAPPING = part("ApiMapping", DomainName={"Ref": "Domain"}, Stage={"Ref": "Prod"})


def test_a_domain_leads_to_the_stage() -> None:
    """With a mapping key, or with none."""
    other = part("ApiMapping", DomainName="chat.example.com", Stage="prod", ApiMappingKey="v1/chat")

    api = read_api({"Domain": DOMAIN, "Mapping": MAPPING, "Other": other})

    assert {"ws.example.com": "", "chat.example.com": "v1/chat"} == api.custom_domains


def test_a_domain_of_another_stage_is_left_out() -> None:
    """It leads elsewhere."""
    mapping = part("ApiMapping", DomainName="ws.example.com", Stage="dev")

    assert {} == read_api({"Mapping": mapping}).custom_domains


def test_a_second_mapping_of_a_domain_is_noted() -> None:
    """One is served."""
    again = part("ApiMapping", DomainName="ws.example.com", Stage="prod", ApiMappingKey="again")

    stack = read(change({"Domain": DOMAIN, "Mapping": MAPPING, "Again": again}))

    assert {"ws.example.com": ""} == stack.apis[0].custom_domains
    assert ("Again.ApiMappingKey: ws.example.com is served with its first mapping only.",) == stack.notes


def test_a_domain_that_only_aws_knows_is_noted() -> None:
    """The API has its other address."""
    stack = read(change({"Mapping": part("ApiMapping", DomainName={"Fn::ImportValue": "domain"}, Stage="prod")}))

    assert {} == stack.apis[0].custom_domains
    expected = (
        "Mapping.DomainName: Fn::ImportValue is an export of another stack, which is not known here; make it a parameter with a"
        " default. It is served without that domain."
    )
    assert (expected,) == stack.notes


def test_a_mapping_without_a_domain_is_refused() -> None:
    """CloudFormation would not take it either."""
    assert "Mapping.DomainName: is missing" == refuse_changed({"Mapping": part("ApiMapping", Stage="prod")})
