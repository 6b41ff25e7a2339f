"""CloudFormation's names of the resources that are read."""

from typing import Final

API: Final = "AWS::ApiGatewayV2::Api"
API_MAPPING: Final = "AWS::ApiGatewayV2::ApiMapping"
AUTHORIZER: Final = "AWS::ApiGatewayV2::Authorizer"
DEPLOYMENT: Final = "AWS::ApiGatewayV2::Deployment"
DOMAIN_NAME: Final = "AWS::ApiGatewayV2::DomainName"
INTEGRATION: Final = "AWS::ApiGatewayV2::Integration"
INTEGRATION_RESPONSE: Final = "AWS::ApiGatewayV2::IntegrationResponse"
MODEL: Final = "AWS::ApiGatewayV2::Model"
ROUTE: Final = "AWS::ApiGatewayV2::Route"
ROUTE_RESPONSE: Final = "AWS::ApiGatewayV2::RouteResponse"
STAGE: Final = "AWS::ApiGatewayV2::Stage"

FUNCTION: Final = "AWS::Lambda::Function"
ALIAS: Final = "AWS::Lambda::Alias"
VERSION: Final = "AWS::Lambda::Version"
LAYER_VERSION: Final = "AWS::Lambda::LayerVersion"

SAM_FUNCTION: Final = "AWS::Serverless::Function"
SAM_LAYER_VERSION: Final = "AWS::Serverless::LayerVersion"
SAM_WEBSOCKET_API: Final = "AWS::Serverless::WebSocketApi"

FUNCTIONS: Final = (FUNCTION, SAM_FUNCTION)
LAYER_VERSIONS: Final = (LAYER_VERSION, SAM_LAYER_VERSION)
NESTED_STACKS: Final = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")
OTHER_APIS: Final = ("AWS::ApiGateway::RestApi", "AWS::Serverless::Api", "AWS::Serverless::HttpApi")
