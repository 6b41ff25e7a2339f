"""Functions: what is read of them, and which."""

from typing import Any

import pytest

from tests.unit.functions.template.kit import (
    FOLDER,
    REMOVED,
    change,
    part,
    read,
    read_changed,
    read_send,
    refuse_changed,
    resource,
)


def test_a_function_of_lambda_is_read() -> None:
    """With all that can be said of it."""
    function = resource(
        "AWS::Lambda::Function",
        FunctionName={"Fn::Sub": "${AWS::StackName}-send"},
        Code="src/send",
        Handler="app.handler",
        Runtime="python3.12",
        Timeout=900,
        MemorySize=10240,
        ReservedConcurrentExecutions=0,
        Environment={"Variables": {"PORT": 8080, "ON": True}},
        Role={"Fn::ImportValue": "role"},
    )

    send = read_send({"Send": function})

    assert "talkroom-send" == send.name
    assert "arn:aws:lambda:us-east-1:000000000000:function:talkroom-send" == send.arn
    assert FOLDER / "src/send" == send.code
    assert ("app.handler", "python3.12", 900, 10240, 0) == (
        send.handler,
        send.runtime,
        send.timeout_s,
        send.memory_mb,
        send.concurrency_max,
    )
    assert {"PORT": "8080", "ON": "true"} == send.environment


def test_what_a_function_does_not_say_is_lambdas_default() -> None:
    """3 seconds, 128 MB, and no limit of its own."""
    send = read_send({})

    assert (3, 128, None, {}, ()) == (
        send.timeout_s,
        send.memory_mb,
        send.concurrency_max,
        send.environment,
        send.layers,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Send.Runtime": REMOVED}, "Send.Runtime: is missing"),
        ({"Send.Handler": ""}, "Send.Handler: is empty"),
        ({"Send.Handler": ["a"]}, "Send.Handler: must be text, not a list"),
        ({"Send.Timeout": 0}, "Send.Timeout: must be a whole number from 1 to 900, not '0'"),
        ({"Send.Timeout": 901}, "Send.Timeout: must be a whole number from 1 to 900, not '901'"),
        ({"Send.Timeout": "ten"}, "Send.Timeout: must be a whole number from 1 to 900, not 'ten'"),
        ({"Send.MemorySize": 64}, "Send.MemorySize: must be a whole number from 128 to 10240, not '64'"),
        (
            {"Send.ReservedConcurrentExecutions": -1},
            "Send.ReservedConcurrentExecutions: must be a whole number from 0 to",
        ),
        ({"Send.Environment": "a"}, "Send.Environment: must be a map, not text"),
        ({"Send.Environment.Variables": ["a"]}, "Send.Environment.Variables: must be a map, not a list"),
        ({"Send.Environment.Variables.TABLE": ["a"]}, "Send.Environment.Variables.TABLE: must be text, not a list"),
        (
            {"Send.Environment.Variables.TABLE": None},
            "Send.Environment.Variables.TABLE: has no value, and CloudFormation",
        ),
        ({"Send.Environment.Variables.X-Y": "a"}, "Send.Environment.Variables.X-Y: is no name for Lambda:"),
        ({"Send.Environment.Variables.TABLE": "a\0"}, "Send.Environment.Variables.TABLE: holds a null character"),
        (
            {"Send.FunctionName": {"Ref": "Nothing"}},
            "Send.FunctionName: Nothing names neither a parameter nor a resource",
        ),
        (
            {"Send.Fn::Transform": {"Name": "M"}},
            "Send.Fn::Transform: a macro makes properties here, which only CloudFormation runs",
        ),
    ],
)
def test_a_function_that_cannot_be_run_is_refused(changes: dict[str, Any], said: str) -> None:
    """With the property that is in the way."""
    assert refuse_changed(changes).startswith(said)


def test_only_functions_that_are_named_are_read() -> None:
    """By a route or by the authorizer, each once; what is wrong with another one is not asked."""
    changes = {
        "Broken": resource("AWS::Serverless::Function", PackageType="Image", FunctionName={"Ref": "Nothing"}),
        "Conditional": {"Type": "AWS::Lambda::Function", "Condition": "Unknown"},
        "OtherRoute": part("Route", RouteKey="other", Target="integrations/SendIntegration"),
    }
    conditions = {"Unknown": {"Fn::Equals": [{"Fn::ImportValue": "x"}, "a"]}}

    assert ["Send"] == list(read_changed(changes, Conditions=conditions).functions)


def test_a_value_that_aws_would_look_up_is_left_and_noted() -> None:
    """A dynamic reference to a secret or a parameter."""
    value = "{{resolve:secretsmanager:db:SecretString:password}}"

    stack = read(change({"Send.Environment.Variables.PASSWORD": value}))

    assert value == stack.functions["Send"].environment["PASSWORD"]
    expected = "Send.Environment.Variables.PASSWORD is looked up on AWS, and is left as it is written here."
    assert (expected,) == stack.notes
