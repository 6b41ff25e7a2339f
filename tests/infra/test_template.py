"""The template and the code say the same."""

import json
import re
from inspect import getsource, signature
from pathlib import Path
from typing import Any

import pytest

from talkroom.aws_config import AWS_SETTINGS, AwsConfig
from talkroom.contract.quotas import INTEGRATION_TIMEOUT_S
from talkroom.entrypoints import aws_lambda, aws_metrics
from talkroom.storage.dynamodb.schema import EXPIRES_AT, connections_table, messages_table
from tests.conformance.template_text import resources
from tests.infra.template import API, CHAT_FUNCTIONS, FUNCTIONS, GLOBALS, PARAMETERS, TABLES, TEMPLATE, variables
from tests.infra.template import with_defaults as filled

ROUTES = {
    "$connect": "ConnectFunction",
    "sendmessage": "MessagesFunction",
    "$default": "DefaultFunction",
    "$disconnect": "DisconnectFunction",
}
HANDLERS = {
    "AuthorizerFunction": "authorizer",
    "ConnectFunction": "connect",
    "MessagesFunction": "messages",
    "DefaultFunction": "default",
    "DisconnectFunction": "disconnect",
    "FanOutFunction": "fan_out",
}
NOT_OFFERED = {"refused_commands_max", "page_messages_max", "page_bytes_max", "page_members_max"}
"""Settings that are no parameter of the template: their defaults fit API Gateway's quotas."""
RESOURCES = {"connections_table", "messages_table", "management_endpoint", "fan_out_function", "token_secret_arn"}
"""Settings whose values the stack makes."""
LOGGED = {
    "requestId", "requestTimeEpoch", "eventType", "routeKey", "connectionId", "status", "integration.integrationStatus",
    "integration.status", "integrationLatency", "integrationErrorMessage", "authorize.status",
    "authorizer.integrationLatency", "error.responseType",
}  # fmt: skip
"""Variables of the access log. None of them is said by a client, but for the route key, which is one of ours."""


def test_each_route_invokes_its_function() -> None:
    """Chosen by the action of the message; there is no other route."""
    assert "$request.body.action" == API["RouteSelectionExpression"]
    assert ROUTES == {key: route["FunctionArn"]["Fn::GetAtt"][0] for key, route in API["Routes"].items()}


def test_routes_that_answer_have_a_route_response() -> None:
    """Without one API Gateway drops what a function returns; the other routes answer nobody."""
    answering = {key for key, route in API["Routes"].items() if "RouteResponseSelectionExpression" in route}
    responses = resources(TEMPLATE, "AWS::ApiGatewayV2::RouteResponse").values()

    assert {"sendmessage", "$default"} == answering
    assert {"ChatApiSendmessageRoute", "ChatApiDefaultRoute"} == {one["RouteId"]["Ref"] for one in responses}


def test_the_authorizer_is_asked_about_every_handshake_with_a_subprotocol() -> None:
    """One without it is answered 401 by API Gateway itself."""
    assert "AuthorizerFunction" == API["Auth"]["AuthArn"]["Fn::GetAtt"][0]
    assert ["route.request.header.Sec-WebSocket-Protocol"] == API["Auth"]["IdentitySource"]


def test_every_handler_is_there_and_deployed() -> None:
    """The functions of the template are the handlers of the module."""
    module = aws_lambda.__name__
    takes_events = {
        name
        for name, value in vars(aws_lambda).items()
        if callable(value)
        and not name.startswith("_")
        and value.__module__ == module
        and not isinstance(value, type)
        and ["event", "context"] == list(signature(value).parameters)
    }

    assert {name: f"{module}.{handler}" for name, handler in HANDLERS.items()} == {
        name: function["Handler"] for name, function in FUNCTIONS.items()
    }
    assert takes_events == set(HANDLERS.values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_configuration_reads_what_a_function_is_given(function: str) -> None:
    """With every parameter at its default, and under the names that the configuration knows."""
    environment = {name: filled(value) for name, value in variables(function).items()}
    expected = AwsConfig()

    read = AwsConfig.read(environment)

    for setting in AWS_SETTINGS:
        if setting.name not in RESOURCES:
            assert getattr(expected, setting.name) == getattr(read, setting.name), setting.name


@pytest.mark.parametrize("function", sorted(CHAT_FUNCTIONS))
def test_whatever_runs_the_chat_knows_its_tables_and_endpoint(function: str) -> None:
    """Whether it may use them is its role's business."""
    names = {"TALKROOM_CONNECTIONS_TABLE", "TALKROOM_MESSAGES_TABLE", "TALKROOM_MANAGEMENT_ENDPOINT"}

    assert names <= set(variables(function))


def test_every_setting_can_be_given_to_the_stack() -> None:
    """But for a few, which are named here."""
    given = {name for function in FUNCTIONS for name in variables(function)}

    assert {setting.variable for setting in AWS_SETTINGS if setting.name not in NOT_OFFERED} == given


def test_only_who_verifies_tokens_knows_where_the_secret_is() -> None:
    """The authorizer, and the command `refresh`."""
    knowing = {name for name in FUNCTIONS if "TALKROOM_TOKEN_SECRET_ARN" in variables(name)}

    assert {"AuthorizerFunction", "DefaultFunction"} == knowing


def test_a_push_ends_before_its_function_and_that_before_its_integration() -> None:
    """API Gateway waits 29 seconds, and answers for a function that takes longer."""
    behind_api = {name: FUNCTIONS[name]["Timeout"] for name in {*ROUTES.values(), "AuthorizerFunction"}}
    shortest_sender = min(FUNCTIONS[name]["Timeout"] for name in ("MessagesFunction", "FanOutFunction"))

    assert not {name: timeout_s for name, timeout_s in behind_api.items() if timeout_s >= INTEGRATION_TIMEOUT_S}
    assert shortest_sender > PARAMETERS["DeliveryDeadlineSeconds"]["MaxValue"]


def test_the_alarm_of_slow_functions_knows_their_timeouts() -> None:
    """Its expression divides by them, in milliseconds."""
    alarm = resources(TEMPLATE, "AWS::CloudWatch::Alarm")["FunctionDurationsAlarm"]
    expression = next(one["Expression"] for one in alarm["Metrics"] if "Expression" in one)
    expected = {name.removesuffix("Function").lower(): one["Timeout"] * 1000 for name, one in FUNCTIONS.items()}

    assert expected == {name: int(limit) for name, limit in re.findall(r"(\w+)/(\d+)", expression)}


def test_a_page_is_posted_at_most_once() -> None:
    """Lambda would repeat a failed asynchronous invocation twice, and people would read a message three times."""
    assert 0 == FUNCTIONS["FanOutFunction"]["EventInvokeConfig"]["MaximumRetryAttempts"]


def test_functions_run_where_the_bundle_is_built_for() -> None:
    """By default, on Arm."""
    assert "python3.13" == GLOBALS["Runtime"]
    assert [{"Ref": "Architecture"}] == GLOBALS["Architectures"]
    assert "arm64" == PARAMETERS["Architecture"]["Default"]


@pytest.mark.parametrize(("name", "made"), [("ConnectionsTable", connections_table), ("MessagesTable", messages_table)])
def test_a_table_is_the_one_of_the_schema(name: str, made: Any) -> None:
    """Keys, indexes and what the indexes hold."""
    declared = dict(TABLES[name])
    ttl = declared.pop("TimeToLiveSpecification")
    recovery = declared.pop("PointInTimeRecoverySpecification")
    encryption = declared.pop("SSESpecification")
    expected = made(name)
    del expected["TableName"]

    assert expected == declared
    assert {"AttributeName": EXPIRES_AT, "Enabled": True} == ttl
    assert {"PointInTimeRecoveryEnabled": True} == recovery
    assert {"SSEEnabled": True} == encryption


def test_messages_outlive_the_stack() -> None:
    """Whether it is deleted, or the table is replaced."""
    table = TEMPLATE["Resources"]["MessagesTable"]

    assert ("Retain", "Retain") == (table["DeletionPolicy"], table["UpdateReplacePolicy"])


def test_the_secret_that_the_stack_makes_is_long_enough() -> None:
    """32 bytes are the least that tokens are verified with."""
    secret = TEMPLATE["Resources"]["TokenSecret"]["Properties"]["GenerateSecretString"]

    assert secret["PasswordLength"] >= 32


def test_the_access_log_holds_nothing_that_a_client_says() -> None:
    """No header, because the token is in one, no query, no body; and no address."""
    text = API["AccessLogSettings"]["Fn::If"][1]["Format"]

    assert LOGGED == set(re.findall(r"\$context\.([\w.]+)", text))
    assert "$" not in re.sub(r"\$context\.[\w.]+", "", text)
    assert json.loads(text)


def test_api_gateway_logs_no_execution() -> None:
    """Its execution logs hold headers, its traces hold messages."""
    settings = API["DefaultRouteSettings"]

    assert ("OFF", False) == (settings["LoggingLevel"], settings["DataTraceEnabled"])
    assert settings["DetailedMetricsEnabled"]


def test_every_log_ends_some_day() -> None:
    """As the parameter says; each function writes to a group of its own."""
    groups = resources(TEMPLATE, "AWS::Logs::LogGroup")
    used = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in FUNCTIONS.values()]

    assert set(groups) == {*used, "AccessLogs"}
    assert len(used) == len(set(used))
    assert [{"Ref": "LogRetentionDays"}] * len(groups) == [group["RetentionInDays"] for group in groups.values()]


def test_alarms_and_dashboard_show_metrics_that_functions_log() -> None:
    """A name that nobody logs would be an alarm that never rings."""
    logged = set(re.findall(r'"([A-Z]\w+)": ', getsource(aws_metrics.EmbeddedMetrics._read)))
    alarms = json.dumps(resources(TEMPLATE, "AWS::CloudWatch::Alarm"))
    of_alarms = set(re.findall(r'\{"Ref": "MetricsNamespace"\}, "MetricName": "(\w+)"', alarms))
    dashboard = TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    of_dashboard = set(re.findall(r'"\$\{MetricsNamespace\}", "(\w+)"', dashboard))

    assert {"DeliveriesFailed", "PushesAbandoned", "AppendConflicts"} == of_alarms
    assert of_alarms | {"Messages", "Deliveries", "Gone", "Throttled", "FanOutTime"} <= of_dashboard
    assert of_dashboard <= logged


def test_the_dashboard_is_json_about_things_of_the_stack() -> None:
    """CloudWatch refuses one that cannot be read, and shows nothing of what is not there."""
    text = TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    known = {*TEMPLATE["Resources"], *PARAMETERS, "AWS::Region"}

    assert json.loads(text)["widgets"]
    assert set(re.findall(r"\$\{([\w:]+)\}", text)) <= known


def test_the_outputs_say_how_to_try_it() -> None:
    """The URL, wscat's line, a token, and what stays."""
    outputs = TEMPLATE["Outputs"]

    assert {"WebSocketUrl", "WscatCommand", "TokenCommand", "TokenSecretArn", "ManagementEndpoint"} <= set(outputs)
    assert {"ConnectionsTable", "MessagesTable"} <= set(outputs)
    assert outputs["WscatCommand"]["Value"]["Fn::Sub"].startswith(
        "wscat -c " + outputs["WebSocketUrl"]["Value"]["Fn::Sub"] + " -s <token> -s room1"
    )


def test_every_parameter_has_a_default_and_is_used() -> None:
    """`sam deploy --guided` can be answered with the return key."""
    text = json.dumps({name: part for name, part in TEMPLATE.items() if name not in ("Parameters", "Metadata")})
    unused = [name for name in PARAMETERS if f'"Ref": "{name}"' not in text and f"${{{name}}}" not in text]
    grouped = [
        name
        for group in TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        for name in group["Parameters"]
    ]

    assert not [name for name, parameter in PARAMETERS.items() if "Default" not in parameter]
    assert not unused
    assert sorted(PARAMETERS) == sorted(grouped)


def test_the_page_about_deploying_lists_every_parameter_with_its_default() -> None:
    """In its table, in this order."""
    page = (Path(__file__).parents[2] / "docs" / "howto" / "deploy-to-aws.md").read_text()
    rows = re.findall(r"^\| (`[A-Z]\w+`(?:, `[A-Z]\w+`)*) \| ([^|]*)\|", page, re.MULTILINE)
    told: dict[str, str] = {}
    for names, defaults in rows:
        listed = re.findall(r"`(\w+)`", names)
        values = re.findall(r"`([^`]*)`", defaults)
        told.update(zip(listed, values + [""] * len(listed), strict=False))

    assert {name: str(one["Default"]) for name, one in PARAMETERS.items()} == {
        name: default for name, default in told.items() if name in PARAMETERS
    }
