"""What `Ref` and `Fn::GetAtt` of a resource answer, by its type.

Functions are told the names of tables, queues and topics in their environment, so these must come to what AWS would make of the
same template in the same account; where AWS would make up a name, one is made up here that is always the same. Source: "Return
values" of each type in the CloudFormation resource reference.

The words of a pattern: `{name}`, the name property or else the default name; `{logical_id}`, and `{hash}` and `{uuid}` made of it;
`{stack}`, `{region}`, `{account}`, `{partition}`, `{suffix}`, as the pseudo parameters; `{property_X}`, the property X;
`{function_arn}` of what FunctionName names; `{scheme}` of an API.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from talkroom.functions.template import resource_types as types


class StandIn(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns of one type."""

    name_property: str | None = None
    default_name: str = "{stack}-{logical_id}"
    reference: str = "{name}"
    attributes: Mapping[str, str] = msgspec.field(default_factory=dict)
    """By name of the attribute."""
    is_served: bool = False
    """It is served here, or it is noted elsewhere that it is not: no note is needed when it is named."""


def _arn(service: str, resource: str, *, place: str = "{region}:{account}") -> str:
    return f"arn:{{partition}}:{service}:{place}:{resource}"


_FUNCTION_ARN: Final = _arn("lambda", "function:{name}")
_LAYER_ARN: Final = _arn("lambda", "layer:{name}:1")
_TABLE_ARN: Final = _arn("dynamodb", "table/{name}")
_TABLE: Final = StandIn(
    name_property="TableName",
    attributes={"Arn": _TABLE_ARN, "StreamArn": _TABLE_ARN + "/stream/2024-01-01T00:00:00.000", "TableId": "{hash}"},
)
_STATE_MACHINE_ARN: Final = _arn("states", "stateMachine:{name}")
_HOST: Final = "{hash}.execute-api.{region}.{suffix}"

_FUNCTION: Final = StandIn(
    name_property="FunctionName",
    default_name="{logical_id}",
    attributes={"Arn": _FUNCTION_ARN, "Version": "$LATEST"},
    is_served=True,
)
_LAYER: Final = StandIn(
    name_property="LayerName",
    default_name="{logical_id}",
    reference=_LAYER_ARN,
    attributes={"LayerVersionArn": _LAYER_ARN},
    is_served=True,
)
_REST_API: Final = StandIn(
    reference="{hash}", attributes={"RestApiId": "{hash}", "RootResourceId": "{hash}"}, is_served=True
)
_STATE_MACHINE: Final = StandIn(
    name_property="StateMachineName",
    reference=_STATE_MACHINE_ARN,
    attributes={"Arn": _STATE_MACHINE_ARN, "Name": "{name}"},
)


def _part(identifier: str) -> StandIn:
    """A part of an API: `Ref` is an id that AWS makes up."""
    return StandIn(reference="{logical_id}", attributes={identifier: "{logical_id}"}, is_served=True)


_API_GATEWAY: Final = {
    types.API: StandIn(
        name_property="Name",
        reference="{hash}",
        attributes={"ApiId": "{hash}", "ApiEndpoint": "{scheme}://" + _HOST},
        is_served=True,
    ),
    types.API_MAPPING: _part("ApiMappingId"),
    types.AUTHORIZER: _part("AuthorizerId"),
    types.DEPLOYMENT: _part("DeploymentId"),
    types.DOMAIN_NAME: StandIn(
        name_property="DomainName",
        attributes={"RegionalDomainName": "d-" + _HOST, "RegionalHostedZoneId": "{hash}"},
        is_served=True,
    ),
    types.INTEGRATION: _part("IntegrationId"),
    types.INTEGRATION_RESPONSE: _part("IntegrationResponseId"),
    types.MODEL: _part("ModelId"),
    types.ROUTE: _part("RouteId"),
    types.ROUTE_RESPONSE: _part("RouteResponseId"),
    types.STAGE: StandIn(name_property="StageName", is_served=True),
    "AWS::ApiGateway::RestApi": _REST_API,
    "AWS::Serverless::Api": _REST_API,
    "AWS::Serverless::HttpApi": StandIn(
        reference="{hash}", attributes={"ApiId": "{hash}", "ApiEndpoint": "https://" + _HOST}, is_served=True
    ),
}

_LAMBDA: Final = {
    types.FUNCTION: _FUNCTION,
    types.SAM_FUNCTION: _FUNCTION,
    types.ALIAS: StandIn(
        name_property="Name",
        reference="{function_arn}:{name}",
        attributes={"AliasArn": "{function_arn}:{name}"},
        is_served=True,
    ),
    types.VERSION: StandIn(
        reference="{function_arn}:1",
        attributes={"Version": "1", "FunctionArn": "{function_arn}:1"},
        is_served=True,
    ),
    types.LAYER_VERSION: _LAYER,
    types.SAM_LAYER_VERSION: _LAYER,
}

_ELSEWHERE: Final = {
    "AWS::DynamoDB::Table": _TABLE,
    "AWS::DynamoDB::GlobalTable": _TABLE,
    "AWS::Serverless::SimpleTable": _TABLE,
    "AWS::SQS::Queue": StandIn(
        name_property="QueueName",
        reference="https://sqs.{region}.{suffix}/{account}/{name}",
        attributes={
            "Arn": _arn("sqs", "{name}"),
            "QueueName": "{name}",
            "QueueUrl": "https://sqs.{region}.{suffix}/{account}/{name}",
        },
    ),
    "AWS::SNS::Topic": StandIn(
        name_property="TopicName",
        reference=_arn("sns", "{name}"),
        attributes={"TopicArn": _arn("sns", "{name}"), "TopicName": "{name}"},
    ),
    "AWS::S3::Bucket": StandIn(
        name_property="BucketName",
        default_name="{lower_stack}-{lower_logical_id}",
        attributes={
            "Arn": _arn("s3", "{name}", place=":"),
            "DomainName": "{name}.s3.{suffix}",
            "RegionalDomainName": "{name}.s3.{region}.{suffix}",
        },
    ),
    "AWS::SecretsManager::Secret": StandIn(
        name_property="Name",
        reference=_arn("secretsmanager", "secret:{name}-000000"),
        attributes={"Id": _arn("secretsmanager", "secret:{name}-000000")},
    ),
    "AWS::SSM::Parameter": StandIn(
        name_property="Name", attributes={"Value": "{property_Value}", "Type": "{property_Type}"}
    ),
    "AWS::IAM::Role": StandIn(
        name_property="RoleName", attributes={"Arn": _arn("iam", "role/{name}", place=":{account}"), "RoleId": "{hash}"}
    ),
    "AWS::IAM::User": StandIn(
        name_property="UserName", attributes={"Arn": _arn("iam", "user/{name}", place=":{account}")}
    ),
    "AWS::Logs::LogGroup": StandIn(
        name_property="LogGroupName", attributes={"Arn": _arn("logs", "log-group:{name}:*")}
    ),
    "AWS::KMS::Key": StandIn(default_name="{uuid}", attributes={"Arn": _arn("kms", "key/{name}"), "KeyId": "{name}"}),
    "AWS::Cognito::UserPool": StandIn(
        default_name="{region}_{hash}",
        attributes={
            "Arn": _arn("cognito-idp", "userpool/{name}"),
            "ProviderName": "cognito-idp.{region}.{suffix}/{name}",
            "ProviderURL": "https://cognito-idp.{region}.{suffix}/{name}",
            "UserPoolId": "{name}",
        },
    ),
    "AWS::Cognito::UserPoolClient": StandIn(default_name="{hash}", attributes={"ClientId": "{name}"}),
    "AWS::Cognito::IdentityPool": StandIn(default_name="{region}:{uuid}", attributes={"Name": "{name}"}),
    "AWS::Events::EventBus": StandIn(
        name_property="Name", attributes={"Arn": _arn("events", "event-bus/{name}"), "Name": "{name}"}
    ),
    "AWS::Kinesis::Stream": StandIn(name_property="Name", attributes={"Arn": _arn("kinesis", "stream/{name}")}),
    "AWS::KinesisFirehose::DeliveryStream": StandIn(
        name_property="DeliveryStreamName", attributes={"Arn": _arn("firehose", "deliverystream/{name}")}
    ),
    "AWS::StepFunctions::StateMachine": _STATE_MACHINE,
    "AWS::Serverless::StateMachine": _STATE_MACHINE,
    "AWS::Scheduler::ScheduleGroup": StandIn(
        name_property="Name", attributes={"Arn": _arn("scheduler", "schedule-group/{name}")}
    ),
}

STAND_INS: Final[Mapping[str, StandIn]] = {**_API_GATEWAY, **_LAMBDA, **_ELSEWHERE}
"""By type of resource."""

UNKNOWN: Final = StandIn()
"""Of a type that is not listed: `Ref` is a name, and attributes are not known."""
