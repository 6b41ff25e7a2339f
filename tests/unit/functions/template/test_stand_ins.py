"""What functions are told of resources that are not made here."""

from typing import Any

import pytest

from tests.unit.functions.template.kit import change, read, refuse_value, resolve, resource

ACCOUNT = "us-east-1:000000000000"


@pytest.mark.parametrize(
    ("made", "value", "text"),
    [
        (resource("AWS::DynamoDB::Table"), {"Ref": "X"}, "talkroom-X"),
        (resource("AWS::DynamoDB::Table", TableName="t"), {"Ref": "X"}, "t"),
        (resource("AWS::DynamoDB::GlobalTable", TableName="t"), "X.Arn", f"arn:aws:dynamodb:{ACCOUNT}:table/t"),
        (resource("AWS::Serverless::SimpleTable"), "X.Arn", f"arn:aws:dynamodb:{ACCOUNT}:table/talkroom-X"),
        (resource("AWS::SQS::Queue"), {"Ref": "X"}, "https://sqs.us-east-1.amazonaws.com/000000000000/talkroom-X"),
        (resource("AWS::SQS::Queue", QueueName="q"), "X.Arn", f"arn:aws:sqs:{ACCOUNT}:q"),
        (resource("AWS::SQS::Queue", QueueName="q"), "X.QueueName", "q"),
        (resource("AWS::SNS::Topic", TopicName="t"), {"Ref": "X"}, f"arn:aws:sns:{ACCOUNT}:t"),
        (resource("AWS::SNS::Topic"), "X.TopicName", "talkroom-X"),
        (resource("AWS::S3::Bucket"), {"Ref": "X"}, "talkroom-x"),
        (resource("AWS::S3::Bucket", BucketName="b"), "X.Arn", "arn:aws:s3:::b"),
        (
            resource("AWS::SecretsManager::Secret", Name="s"),
            {"Ref": "X"},
            f"arn:aws:secretsmanager:{ACCOUNT}:secret:s-000000",
        ),
        (resource("AWS::SSM::Parameter", Name="/p", Value="v", Type="String"), {"Ref": "X"}, "/p"),
        (resource("AWS::SSM::Parameter", Name="/p", Value="v", Type="String"), "X.Value", "v"),
        (resource("AWS::IAM::Role"), "X.Arn", "arn:aws:iam::000000000000:role/talkroom-X"),
        (resource("AWS::Logs::LogGroup", LogGroupName="/g"), "X.Arn", f"arn:aws:logs:{ACCOUNT}:log-group:/g:*"),
        (resource("AWS::Cognito::UserPool"), {"Ref": "X"}, "us-east-1_b8il5f7avh"),
        (
            resource("AWS::Cognito::UserPool"),
            "X.ProviderURL",
            "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_b8il5f7avh",
        ),
        (resource("AWS::Cognito::UserPoolClient"), {"Ref": "X"}, "b8il5f7avh"),
        (resource("AWS::Cognito::IdentityPool"), {"Ref": "X"}, "us-east-1:7b71638c-05b8-5573-9aa5-c737c9406a86"),
        (resource("AWS::KMS::Key"), "X.Arn", f"arn:aws:kms:{ACCOUNT}:key/7b71638c-05b8-5573-9aa5-c737c9406a86"),
        (resource("AWS::Events::EventBus", Name="b"), "X.Arn", f"arn:aws:events:{ACCOUNT}:event-bus/b"),
        (resource("AWS::Kinesis::Stream", Name="s"), "X.Arn", f"arn:aws:kinesis:{ACCOUNT}:stream/s"),
        (
            resource("AWS::StepFunctions::StateMachine"),
            {"Ref": "X"},
            f"arn:aws:states:{ACCOUNT}:stateMachine:talkroom-X",
        ),
        (resource("AWS::Made::Up"), {"Ref": "X"}, "talkroom-X"),
    ],
)
def test_a_resource_elsewhere_is_named_as_aws_would(made: dict[str, Any], value: Any, text: str) -> None:
    """By its name property, or by a name that is always the same."""
    wanted = {"Fn::GetAtt": value} if isinstance(value, str) else value

    assert text == resolve(wanted, {"X": made})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "Api"}, "lt4jfwtg79"),
        ({"Fn::GetAtt": "Api.ApiId"}, "lt4jfwtg79"),
        ({"Fn::GetAtt": "Api.ApiEndpoint"}, "wss://lt4jfwtg79.execute-api.us-east-1.amazonaws.com"),
        (
            {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Prod}"},
            "https://lt4jfwtg79.execute-api.us-east-1.amazonaws.com/prod",
        ),
        ({"Ref": "Prod"}, "prod"),
        ({"Ref": "SendRoute"}, "SendRoute"),
        ({"Ref": "Send"}, "Send"),
        ({"Fn::GetAtt": "Send.Arn"}, f"arn:aws:lambda:{ACCOUNT}:function:Send"),
        ({"Ref": "SendRole"}, "talkroom-SendRole"),
        ({"Ref": "Live"}, f"arn:aws:lambda:{ACCOUNT}:function:Send:live"),
        ({"Ref": "ByArn"}, f"arn:aws:lambda:{ACCOUNT}:function:Send:live"),
        ({"Ref": "One"}, f"arn:aws:lambda:{ACCOUNT}:function:Send:1"),
        ({"Fn::GetAtt": "Http.ApiEndpoint"}, "https://mjujmi5e6i.execute-api.us-east-1.amazonaws.com"),
    ],
)
def test_what_is_served_is_named_as_aws_would(value: Any, text: str) -> None:
    """An API by an id of ten characters that never changes."""
    changes = {
        "Live": resource("AWS::Lambda::Alias", Name="live", FunctionName={"Ref": "Send"}),
        "ByArn": resource("AWS::Lambda::Alias", Name="live", FunctionName={"Fn::GetAtt": ["Send", "Arn"]}),
        "One": resource("AWS::Lambda::Version", FunctionName={"Ref": "Send"}),
        "Http": resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP", Name="http"),
    }

    assert text == resolve(value, changes)


def test_a_stand_in_is_noted_once() -> None:
    """Whatever of it is used, and however often."""
    variables = {"NAME": {"Ref": "X"}, "ARN": {"Fn::GetAtt": "X.Arn"}, "AGAIN": {"Ref": "X"}}
    text = change({"X": resource("AWS::DynamoDB::Table"), "Send.Environment.Variables": variables})

    assert ("X (AWS::DynamoDB::Table) is not made here; talkroom-X stands for it.",) == read(text).notes


def test_what_is_not_named_is_not_noted() -> None:
    """A template has much that no function is told of."""
    assert () == read(change({"X": resource("AWS::DynamoDB::Table")})).notes


def test_the_value_of_a_parameter_store_is_not_noted() -> None:
    """It may be nobody else's business."""
    made = resource("AWS::SSM::Parameter", Name="/p", Value="hunter2", Type="String")

    text = change({"X": made, "Send.Environment.Variables.VALUE": {"Fn::GetAtt": "X.Value"}})

    assert () == read(text).notes


def test_an_attribute_that_only_aws_knows_is_refused() -> None:
    """When a function needs it."""
    said = "X.Endpoint.Address is an attribute of AWS::RDS::DBInstance that only AWS knows; make it a parameter with a default"

    assert said == refuse_value({"Fn::GetAtt": ["X", "Endpoint.Address"]}, {"X": resource("AWS::RDS::DBInstance")})
