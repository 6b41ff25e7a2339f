"""What a Target invokes."""

from typing import Any

import pytest

from tests.unit.functions.template.kit import REMOVED, change, part, read, read_api, refuse_changed, resource

ARN = "arn:aws:lambda:us-east-1:000000000000:function:Send"
PATH = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"


@pytest.mark.parametrize(
    "uri",
    [
        {
            "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Send.Arn}/invocations"
        },
        {"Fn::Sub": ["${P}/${F}/invocations", {"P": PATH, "F": {"Fn::GetAtt": ["Send", "Arn"]}}]},
        {"Fn::Join": ["", [PATH, "/", {"Fn::GetAtt": ["Send", "Arn"]}, "/invocations"]]},
        {"Fn::Join": ["", [PATH, "/", {"Fn::GetAtt": ["Send", "Arn"]}, ":live/invocations"]]},
        {"Fn::Sub": "${Send.Arn}"},
        {"Fn::Sub": "${Send.Arn}:live"},
        {"Fn::Sub": "${Send.Arn}:$LATEST"},
        {"Fn::Sub": f"{PATH}/${{Send.Alias}}/invocations"},
        {"Fn::Sub": f"{PATH}/${{SendAliaslive}}/invocations"},
        {"Ref": "SendAliaslive"},
        {"Ref": "Send.Alias"},
        {"Ref": "Send.Version"},
        {"Ref": "OwnAlias"},
        {"Fn::Sub": f"{PATH}/${{OwnVersion}}/invocations"},
        ARN,
        f"{PATH}/{ARN}/invocations",
        "arn:aws:lambda:eu-west-1:123456789012:function:Send:7",
    ],
)
def test_a_function_is_found_in_every_spelling(uri: Any) -> None:
    """Alias and version make no difference on one machine."""
    changes = {
        "SendIntegration.IntegrationUri": uri,
        "Send.AutoPublishAlias": "live",
        "OwnAlias": resource("AWS::Lambda::Alias", Name="mine", FunctionName={"Ref": "Send"}),
        "OwnVersion": resource("AWS::Lambda::Version", FunctionName={"Fn::GetAtt": ["Send", "Arn"]}),
    }

    assert "Send" == read_api(changes).routes["send"].target


def test_an_alias_of_sam_has_an_id_without_signs() -> None:
    """As the transform makes it."""
    changes = {"SendIntegration.IntegrationUri": {"Ref": "SendAliasmyDnewUone"}, "Send.AutoPublishAlias": "my-new_one"}

    assert "Send" == read_api(changes).routes["send"].target


@pytest.mark.parametrize(
    ("alias", "said"),
    [
        (
            {"Ref": "Nothing"},
            "SendIntegration.IntegrationUri: 'Send.Alias' names neither a parameter nor a resource of this template",
        ),
        (
            REMOVED,
            "SendIntegration.IntegrationUri: 'Send.Alias' names neither a parameter nor a resource of this template",
        ),
    ],
)
def test_an_alias_that_sam_does_not_make_is_refused(alias: Any, said: str) -> None:
    """When something needs it."""
    assert "send" in read_api({"Send.AutoPublishAlias": alias, "Send.Role": "arn"}).routes
    assert said == refuse_changed(
        {"Send.AutoPublishAlias": alias, "SendIntegration.IntegrationUri": {"Ref": "Send.Alias"}}
    )


def test_an_alias_of_nothing_is_refused() -> None:
    """It needs its function's name."""
    changes = {"Live": resource("AWS::Lambda::Alias", Name="live"), "SendIntegration.IntegrationUri": {"Ref": "Live"}}

    assert "Live.FunctionName: is missing" == refuse_changed(changes)


def test_stage_variables_are_replaced() -> None:
    """One integration for all stages, as the guide has it."""
    uri = {
        "Fn::Sub": f"{PATH}/arn:aws:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{!stageVariables.fn}}/invocations"
    }
    changes = {"SendIntegration.IntegrationUri": uri, "Prod.StageVariables": {"fn": "Send:live"}}

    assert "Send" == read_api(changes).routes["send"].target


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        (REMOVED, "is missing"),
        (f"{PATH}/{ARN}x/invocations", "'Sendx' is no function of this template; it has Send"),
        (
            f"{PATH}/Send/invocations",
            "'Send' is a function's name, and an ARN is wanted here: use !GetAtt",
        ),
        ({"Ref": "Send"}, "'Send' is a function's name, and an ARN is wanted here: use !GetAtt with Arn"),
        ("${Send.Arn}", "'${Send.Arn}' has ${...} left in it, which stays plain text without !Sub"),
        ("https://example.com", "'https://example.com' is not the ARN or the invocation URI of a Lambda function"),
        (
            "arn:aws:apigateway:us-east-1:sqs:action/SendMessage",
            "'arn:aws:apigateway:us-east-1:sqs:action/SendMessage' invokes no Lambda function, and only functions can be served",
        ),
        (
            "arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.fn}",
            "the stage has no variable fn (StageVariables); it has none",
        ),
        ({"Fn::GetAtt": ["Gone", "Arn"]}, "Gone does not exist, because its condition Never is false"),
        ({"Fn::GetAtt": ["Sendd", "Arn"]}, "Sendd names neither a parameter nor a resource of this template"),
    ],
)
def test_a_uri_that_names_no_function_is_refused(uri: Any, said: str) -> None:
    """With what it was taken for."""
    changes = {
        "SendIntegration.IntegrationUri": uri,
        "Gone": {"Type": "AWS::Lambda::Function", "Condition": "Never", "Properties": {}},
    }

    refused = refuse_changed(changes, Conditions={"Never": {"Fn::Equals": ["a", "b"]}})

    assert refused.startswith(f"SendIntegration.IntegrationUri: {said}")


def test_a_name_that_two_functions_have_is_refused() -> None:
    """Nobody can tell which is meant."""
    said = refuse_changed({"Other": resource("AWS::Lambda::Function", FunctionName="Send")})

    assert "SendIntegration.IntegrationUri: Send and Other are all called 'Send'; give them different names" == said


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("integrations/Nothing", "integrations/Nothing names no integration of this template; Api has SendIntegration"),
        (
            "integrations/${Foo}",
            (
                "integrations/${Foo} names no integration of this template (without !Sub, ${...} is plain text);"
                " Api has SendIntegration"
            ),
        ),
        ({"Fn::Sub": "integrations/${Foo}"}, "Foo names neither a parameter nor a resource of this template"),
        (
            {"Ref": "SendIntegration"},
            "'SendIntegration' does not name an integration: it must be integrations/ and its id",
        ),
        (
            "integrations/Elsewhere",
            "integrations/Elsewhere names no integration of this template; Api has SendIntegration",
        ),
    ],
)
def test_a_target_that_is_no_integration_of_the_api_is_refused(target: Any, said: str) -> None:
    """One of another API is none of this one."""
    changes = {
        "SendRoute.Target": target,
        "Http": resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP", Name="http"),
        "Elsewhere": resource("AWS::ApiGatewayV2::Integration", ApiId={"Ref": "Http"}),
    }

    assert f"SendRoute.Target: {said}" == refuse_changed(changes)


@pytest.mark.parametrize(("written", "timeout_s"), [(50, 0.05), ("1500", 1.5), (29000, 29), (REMOVED, 29)])
def test_an_integration_has_its_timeout(written: Any, timeout_s: float) -> None:
    """In milliseconds, from 50 to 29000."""
    assert timeout_s == read_api({"SendIntegration.TimeoutInMillis": written}).routes["send"].timeout_s


@pytest.mark.parametrize("written", [49, 29001, "soon", ["50"]])
def test_a_timeout_that_aws_would_not_take_is_refused(written: Any) -> None:
    """A WebSocket API's cannot be raised."""
    assert refuse_changed({"SendIntegration.TimeoutInMillis": written}).startswith(
        "SendIntegration.TimeoutInMillis: must be "
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"SendIntegration.IntegrationType": "AWS"},
            (
                "SendIntegration.IntegrationType: AWS calls a service of AWS with mapping templates, which is not served here;"
                " AWS_PROXY to a Lambda function and MOCK are"
            ),
        ),
        (
            {"SendIntegration.IntegrationType": "HTTP"},
            (
                "SendIntegration.IntegrationType: HTTP calls another server with mapping templates, which is not served here;"
                " AWS_PROXY to a Lambda function and MOCK are"
            ),
        ),
        (
            {"SendIntegration.IntegrationType": "HTTP_PROXY"},
            (
                "SendIntegration.IntegrationType: HTTP_PROXY calls another server, which is not served here;"
                " AWS_PROXY to a Lambda function and MOCK are"
            ),
        ),
        (
            {"SendIntegration.IntegrationType": "aws_proxy"},
            "SendIntegration.IntegrationType: 'aws_proxy' is not one of AWS_PROXY and MOCK",
        ),
        ({"SendIntegration.IntegrationType": REMOVED}, "SendIntegration.IntegrationType: is missing"),
        (
            {"SendIntegration.ConnectionType": "VPC_LINK"},
            "SendIntegration.ConnectionType: a VPC link leads into a VPC, which is not there on this machine",
        ),
    ],
)
def test_another_kind_of_integration_is_refused(changes: dict[str, Any], said: str) -> None:
    """With the reason, and what is served."""
    assert said == refuse_changed(changes)


def test_an_integration_that_no_route_names_is_not_read() -> None:
    """Whatever it is."""
    assert "send" in read_api({"Other": part("Integration", IntegrationType="HTTP_PROXY")}).routes


def test_what_an_integration_changes_of_a_request_is_noted() -> None:
    """Functions get the event as it is."""
    text = change({"SendIntegration.ContentHandlingStrategy": "CONVERT_TO_BINARY"})

    assert ("SendIntegration.ContentHandlingStrategy has no effect here.",) == read(text).notes
