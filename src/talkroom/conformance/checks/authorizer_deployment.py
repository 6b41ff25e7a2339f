"""Section B: what API Gateway does not let anybody deploy."""

import json
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from talkroom.conformance.expectations import expect, require
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target


@check(42, takes_s=120)
async def an_authorizer_elsewhere_is_rejected(target: Target) -> None:
    """The same template, with the authorizer on `$connect` and then on a route for messages.

    AWS: "Currently, authorization is restricted to the $connect route only". It may take minutes to say so.
    """
    with TemporaryDirectory(prefix="probe-") as folder:
        accepted = await _deploy(target, make_template("$connect"), Path(folder))
        expect(0, accepted, "status of deploying a template with an authorizer on $connect")
        rejected = await _deploy(target, make_template("perform"), Path(folder))
    require(rejected != 0, "a template with an authorizer on the route `perform` was deployed")


async def _deploy(target: Target, template: dict[str, Any], folder: Path) -> int:
    """The status of the command that the run was given. Raises NotRun without one."""
    path = folder / "template.json"
    path.write_text(json.dumps(template, indent=2), encoding="utf-8")
    given = target.options.deploy
    return await target.command("deploy", given and given.replace("{template}", shlex.quote(str(path))))


def make_template(route_key: str) -> dict[str, Any]:
    """A small application whose authorizer is on this route; it needs CAPABILITY_IAM, for its function's role."""
    invoked = {
        "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
    }
    api = {"Ref": "Api"}
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context):\n    return None\n"},
    }
    properties = {
        "AWS::IAM::Role": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
        "AWS::Lambda::Function": function,
        "AWS::ApiGatewayV2::Api": {
            "Name": {"Fn::Sub": "${AWS::StackName}-authorized"},
            "ProtocolType": "WEBSOCKET",
            "RouteSelectionExpression": "$request.body.action",
        },
        "AWS::ApiGatewayV2::Integration": {"ApiId": api, "IntegrationType": "AWS_PROXY", "IntegrationUri": invoked},
        "AWS::ApiGatewayV2::Authorizer": {
            "ApiId": api,
            "Name": "probe",
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": invoked,
            "IdentitySource": ["route.request.header.Authorization"],
        },
        "AWS::ApiGatewayV2::Route": {
            "ApiId": api,
            "RouteKey": route_key,
            "Target": {"Fn::Sub": "integrations/${Integration}"},
            "AuthorizationType": "CUSTOM",
            "AuthorizerId": {"Ref": "Authorizer"},
        },
        "AWS::ApiGatewayV2::Deployment": {"ApiId": api},
        "AWS::ApiGatewayV2::Stage": {"ApiId": api, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod"},
    }
    resources = {kind.rpartition(":")[2]: {"Type": kind, "Properties": of_kind} for kind, of_kind in properties.items()}
    resources["Deployment"]["DependsOn"] = "Route"
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
