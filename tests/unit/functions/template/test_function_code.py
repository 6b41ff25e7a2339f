"""Where code is."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.functions.template.kit import FOLDER, REMOVED, change, read, read_send, refuse_changed, resource

BUILD = (
    "code must be local here: run `sam build` and give .aws-sam/build/template.yaml, or for CDK the template in cdk.out"
)


def lambda_function(**properties: Any) -> dict[str, Any]:
    """A function in CloudFormation."""
    return resource("AWS::Lambda::Function", **{"Handler": "app.handler", "Runtime": "python3.13"} | properties)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Send.CodeUri": "src/"}, FOLDER / "src"),
        ({"Send.CodeUri": "./src"}, FOLDER / "src"),
        ({"Send.CodeUri": "."}, FOLDER),
        ({"Send.CodeUri": "../lib"}, FOLDER / "../lib"),
        ({"Send.CodeUri": "/opt/code"}, Path("/opt/code")),
        ({"Send.CodeUri": {"Fn::Sub": "${AWS::Region}/src"}}, FOLDER / "us-east-1/src"),
        ({"Send.CodeUri": REMOVED, "Send.InlineCode": "def handler(e, c): pass"}, "def handler(e, c): pass"),
        ({"Send": lambda_function(Code="src")}, FOLDER / "src"),
        ({"Send": lambda_function(Code={"ZipFile": {"Fn::Join": ["\n", ["a = 1", "b = 2"]]}})}, "a = 1\nb = 2"),
    ],
)
def test_code_is_a_folder_or_text(changes: dict[str, Any], code: Path | str) -> None:
    """A folder is relative to the template's."""
    assert code == read_send(changes).code


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"Send.CodeUri": REMOVED},
            "Send.CodeUri: is missing: give the folder that the code is in, relative to the template",
        ),
        ({"Send.CodeUri": ""}, "Send.CodeUri: is no path of a folder"),
        ({"Send.CodeUri": "a\0"}, "Send.CodeUri: is no path of a folder"),
        ({"Send.CodeUri": "s3://bucket/key"}, f"Send.CodeUri: 's3://bucket/key' is in S3, and {BUILD}"),
        (
            {"Send.CodeUri": {"Bucket": "b", "Key": "k"}},
            f"Send.CodeUri: code that is given by Bucket and Key is in S3, and {BUILD}",
        ),
        (
            {"Send": lambda_function(Code={"S3Bucket": "b", "S3Key": "k"})},
            f"Send.Code: code that is given by S3Bucket and S3Key is in S3, and {BUILD}",
        ),
        (
            {"Send": lambda_function()},
            "Send.Code: is missing: give the folder that the code is in, relative to the template",
        ),
        (
            {"Send.CodeUri": "build/send.ZIP"},
            "Send.CodeUri: 'build/send.ZIP' is an archive, and a folder is wanted here:",
        ),
        (
            {"Send.PackageType": "Image"},
            "Send.PackageType: 'Image' is not run here, because no containers are started; give the code as a folder",
        ),
        ({"Send.ImageUri": "repo:latest"}, "Send.ImageUri: is not run here, because no containers are started;"),
        (
            {"Send": lambda_function(Code={"ImageUri": "repo:latest"})},
            "Send.Code.ImageUri: is not run here, because no containers are started;",
        ),
    ],
)
def test_code_that_is_not_local_is_refused(changes: dict[str, Any], said: str) -> None:
    """With what makes it local."""
    assert refuse_changed(changes).startswith(said)


def test_the_assets_of_cdk_are_used() -> None:
    """Although the template says S3, of whose bucket nothing need be known."""
    function = lambda_function(Code={"S3Bucket": {"Fn::ImportValue": "assets"}, "S3Key": "abc.zip"})
    function["Metadata"] = {"aws:asset:path": "asset.abc", "aws:asset:property": "Code"}

    assert FOLDER / "asset.abc" == read_send({"Send": function}).code


def test_layers_of_the_template_are_folders() -> None:
    """In the order in which the function names them, of SAM, of CloudFormation and of CDK; others are noted."""
    cdk = {
        **resource("AWS::Lambda::LayerVersion", Content={"S3Bucket": "b", "S3Key": "k"}, LayerName="third"),
        "Metadata": {"aws:asset:path": "asset.layer", "aws:asset:property": "Content"},
    }
    theirs = "arn:aws:lambda:us-east-1:123456789012:layer:theirs:4"
    changes = {
        "One": resource("AWS::Serverless::LayerVersion", ContentUri="layers/one"),
        "Two": resource("AWS::Lambda::LayerVersion", Content="layers/two"),
        "Three": cdk,
        "Unused": resource("AWS::Serverless::LayerVersion", LayerName={"Ref": "Nothing"}),
        "Send.Layers": [{"Ref": "Three"}, theirs, {"Fn::GetAtt": ["Two", "LayerVersionArn"]}, {"Ref": "One"}],
    }

    stack = read(change(changes))

    expected = (FOLDER / "asset.layer", FOLDER / "layers/two", FOLDER / "layers/one")
    assert expected == stack.functions["Send"].layers
    note = f"Send.Layers.1: {theirs} is on AWS and is not applied here; install it with the function's code."
    assert (note,) == stack.notes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Send.Layers": "a"}, "Send.Layers: must be a list, not text"),
        ({"Send.Layers": [["a"]]}, "Send.Layers.0: must be the ARN of a layer version, not a list"),
        (
            {"One": resource("AWS::Serverless::LayerVersion", ContentUri="s3://b/k"), "Send.Layers": [{"Ref": "One"}]},
            f"One.ContentUri: 's3://b/k' is in S3, and {BUILD}",
        ),
        (
            {"One": resource("AWS::Lambda::LayerVersion"), "Send.Layers": [{"Ref": "One"}]},
            "One.Content: is missing: give the folder that the code is in, relative to the template",
        ),
    ],
)
def test_layers_that_cannot_be_applied_are_refused(changes: dict[str, Any], said: str) -> None:
    """When they are the template's own."""
    assert said == refuse_changed(changes)
