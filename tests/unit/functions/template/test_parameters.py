"""Parameters: what is given, what is the default, and what is refused."""

from typing import Any

import pytest

from tests.unit.functions.template.kit import change, read, refuse


def value_of(declared: dict[str, Any], given: str | None = None) -> str:
    """What `Ref` of a parameter comes to, with lists joined by a bar."""
    value: Any = {"Ref": "P"}
    if "List" in declared["Type"]:
        value = {"Fn::Join": ["|", value]}
    text = change({"Send.Environment.Variables.VALUE": value}, Parameters={"P": declared})
    return read(text, parameters={} if given is None else {"P": given}).functions["Send"].environment["VALUE"]


def said_of(declared: Any, given: str | None = None) -> str:
    """What is said of a parameter that is not usable."""
    text = change({"Send.Environment.Variables.VALUE": {"Ref": "P"}}, Parameters={"P": declared})
    return str(refuse(text, parameters={} if given is None else {"P": given}))


@pytest.mark.parametrize(
    ("declared", "given", "value"),
    [
        ({"Type": "String", "Default": "a"}, None, "a"),
        ({"Type": "String", "Default": "a"}, "b", "b"),
        ({"Type": "String", "Default": "a"}, "", ""),
        ({"Type": "String", "Default": True}, None, "true"),
        ({"Type": "String", "Default": 1.5}, None, "1.5"),
        ({"Type": "Number", "Default": 3}, "-4.5e3", "-4.5e3"),
        ({"Type": "CommaDelimitedList", "Default": "a, b ,c"}, None, "a|b|c"),
        ({"Type": "List<Number>"}, "1,2", "1|2"),
        ({"Type": "List<AWS::EC2::Subnet::Id>"}, "subnet-1,subnet-2", "subnet-1|subnet-2"),
        ({"Type": "AWS::EC2::VPC::Id"}, "vpc-1", "vpc-1"),
        ({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a/b"}, "value", "value"),
        ({"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/a/b"}, "x,y", "x|y"),
        ({"Type": "String", "AllowedValues": ["a", True, 3]}, "true", "true"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "abc", "abc"),
    ],
)
def test_a_parameter_is_what_is_given_or_its_default(declared: dict[str, Any], given: str | None, value: str) -> None:
    """As text, or as a list of texts."""
    assert value == value_of(declared, given)


@pytest.mark.parametrize(
    ("declared", "given", "said"),
    [
        ({"Type": "String"}, None, "needs a value, because it has no default: --parameter P=VALUE"),
        (
            {"Type": "String", "AllowedValues": ["dev", "prod"]},
            "x",
            "'x' is not one of its AllowedValues: dev and prod",
        ),
        (
            {"Type": "String", "AllowedValues": ["dev"], "Default": "x"},
            None,
            "'x' is not one of its AllowedValues: dev",
        ),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "abC", "'abC' does not match its AllowedPattern '[a-z]+'"),
        ({"Type": "Number"}, "three", "'three' is not a number"),
        ({"Type": "List<Number>"}, "1,x", "'x' is not a number"),
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a"]}, "a,b", "'b' is not one of its AllowedValues: a"),
        ({"Type": "String"}, "x" * 4097, "the value is longer than 4096 bytes"),
        ({"Type": "String", "Default": "é" * 2049}, None, "the value is longer than 4096 bytes"),
        ({"Type": "String"}, "\udc80", "the value is no text of UTF-8"),
        ({"Type": "Number"}, "1" * 4000 + "x", f"'{'1' * 200}...' is not a number"),
        (
            {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"},
            None,
            "on AWS its value is looked up in Systems Manager; give it here: --parameter P=VALUE",
        ),
    ],
)
def test_a_parameter_without_a_value_that_it_allows_is_refused(
    declared: dict[str, Any], given: str | None, said: str
) -> None:
    """With what would do."""
    assert f"Parameters.P: {said}" == said_of(declared, given)


def test_the_value_of_a_secret_parameter_is_not_repeated() -> None:
    """NoEcho: a message may end in a log."""
    declared = {"Type": "String", "NoEcho": True, "AllowedPattern": "[a-z]{20}"}

    assert "Parameters.P: the value does not match its AllowedPattern '[a-z]{20}'" == said_of(declared, "hunter2")


def test_a_parameter_that_the_template_does_not_have_is_refused() -> None:
    """It may be misspelt."""
    text = change({}, Parameters={"Stage": {"Type": "String", "Default": "dev"}})

    error = refuse(text, parameters={"Stag": "prod"})

    assert "Parameters.Stag: the template has no such parameter; it has Stage" == str(error)
    assert ("Parameters", "Stag") == (error.resource, error.property)


def test_all_parameters_without_a_value_are_named_at_once() -> None:
    """And not one after the other."""
    text = change({}, Parameters={name: {"Type": "String"} for name in ("A", "B", "C")})

    expected = "Parameters.A: needs a value, because it has no default: --parameter A=VALUE (so do B and C)"
    assert expected == str(refuse(text))


def test_a_parameter_that_aws_looks_up_does_not_matter_to_what_does_not_need_it() -> None:
    """CDK writes one into every template."""
    looked_up = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}

    assert read(change({}, Parameters={"BootstrapVersion": looked_up})).functions.keys() == {"Send"}


def test_a_pattern_that_only_java_reads_is_noted() -> None:
    """And the value is taken as it is."""
    declared = {"Type": "String", "AllowedPattern": "\\p{L}+", "Default": "a"}

    notes = read(change({}, Parameters={"P": declared})).notes

    assert ("Parameters.P: AllowedPattern is not checked, because Python does not read this pattern.",) == notes


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (["P"], "Parameters: must be a map of parameters"),
        ({"P": "String"}, "Parameters.P: must be a map with a Type"),
        ({"P": {"Default": "a"}}, "Parameters.P.Type: is missing, or is no text"),
        ({"P": {"Type": ["String"]}}, "Parameters.P.Type: is missing, or is no text"),
        ({"P": {"Type": "String", "Default": ["a"]}}, "Parameters.P.Default: must be text"),
        ({"P": {"Type": "String", "Default": "a", "AllowedValues": "a"}}, "Parameters.P.AllowedValues: must be a list"),
    ],
)
def test_a_section_of_another_shape_is_refused(section: Any, said: str) -> None:
    """With its place."""
    assert said == str(refuse(change({}, Parameters=section)))
