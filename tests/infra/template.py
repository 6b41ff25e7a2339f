"""The template of infra/aws, as what it declares."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.aws.stack import read_template
from tests.conformance.template_text import resources

INFRA: Final = Path(__file__).parents[2] / "infra" / "aws"
TEMPLATE: Final = read_template(INFRA / "template.yaml")
PARAMETERS: Final[Mapping[str, Any]] = TEMPLATE["Parameters"]
GLOBALS: Final[Mapping[str, Any]] = TEMPLATE["Globals"]["Function"]
FUNCTIONS: Final = resources(TEMPLATE, "AWS::Serverless::Function")
ROLES: Final = resources(TEMPLATE, "AWS::IAM::Role")
TABLES: Final = resources(TEMPLATE, "AWS::DynamoDB::Table")
API: Final[Mapping[str, Any]] = TEMPLATE["Resources"]["ChatApi"]["Properties"]

CHAT_FUNCTIONS: Final = {name for name in FUNCTIONS if name != "AuthorizerFunction"}


def variables(function: str) -> dict[str, Any]:
    """The environment variables of a function, as the template has them."""
    own = FUNCTIONS[function].get("Environment", {}).get("Variables", {})
    return {**GLOBALS["Environment"]["Variables"], **own}


def with_defaults(value: Any) -> str:
    """What stands in an environment variable when every parameter has its default; resources have a name of some kind."""
    match value:
        case {"Ref": name}:
            return str(PARAMETERS[name]["Default"]) if name in PARAMETERS else f"the-{name}"
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{(\w+)\}", lambda found: with_defaults({"Ref": found[1]}), text)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"arn:aws:of:{name}:{attribute}"
        case {"Fn::If": [_condition, chosen, _other]}:
            return with_defaults(chosen)
    return str(value)


def flat(value: Any) -> str:
    """A resource of a policy in one line: `Table`, `Table/index/roomId-index`, `POST connections`."""
    match value:
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": [name, _attribute]}:
            return str(name)
        case {"Fn::If": [_condition, *choices]}:
            return " or ".join(flat(choice) for choice in choices)
        case {"Fn::Sub": text}:
            prefix = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ChatApi}/${StageName}/"
            shorter = text.replace(prefix, "").replace("/@connections/*", " connections")
            return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", shorter)
    return str(value)


def permissions(role: str) -> Iterator[tuple[str, str]]:
    """Every action that a role's own policies allow, with the resource; `if X` of a condition behind it."""
    for policy in ROLES[role]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            condition = ""
            allowed = statement
            if "Fn::If" in statement:
                name, allowed, otherwise = statement["Fn::If"]
                assert {"Ref": "AWS::NoValue"} == otherwise
                condition = f" if {name}"
            if "Condition" in allowed:
                condition += f" where {json.dumps(allowed['Condition'])}"
            assert allowed["Effect"] == "Allow"
            for action in _actions(allowed["Action"]):
                for resource in _listed(allowed["Resource"]):
                    yield action, flat(resource) + condition


def _actions(value: Any) -> Iterator[str]:
    """Both choices of a condition."""
    choices = value["Fn::If"][1:] if isinstance(value, dict) else [value]
    seen: dict[str, None] = {}
    for choice in choices:
        seen.update(dict.fromkeys(_listed(choice)))
    yield from seen


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
