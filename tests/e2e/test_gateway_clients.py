"""Clients as they are, against `talkroom gateway`: Chromium, wscat, the AWS CLI and boto3."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect

from tests.e2e.node_tools import BROWSER_SCRIPT, chromium, node, wscat
from tests.e2e.template_gateway import GatewayProcess

PATIENCE_S = 60.0

TEMPLATE = """
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: api, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Echo.Arn}
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $connect, Target: !Sub "integrations/${Integration}"}
  Default:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $default
      Target: !Sub "integrations/${Integration}"
      RouteResponseSelectionExpression: $default
  Answer:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Api, RouteId: !Ref Default, RouteResponseKey: $default}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: prod}
  Echo:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.echo
      Code:
        ZipFile: |
          def echo(event, context):
              here = event["requestContext"]
              if here["eventType"] == "CONNECT":
                  offered = event["headers"].get("Sec-WebSocket-Protocol", "").split(",")[0]
                  return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": offered} if offered else {}}
              return {"statusCode": 200, "body": here["connectionId"] if event["body"] == "id" else event["body"]}
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    """An API that echoes, and tells a connection its id."""
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    with GatewayProcess(tmp_path, template, environment={}) as process:
        yield process


def credentials(gateway: GatewayProcess) -> tuple[str, str]:
    """The key pair that the gateway made, from where it keeps it."""
    key = json.loads((gateway.template.parent / ".talkroom" / "development-key.json").read_text())
    return key["AccessKeyId"], key["SecretAccessKey"]


async def run(*command: str, said: str = "", environment: dict[str, str] | None = None) -> tuple[int | None, str]:
    """A program to its end: status, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=None if environment is None else {**os.environ, **environment},
    )
    async with asyncio.timeout(PATIENCE_S):
        output, errors = await process.communicate(said.encode())
    return process.returncode, (output + errors).decode()


async def test_a_page_in_chromium_talks(gateway: GatewayProcess) -> None:
    """The subprotocol that the function chose is the page's."""
    process = await asyncio.create_subprocess_exec(
        *(node(), str(BROWSER_SCRIPT), chromium()),
        *(f"http://localhost:{gateway.port}/prod", gateway.url, "a-token"),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        opened = json.loads(await process.stdout.readline())
        process.stdin.write("こんにちは\n".encode())
        message = json.loads(await process.stdout.readline())
        process.stdin.close()
        closed = json.loads(await process.stdout.readline())
        await process.wait()

    assert ("open", "talkroom.v1") == (opened["event"], opened["protocol"])
    assert "こんにちは" == message["data"]
    assert (1000, True) == (closed["code"], closed["wasClean"])


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_wscat_talks(gateway: GatewayProcess, scheme: str) -> None:
    """Plain, and over TLS with the certificate not looked at."""
    url = gateway.url.replace("ws://", f"{scheme}://")
    process = await asyncio.create_subprocess_exec(
        wscat(), "-n", "-c", url, "-x", "hello", "-w", "2", stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        said = await process.stdout.readline()
        process.terminate()
        await process.communicate()

    assert b"hello" in said


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_aws_cli_posts(gateway: GatewayProcess, scheme: str) -> None:
    """With the key that was printed, at the endpoint that was printed."""
    key_id, secret = credentials(gateway)
    environment = {
        "HOME": str(gateway.folder),
        "AWS_ACCESS_KEY_ID": key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CA_BUNDLE": str(gateway.template.parent / ".talkroom" / "authority" / "ca.pem"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    message = gateway.folder / "message"
    message.write_text("hi")
    async with connect(gateway.url) as client:
        await client.send("id")
        connection_id = str(await client.recv())
        status, said = await run(
            *(str(Path(sys.executable).with_name("aws")), "apigatewaymanagementapi", "post-to-connection"),
            *("--endpoint-url", f"{scheme}://localhost:{gateway.port}/prod", "--connection-id", connection_id),
            *("--data", f"fileb://{message}"),
            environment=environment,
        )

        assert (0, "") == (status, said)
        assert "hi" == await client.recv()


async def test_boto3_gets_gone_for_a_closed_connection(gateway: GatewayProcess) -> None:
    """As the exception of the SDK; and the wrong secret is refused."""
    key_id, secret = credentials(gateway)
    options = {"endpoint_url": f"http://localhost:{gateway.port}/prod", "region_name": "us-east-1"}
    management = boto3.client(
        "apigatewaymanagementapi", aws_access_key_id=key_id, aws_secret_access_key=secret, **options
    )
    stranger = boto3.client(
        "apigatewaymanagementapi", aws_access_key_id=key_id, aws_secret_access_key="wrong", **options
    )
    async with connect(gateway.url) as client:
        await client.send("id")
        connection_id = str(await client.recv())
        info = await asyncio.to_thread(management.get_connection, ConnectionId=connection_id)
        with pytest.raises(ClientError, match="InvalidSignatureException"):
            await asyncio.to_thread(stranger.get_connection, ConnectionId=connection_id)

    assert "127.0.0.1" == info["Identity"]["SourceIp"]
    with pytest.raises(management.exceptions.GoneException):
        await asyncio.to_thread(management.post_to_connection, ConnectionId=connection_id, Data=b"hi")
