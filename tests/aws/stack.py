"""The stack of infra/aws/template.yaml, built by `sam build` and deployed by `sam deploy` onto MiniStack.

What MiniStack lacks is adapted in the built template, here and nowhere else (`adapt`); what it does otherwise than API Gateway is
mended in adapted_ministack.py.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.aws.cloud import ROOT, Cloud, tool
from tests.chat.host import Host

TEMPLATE = ROOT / "infra" / "aws" / "template.yaml"
STACK = "talkroom"
STAGE = "prod"
PATIENCE_S = 300.0


class TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, as the long forms that JSON has."""


def read_short_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    """`!Sub …` and the like."""
    value: Any
    match node:
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_scalar(node)  # type: ignore[arg-type]
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


TemplateLoader.add_multi_constructor("!", read_short_form)


def read_template(path: Path) -> dict[str, Any]:
    """A template as what JSON can hold."""
    template: dict[str, Any] = yaml.load(path.read_text(), TemplateLoader)  # noqa: S506 - a SafeLoader
    return template


def is_in_ministack(resource: dict[str, Any]) -> bool:
    """Whether MiniStack can make it; it refuses a whole template for one that it cannot."""
    match resource["Type"]:
        case "AWS::ApiGatewayV2::RouteResponse":
            return False  # it sends every route's answer to the client, as these make API Gateway do
        case "AWS::CloudWatch::Alarm":
            return "Metrics" not in resource["Properties"]  # it has no metric math
    return True


def adapt(template: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """The built template without what MiniStack lacks, and with the address at which it serves the management API."""
    resources = {name: one for name, one in template["Resources"].items() if is_in_ministack(one)}
    # No name of an API's host can be resolved; MiniStack serves it below a path of its own address.
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert "TALKROOM_MANAGEMENT_ENDPOINT" in variables, "the management endpoint is set elsewhere than in Globals"
    variables["TALKROOM_MANAGEMENT_ENDPOINT"] = {"Fn::Sub": f"{endpoint}/_aws/execute-api/${{ChatApi}}/${{StageName}}"}
    return template | {"Resources": resources}


@dataclass(frozen=True)
class Stack:
    """A deployed chat."""

    cloud: Cloud
    outputs: dict[str, str]
    resources: dict[str, str]
    """Physical id by logical id."""

    @property
    def url(self) -> str:
        """Of the WebSocket, as MiniStack serves it."""
        return f"ws://127.0.0.1:{self.cloud.port}{self._path}"

    @property
    def management_endpoint(self) -> str:
        """Of `@connections`, as MiniStack serves it."""
        return f"{self.cloud.endpoint}{self._path}"

    @property
    def host(self) -> Host:
        """For the suite of the chat."""
        return Host(url=self.url, secret=self.secret, management_endpoint=self.management_endpoint)

    def connection_rows(self, room: str) -> list[dict[str, Any]]:
        """Who is subscribed to a room, as the table has it."""
        found = self.cloud.client("dynamodb").query(
            TableName=self.outputs["ConnectionsTable"],
            IndexName="roomId-index",
            KeyConditionExpression="roomId = :room",
            ExpressionAttributeValues={":room": {"S": room}},
        )
        return list(found["Items"])

    def logged(self, function: str) -> list[str]:
        """What a function has logged in the invocations that have ended, by the end of its log group's name."""
        events = self.cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{STACK}-{function}")["events"]
        return [event["message"] for event in events]

    @property
    def _path(self) -> str:
        return f"/_aws/execute-api/{self.resources['ChatApi']}/{STAGE}"

    @property
    def secret(self) -> str:
        """What the stack's tokens are signed with."""
        found = self.cloud.client("secretsmanager").get_secret_value(SecretId=self.outputs["TokenSecretArn"])
        return str(found["SecretString"])


def build(folder: Path) -> Path:
    """`sam build`, for the Python and the processor on which MiniStack runs functions; the built template."""
    built = folder / "built"
    run_sam(
        {"PYTHON": tool("python", "ministack"), "LAMBDA_MACHINE": "native"},
        *("build", "--template", str(TEMPLATE), "--build-dir", str(built)),
    )
    return built / "template.yaml"


def deploy(cloud: Cloud, built: Path) -> Stack:
    """`sam deploy` of what was built."""
    adapted = built.with_name("adapted.json")
    adapted.write_text(json.dumps(adapt(read_template(built), cloud.endpoint)))
    run_sam(
        cloud.environment,
        *(
            "deploy",
            "--template",
            str(adapted),
            "--stack-name",
            STACK,
            "--resolve-s3",
            "--capabilities",
            "CAPABILITY_IAM",
        ),
        *("--no-confirm-changeset", "--no-progressbar"),
    )
    cloudformation = cloud.client("cloudformation")
    described = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return Stack(
        cloud,
        {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]},
        {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources},
    )


def run_sam(variables: Any, *arguments: str) -> None:
    """SAM's command, without the settings of whoever runs the tests. Fails with all that it said."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_", "LAMBDA_"))}
    ran = subprocess.run(
        [tool("sam", "sam"), *arguments],
        env={**inherited, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, f"sam {arguments[0]} failed:\n{ran.stdout}"
