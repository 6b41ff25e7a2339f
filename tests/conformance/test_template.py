"""The probe's template: what it names is there, and it is what `apis.py` says."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from talkroom.conformance.apis import APIS
from talkroom.conformance.probe import template as template_file
from tests.conformance.template_text import load, resources

TEMPLATE = load()
GATEWAY = "AWS::ApiGatewayV2::"


def references(value: Any) -> Iterator[str]:
    """Logical ids that a value refers to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            elif key == "Fn::If":
                yield inner[0]
                yield from references(inner[1:])
            elif key == "Fn::Sub":
                yield from (name.split(".")[0] for name in re.findall(r"\$\{([^}]+)\}", inner))
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_has_its_target() -> None:
    """A resource, a parameter, a condition or one of AWS's own."""
    known = {*TEMPLATE["Resources"], *TEMPLATE["Parameters"], *TEMPLATE["Conditions"]}
    resources = TEMPLATE["Resources"].values()
    depended = [one.get("DependsOn", []) for one in resources]
    named = {
        *references(TEMPLATE),
        *(name for one in depended for name in ([one] if isinstance(one, str) else one)),
        *(one["Condition"] for one in resources if "Condition" in one),
    }

    assert set() == {name for name in named if not name.startswith("AWS::")} - known


def test_its_apis_are_those_of_the_suite() -> None:
    """With the routes that the suite performs on."""
    routes: dict[str, set[str]] = {}
    for route in resources(TEMPLATE, f"{GATEWAY}Route").values():
        routes.setdefault(route["ApiId"]["Ref"].lower(), set()).add(route["RouteKey"])

    assert set(APIS) == {name.lower() for name in resources(TEMPLATE, f"{GATEWAY}Api")} == set(routes)
    for name, api in APIS.items():
        assert {api.perform, api.reply} <= routes[name]
        assert api.has_connect == ("$connect" in routes[name])


def test_a_deployment_waits_for_all_of_its_api() -> None:
    """Routes and route responses that came later would not be deployed."""
    for name, deployment in resources(TEMPLATE, f"{GATEWAY}Deployment").items():
        routes = resources(TEMPLATE, f"{GATEWAY}Route") | resources(TEMPLATE, f"{GATEWAY}RouteResponse")

        assert {key for key, one in routes.items() if one["ApiId"] == deployment["ApiId"]} == set(
            TEMPLATE["Resources"][name]["DependsOn"]
        )


def test_a_route_response_has_its_route_and_expression() -> None:
    """Without the expression the response is configured and never used."""
    routes = resources(TEMPLATE, f"{GATEWAY}Route")
    answered = {one["RouteId"]["Ref"] for one in resources(TEMPLATE, f"{GATEWAY}RouteResponse").values()}

    assert {key for key, one in routes.items() if "RouteResponseSelectionExpression" in one} == answered


def test_every_function_may_be_invoked_and_has_its_handler() -> None:
    """A permission each, and a handler that is in this package."""
    functions = resources(TEMPLATE, "AWS::Serverless::Function")
    permitted = {one["FunctionName"]["Ref"] for one in resources(TEMPLATE, "AWS::Lambda::Permission").values()}

    assert set(functions) == permitted
    for function in functions.values():
        module, _, name = function["Handler"].rpartition(".")
        assert callable(getattr(import_module(f"talkroom.conformance.probe.{module}"), name))


def test_the_suite_is_told_of_every_api() -> None:
    """`describe` answers from these variables."""
    variables = TEMPLATE["Resources"]["RecallFunction"]["Properties"]["Environment"]["Variables"]

    assert {f"PROBE_{what}_{name.upper()}" for name in APIS for what in ("ID", "URL")} == set(variables)


@pytest.mark.parametrize("mark", ["&", "*"])
def test_it_has_no_yaml_anchors(mark: str) -> None:
    """CloudFormation refuses them."""
    assert re.findall(rf":\s+\{mark}\w", template_file().read_text()) == []


def test_it_fits_an_inline_template() -> None:
    """CloudFormation takes 51,200 bytes in a request."""
    assert len(template_file().read_bytes()) < 51_200
