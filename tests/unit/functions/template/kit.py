"""A small template that can be served, and ways to change it."""

import copy
import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from talkroom.functions.specs import ApiSpec, FunctionSpec, Stack
from talkroom.functions.template import TemplateUnusable, read_template

FOLDER = Path("/srv/app")

REMOVED = object()
"""A value of a change that takes the property away."""

INVOKE_SEND = {
    "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Send.Arn}/invocations"
}

SMALL: Mapping[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "small",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
        },
        "Prod": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "prod"}},
        "SendRoute": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "send",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "SendIntegration"}]]},
            },
        },
        "SendIntegration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": INVOKE_SEND},
        },
        "Send": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"CodeUri": "send/", "Handler": "app.handler", "Runtime": "python3.13"},
        },
    },
}
"""One WebSocket API with one route and one function."""


def resource(resource_type: str, **properties: Any) -> dict[str, Any]:
    """A resource in its long form."""
    return {"Type": resource_type, "Properties": properties}


def part(name: str, **properties: Any) -> dict[str, Any]:
    """A resource of API Gateway that belongs to the small template's API."""
    return resource(f"AWS::ApiGatewayV2::{name}", ApiId={"Ref": "Api"}, **properties)


def change(changes: Mapping[str, Any], **sections: Any) -> str:
    """The small template as JSON with other properties (`Send.Timeout`), resources (`Table`) and sections."""
    template = copy.deepcopy(dict(SMALL)) | sections
    for path, value in changes.items():
        logical_id, *names = path.split(".")
        if not names:
            holder, key = template["Resources"], logical_id
        else:
            holder, key = template["Resources"][logical_id]["Properties"], names[-1]
            for name in names[:-1]:
                holder = holder.setdefault(name, {})
        if value is REMOVED:
            holder.pop(key, None)
        else:
            holder[key] = copy.deepcopy(value)
    return json.dumps(template)


def read(text: str, **options: Any) -> Stack:
    """A template's stack; the text may be indented."""
    return read_template(textwrap.dedent(text), folder=FOLDER, **options)


def read_changed(changes: Mapping[str, Any], **sections: Any) -> Stack:
    """The stack of the small template with changes."""
    return read(change(changes, **sections))


def read_api(changes: Mapping[str, Any], **sections: Any) -> ApiSpec:
    """Its only API."""
    (api,) = read_changed(changes, **sections).apis
    return api


def read_send(changes: Mapping[str, Any], **sections: Any) -> FunctionSpec:
    """Its function `Send`."""
    return read_changed(changes, **sections).functions["Send"]


def resolve(value: Any, resources: Mapping[str, Any] | None = None, **sections: Any) -> str:
    """What a value of a template comes to, as a variable of the function's environment."""
    changes = {"Send.Environment.Variables.VALUE": value, **(resources or {})}
    return read_send(changes, **sections).environment["VALUE"]


def refuse(text: str, **options: Any) -> TemplateUnusable:
    """The error of a template that cannot be served."""
    with pytest.raises(TemplateUnusable) as caught:
        read(text, **options)
    return caught.value


def refuse_changed(changes: Mapping[str, Any], **sections: Any) -> str:
    """What is said of the small template with changes that cannot be served."""
    return str(refuse(change(changes, **sections)))


def refuse_value(value: Any, resources: Mapping[str, Any] | None = None, **sections: Any) -> str:
    """What is said of a value that cannot be resolved, without its place."""
    said = refuse_changed({"Send.Environment.Variables.VALUE": value, **(resources or {})}, **sections)
    return said.removeprefix("Send.Environment.Variables.VALUE: ")
