"""Templates as people have them: a chat in CloudFormation, one of SAM's WebSocketApi, and what CDK synthesises."""

from pathlib import Path

from talkroom.functions.specs import (
    ApiSpec,
    AuthorizerSpec,
    BodyModelSpec,
    FunctionSpec,
    MockSpec,
    RouteSpec,
    Stack,
    ThrottleSpec,
)
from talkroom.functions.template import read_template
from tests.unit.functions.template.kit import FOLDER, read

CHAT = """
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Description: Who is connected is kept in a table; a message goes to everybody.

Parameters:
  TableName:
    Type: String
    Default: chat_connections
    MinLength: 3
  Protected:
    Type: String
    AllowedValues: [true, false]
    Default: false

Conditions:
  IsProtected: !Equals [!Ref Protected, true]

Resources:
  ChatSocket:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: ChatSocket
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: $request.body.message
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref ChatSocket
      RouteKey: $connect
      AuthorizationType: !If [IsProtected, CUSTOM, NONE]
      AuthorizerId: !If [IsProtected, !Ref TokenAuthorizer, !Ref AWS::NoValue]
      OperationName: Connect
      Target: !Join ['/', ['integrations', !Ref ConnectIntegration]]
  ConnectIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ChatSocket
      IntegrationType: AWS_PROXY
      IntegrationUri:
        Fn::Sub:
          arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${OnConnect.Arn}/invocations
  Disconnect:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref ChatSocket
      RouteKey: $disconnect
      AuthorizationType: NONE
      Target: !Sub integrations/${DisconnectIntegration}
  DisconnectIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ChatSocket
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub
        - arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations
        - Arn: !GetAtt OnDisconnect.Arn
  Send:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref ChatSocket
      RouteKey: sendmessage
      Target: !Sub integrations/${SendIntegration}
      RouteResponseSelectionExpression: $default
  SendResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref ChatSocket, RouteId: !Ref Send, RouteResponseKey: $default}
  SendIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ChatSocket
      IntegrationType: AWS_PROXY
      TimeoutInMillis: 12000
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${SendMessage.Arn}/invocations
  TokenAuthorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Condition: IsProtected
    Properties:
      ApiId: !Ref ChatSocket
      Name: token
      AuthorizerType: REQUEST
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Authorize.Arn}/invocations
      IdentitySource: [route.request.querystring.token]
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: [Connect, Send, Disconnect]
    Properties: {ApiId: !Ref ChatSocket}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      StageName: Prod
      Description: Prod Stage
      DeploymentId: !Ref Deployment
      ApiId: !Ref ChatSocket
  Connections:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: connectionId, AttributeType: S}]
      KeySchema: [{AttributeName: connectionId, KeyType: HASH}]
      TableName: !Ref TableName
  OnConnect:
    Type: AWS::Serverless::Function
    Properties: &function
      CodeUri: onconnect/
      Handler: app.handler
      MemorySize: 256
      Runtime: nodejs22.x
      Environment: {Variables: {TABLE_NAME: !Ref TableName}}
      Policies: [DynamoDBCrudPolicy: {TableName: !Ref TableName}]
  OnDisconnect:
    Type: AWS::Serverless::Function
    Properties: {<<: *function, CodeUri: ondisconnect/}
  SendMessage:
    Type: AWS::Serverless::Function
    Properties:
      <<: *function
      CodeUri: sendmessage/
      Policies:
        - Statement:
            - Effect: Allow
              Action: ['execute-api:ManageConnections']
              Resource: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${ChatSocket}/*
  Authorize:
    Type: AWS::Serverless::Function
    Properties: {<<: *function, CodeUri: authorize/}
  ConnectPermission:
    Type: AWS::Lambda::Permission
    DependsOn: [ChatSocket, OnConnect]
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref OnConnect
      Principal: apigateway.amazonaws.com
Outputs:
  WebSocketURI:
    Value: !Join ['', ['wss://', !Ref ChatSocket, '.execute-api.', !Ref 'AWS::Region', '.amazonaws.com/', !Ref Stage]]
"""


def node_function(logical_id: str, code: str) -> FunctionSpec:
    """A function of the chat."""
    return FunctionSpec(
        logical_id=logical_id,
        name=logical_id,
        arn=f"arn:aws:lambda:us-east-1:000000000000:function:{logical_id}",
        runtime="nodejs22.x",
        handler="app.handler",
        code=FOLDER / code,
        environment={"TABLE_NAME": "chat_connections"},
        memory_mb=256,
    )


def test_a_chat_in_cloudformation_is_read() -> None:
    """All of it, with what its conditions leave out."""
    chat = ApiSpec(
        logical_id="ChatSocket",
        api_id="mvyagdpn8d",
        name="ChatSocket",
        stage="Prod",
        route_selection_expression="$request.body.message",
        routes={
            "$connect": RouteSpec(key="$connect", target="OnConnect"),
            "$disconnect": RouteSpec(key="$disconnect", target="OnDisconnect"),
            "sendmessage": RouteSpec(key="sendmessage", target="SendMessage", timeout_s=12, route_response=True),
        },
    )
    functions = {
        "OnConnect": node_function("OnConnect", "onconnect"),
        "OnDisconnect": node_function("OnDisconnect", "ondisconnect"),
        "SendMessage": node_function("SendMessage", "sendmessage"),
    }
    expected = Stack(apis=(chat,), functions=functions, region="us-east-1", account_id="000000000000")

    assert expected == read(CHAT)


def test_a_parameter_turns_its_authorizer_on() -> None:
    """A condition decides the route's authorization, and whether the authorizer is there at all."""
    stack = read(CHAT, parameters={"Protected": "true"})

    assert (
        AuthorizerSpec(function="Authorize", identity_sources=("route.request.querystring.token",))
        == stack.apis[0].authorizer
    )
    assert FOLDER / "authorize" == stack.functions["Authorize"].code


SAM_CHAT = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31

Globals:
  Function:
    Runtime: python3.13
    Timeout: 10
    Layers: [!Ref Shared]
    Environment:
      Variables:
        TABLE: !Ref Connections
        LOG_LEVEL: INFO
  WebSocketApi:
    DefaultRouteSettings: {ThrottlingRateLimit: 50.5}

Parameters:
  Environment: {Type: String, Default: dev}

Mappings:
  Limits:
    dev: {Burst: 20}
    prod: {Burst: 2000}

Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      Name: !Sub ${AWS::StackName}-chat
      RouteSelectionExpression: $request.body.action
      StageName: !Ref Environment
      StageVariables: {origin: https://chat.example}
      DefaultRouteSettings:
        ThrottlingBurstLimit: !FindInMap [Limits, !Ref Environment, Burst]
      Auth:
        AuthType: CUSTOM
        AuthArn: !GetAtt Authorize.Arn
        IdentitySource: [route.request.header.Authorization, stageVariables.origin]
      Domain:
        DomainName: !Sub "WS-${Environment}.example.com"
        CertificateArn: !ImportValue certificate
        BasePath: [chat, /]
      Routes:
        $connect: {FunctionArn: !GetAtt Connect.Arn}
        $disconnect: {FunctionArn: !GetAtt Connect.Arn}
        sendMessage:
          FunctionArn: !Ref Send.Alias
          IntegrationTimeout: 5000
          RouteResponseSelectionExpression: $default
          ModelSelectionExpression: $request.body.kind
          RequestModels: {text: TextMessage}
        history:
          FunctionArn: !Sub ${Send.Arn}:live
          RouteResponseSelectionExpression: $default
  SendResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Chat, RouteId: !Ref ChatSendmessageRoute, RouteResponseKey: $default}
  TextMessage:
    Type: AWS::ApiGatewayV2::Model
    Properties:
      ApiId: !Ref Chat
      Name: TextMessage
      ContentType: application/json
      Schema: {type: object, required: [text], properties: {text: {type: string, maxLength: 500}}}
  Connect:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions, Handler: connect.handler}
  Send:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub chat-send-${Environment}
      CodeUri: functions
      Handler: send.handler
      Timeout: 30
      AutoPublishAlias: live
      Layers: [!Sub "arn:aws:lambda:${AWS::Region}:017000801446:layer:AWSLambdaPowertoolsPythonV3:7"]
      Environment: {Variables: {LOG_LEVEL: DEBUG, ENDPOINT: !Sub "https://${Chat}.example/${Chat.Stage}"}}
  Authorize:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions, Handler: authorize.handler}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layers/shared}
  Connections:
    Type: AWS::Serverless::SimpleTable
  Thumbnails:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: nobody/asks}
"""


POWERTOOLS = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3:7"

NOTES = (
    (
        "Chat.Routes.history.RouteResponseSelectionExpression has no effect without an AWS::ApiGatewayV2::RouteResponse:"
        " replies are dropped, on AWS too."
    ),
    "Chat.Domain.BasePath: ws-dev.example.com is served with its first mapping only.",
    "Connections (AWS::Serverless::SimpleTable) is not made here; talkroom-Connections stands for it.",
    f"Send.Layers.1: {POWERTOOLS} is on AWS and is not applied here; install it with the function's code.",
)


def python_function(logical_id: str, **more: object) -> FunctionSpec:
    """A function of the chat in SAM."""
    name = str(more.pop("name", logical_id))
    fields = {
        "runtime": "python3.13",
        "handler": f"{logical_id.lower()}.handler",
        "code": FOLDER / "functions",
        "timeout_s": 10,
        "layers": (FOLDER / "layers/shared",),
        "environment": {"TABLE": "talkroom-Connections", "LOG_LEVEL": "INFO"},
    }
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    return FunctionSpec(logical_id=logical_id, name=name, arn=arn, **(fields | more))  # type: ignore[arg-type]


def test_a_chat_of_sams_websocket_api_is_read() -> None:
    """With Globals, an alias, a layer, a model, a custom domain and an authorizer."""
    schema = {
        "type": "object",
        "required": ["text"],
        "properties": {"text": {"type": "string", "maxLength": 500}},
    }
    model = BodyModelSpec(selection_expression="$request.body.kind", schemas={"text": schema})
    chat = ApiSpec(
        logical_id="Chat",
        api_id="akh6d52bga",
        name="talkroom-chat",
        stage="dev",
        routes={
            "$connect": RouteSpec(key="$connect", target="Connect"),
            "$disconnect": RouteSpec(key="$disconnect", target="Connect"),
            "sendMessage": RouteSpec(
                key="sendMessage", target="Send", timeout_s=5, route_response=True, body_model=model
            ),
            "history": RouteSpec(key="history", target="Send"),
        },
        authorizer=AuthorizerSpec(
            function="Authorize", identity_sources=("route.request.header.Authorization", "stageVariables.origin")
        ),
        stage_variables={"origin": "https://chat.example"},
        throttle=ThrottleSpec(rate_limit=50.5, burst_limit=20),
        custom_domains={"ws-dev.example.com": "chat"},
    )
    environment = {"TABLE": "talkroom-Connections", "LOG_LEVEL": "DEBUG", "ENDPOINT": "https://akh6d52bga.example/dev"}
    functions = {
        "Connect": python_function("Connect"),
        "Send": python_function("Send", name="chat-send-dev", timeout_s=30, environment=environment),
        "Authorize": python_function("Authorize"),
    }

    stack = read(SAM_CHAT)

    assert (chat,) == stack.apis
    assert functions == stack.functions
    assert NOTES == stack.notes


CDK_CHAT = r"""
{
 "Resources": {
  "HandlerServiceRoleFCDC14AE": {
   "Type": "AWS::IAM::Role",
   "Properties": {
    "AssumeRolePolicyDocument": {"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow"}], "Version": "2012-10-17"},
    "ManagedPolicyArns": [{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/Basic"]]}]
   },
   "Metadata": {"aws:cdk:path": "Chat/Handler/ServiceRole/Resource"}
  },
  "Handler886CB40B": {
   "Type": "AWS::Lambda::Function",
   "Properties": {
    "Code": {
     "S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"},
     "S3Key": "3f1b0a2c.zip"
    },
    "Environment": {"Variables": {"TABLE_NAME": {"Ref": "TableCD117FA1"}, "RETRIES": 3}},
    "Handler": "index.handler",
    "Role": {"Fn::GetAtt": ["HandlerServiceRoleFCDC14AE", "Arn"]},
    "Runtime": "nodejs22.x",
    "Timeout": 15
   },
   "DependsOn": ["HandlerServiceRoleFCDC14AE"],
   "Metadata": {
    "aws:cdk:path": "Chat/Handler/Resource",
    "aws:asset:path": "asset.3f1b0a2c",
    "aws:asset:is-bundled": false,
    "aws:asset:property": "Code"
   }
  },
  "TableCD117FA1": {
   "Type": "AWS::DynamoDB::Table",
   "Properties": {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]
   },
   "UpdateReplacePolicy": "Retain",
   "DeletionPolicy": "Retain"
  },
  "Api02C5C9E2": {
   "Type": "AWS::ApiGatewayV2::Api",
   "Properties": {
    "Name": "Api",
    "ProtocolType": "WEBSOCKET",
    "RouteSelectionExpression": "$request.body.action"
   },
   "Metadata": {"aws:cdk:path": "Chat/Api/Resource"}
  },
  "ApiconnectRouteConnectIntegrationPermission9B1C3F2A": {
   "Type": "AWS::Lambda::Permission",
   "Properties": {
    "Action": "lambda:InvokeFunction",
    "FunctionName": {"Fn::GetAtt": ["Handler886CB40B", "Arn"]},
    "Principal": "apigateway.amazonaws.com",
    "SourceArn": {
     "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":execute-api:", {"Ref": "AWS::Region"}, ":",
      {"Ref": "AWS::AccountId"}, ":", {"Ref": "Api02C5C9E2"}, "/*$connect"]]
    }
   }
  },
  "ApiconnectRouteConnectIntegration8D1B3A4C": {
   "Type": "AWS::ApiGatewayV2::Integration",
   "Properties": {
    "ApiId": {"Ref": "Api02C5C9E2"},
    "IntegrationType": "AWS_PROXY",
    "IntegrationUri": {
     "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"},
      ":lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["Handler886CB40B", "Arn"]}, "/invocations"]]
    }
   }
  },
  "ApiconnectRoute846149DD": {
   "Type": "AWS::ApiGatewayV2::Route",
   "Properties": {
    "ApiId": {"Ref": "Api02C5C9E2"},
    "AuthorizationType": "AWS_IAM",
    "RouteKey": "$connect",
    "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "ApiconnectRouteConnectIntegration8D1B3A4C"}]]}
   }
  },
  "ApipingRoutePing1F4A6E77": {
   "Type": "AWS::ApiGatewayV2::Integration",
   "Properties": {
    "ApiId": {"Ref": "Api02C5C9E2"},
    "IntegrationType": "MOCK",
    "IntegrationUri": "",
    "RequestTemplates": {"application/json": "{\"statusCode\":200}"},
    "TemplateSelectionExpression": "\\$default"
   }
  },
  "ApipingRoute0C5D9D11": {
   "Type": "AWS::ApiGatewayV2::Route",
   "Properties": {
    "ApiId": {"Ref": "Api02C5C9E2"},
    "AuthorizationType": "NONE",
    "RouteKey": "ping",
    "RouteResponseSelectionExpression": "$default",
    "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "ApipingRoutePing1F4A6E77"}]]}
   }
  },
  "ApipingRouteResponse4B7D1E0F": {
   "Type": "AWS::ApiGatewayV2::RouteResponse",
   "Properties": {
    "ApiId": {"Ref": "Api02C5C9E2"},
    "RouteId": {"Ref": "ApipingRoute0C5D9D11"},
    "RouteResponseKey": "$default"
   }
  },
  "StageFD1F0A3B": {
   "Type": "AWS::ApiGatewayV2::Stage",
   "Properties": {"ApiId": {"Ref": "Api02C5C9E2"}, "AutoDeploy": true, "StageName": "dev"}
  },
  "LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a": {
   "Type": "Custom::LogRetention",
   "Properties": {"ServiceToken": {"Fn::GetAtt": ["SomethingElse", "Arn"]}}
  },
  "CDKMetadata": {
   "Type": "AWS::CDK::Metadata",
   "Properties": {"Analytics": "v2:deflate64:H4sIAAAAAAAA/"},
   "Condition": "CDKMetadataAvailable"
  }
 },
 "Conditions": {
  "CDKMetadataAvailable": {
   "Fn::Or": [
    {"Fn::Or": [{"Fn::Equals": [{"Ref": "AWS::Region"}, "af-south-1"]}, {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}]},
    {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-west-2"]}
   ]
  }
 },
 "Outputs": {
  "Url": {"Value": {"Fn::Join": ["", [{"Fn::GetAtt": ["Api02C5C9E2", "ApiEndpoint"]}, "/dev"]]}}
 },
 "Parameters": {
  "BootstrapVersion": {
   "Type": "AWS::SSM::Parameter::Value<String>",
   "Default": "/cdk-bootstrap/hnb659fds/version",
   "Description": "Version of the CDK Bootstrap resources in this environment. [cdk:skip]"
  }
 },
 "Rules": {
  "CheckBootstrapVersion": {
   "Assertions": [
    {
     "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}]},
     "AssertDescription": "CDK bootstrap stack version 6 required."
    }
   ]
  }
 }
}
"""


def test_what_cdk_synthesises_is_read() -> None:
    """Code is the asset's folder beside the template, as the metadata says, and not the place in S3."""
    handler = FunctionSpec(
        logical_id="Handler886CB40B",
        name="Handler886CB40B",
        arn="arn:aws:lambda:eu-west-1:123456789012:function:Handler886CB40B",
        runtime="nodejs22.x",
        handler="index.handler",
        code=Path("/srv/cdk.out/asset.3f1b0a2c"),
        environment={"TABLE_NAME": "Chat-TableCD117FA1", "RETRIES": "3"},
        timeout_s=15,
    )
    api = ApiSpec(
        logical_id="Api02C5C9E2",
        api_id="zassnpf2gp",
        name="Api",
        stage="dev",
        routes={
            "$connect": RouteSpec(key="$connect", target="Handler886CB40B"),
            "ping": RouteSpec(key="ping", target=MockSpec(), route_response=True),
        },
        authorizer="AWS_IAM",
    )
    expected = Stack(
        apis=(api,),
        functions={"Handler886CB40B": handler},
        region="eu-west-1",
        account_id="123456789012",
        notes=("TableCD117FA1 (AWS::DynamoDB::Table) is not made here; Chat-TableCD117FA1 stands for it.",),
    )

    assert expected == read_template(
        CDK_CHAT, folder=Path("/srv/cdk.out"), region="eu-west-1", account_id="123456789012", stack_name="Chat"
    )
