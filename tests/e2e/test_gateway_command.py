"""`talkroom gateway` from the command line: what it says, and what it refuses."""

import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests.e2e.server import run_talkroom
from tests.e2e.template_gateway import GatewayProcess

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: hello}
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: api, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Tell.Arn}
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
    Properties: {ApiId: !Ref Api, StageName: dev, StageVariables: {colour: blue}}
  Tell:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.tell
      CodeUri: src
      Environment:
        Variables:
          GREETING: !Ref Greeting
          ENDPOINT: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Stage}"
          OVERRIDDEN: template
"""
CODE = """
import json, os
def tell(event, context):
    return {"statusCode": 200, "body": json.dumps({"event": event, "environment": dict(os.environ)})}
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A template whose function tells what it sees."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(CODE)
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    return template


@pytest.fixture
def variables(tmp_path: Path) -> Path:
    """A file as for `sam local --env-vars`."""
    file = tmp_path / "env.json"
    file.write_text(
        json.dumps({"Parameters": {"SHARED": 1, "OVERRIDDEN": "all"}, "Tell": {"OVERRIDDEN": "own", "FLAG": True}})
    )
    return file


@pytest.fixture
def gateway(application: Path, variables: Path, tmp_path: Path) -> Iterator[GatewayProcess]:
    """With a parameter, and what functions may get of the developer's environment."""
    environment = {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9", "SECRET_OF_MINE": "no", "AWS_REGION": "eu-west-3"}
    options = ("--parameter", "Greeting=ola", "--env-vars", str(variables))
    with GatewayProcess(tmp_path, application, *options, environment=environment) as process:
        yield process


async def told(gateway: GatewayProcess) -> dict[str, dict[str, object]]:
    """What the function sees of a message."""
    async with connect(gateway.url) as client:
        await client.send("tell")
        return json.loads(await client.recv())  # type: ignore[no-any-return]


async def test_a_functions_environment_is_the_templates_with_what_was_given(gateway: GatewayProcess) -> None:
    """Parameters, overrides for all and for one, endpoints of AWS's stand-ins, local endpoints; nothing else of the developer's."""
    seen = (await told(gateway))["environment"]
    expected = {
        "GREETING": "ola",
        "SHARED": "1",
        "OVERRIDDEN": "own",
        "FLAG": "true",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
        "AWS_REGION": "eu-west-3",
        "ENDPOINT": f"https://localhost:{gateway.port}/dev",
    }

    assert expected == {name: seen.get(name) for name in expected}
    assert "SECRET_OF_MINE" not in seen


async def test_the_event_names_stage_and_the_port_that_the_client_used(gateway: GatewayProcess) -> None:
    """So that `https://{domainName}/{stage}` is the endpoint."""
    event = (await told(gateway))["event"]
    context = event["requestContext"]
    assert isinstance(context, dict)

    assert (f"localhost:{gateway.port}", "dev", "$default") == (
        context["domainName"],
        context["stage"],
        context["routeKey"],
    )
    assert {"colour": "blue"} == event["stageVariables"]


async def test_the_port_speaks_wss_under_the_authority_beside_the_template(
    gateway: GatewayProcess, application: Path
) -> None:
    """Verified by its certificate, name and all."""
    trust = ssl.create_default_context(cafile=str(application.parent / ".talkroom" / "authority" / "ca.pem"))
    async with connect(gateway.url.replace("ws://", "wss://"), ssl=trust) as client:
        await client.send("tell")

        assert "statusCode" not in json.loads(await client.recv())


async def test_what_is_kept_beside_the_template_is_private_and_not_for_git(
    gateway: GatewayProcess, application: Path
) -> None:
    """A key, and the authority's."""
    folder = application.parent / ".talkroom"

    assert "*" == (folder / ".gitignore").read_text().strip()
    assert 0o700 == folder.stat().st_mode & 0o777
    assert 0o600 == (folder / "development-key.json").stat().st_mode & 0o777


async def test_the_secret_is_shown_only_when_it_was_made_here(application: Path, tmp_path: Path) -> None:
    """The developer's own is named by its id."""
    own = {"AWS_ACCESS_KEY_ID": "AKIDOFMINE", "AWS_SECRET_ACCESS_KEY": "my very own secret"}
    with GatewayProcess(tmp_path, application, environment=own) as process:
        seen = (await told(process))["environment"]

        assert ("AKIDOFMINE", "my very own secret") == (seen["AWS_ACCESS_KEY_ID"], seen["AWS_SECRET_ACCESS_KEY"])
        assert "AKIDOFMINE" in process.greeting
        assert "my very own secret" not in process.greeting + process.log


@pytest.mark.parametrize("name", ["gateway", "start-websocket-api"])
def test_check_says_what_would_be_served(application: Path, name: str) -> None:
    """And does not serve it."""
    done = run_talkroom(name, "--check", "--template", str(application))

    assert (0, "") == (done.returncode, done.stderr)
    assert "API Api: stage dev, routes $default" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--template", "nowhere.yaml"), r"nowhere\.yaml cannot be read"),
        (("--check",), r"there is no template here"),
        (("--parameter", "Greeting"), r"'Greeting' is not of the form NAME=VALUE"),
        (("--template", "T", "--parameter", "Other=1"), r"Other"),
        (("--template", "T", "--stage", "prod", "--check"), r"prod"),
        (("--template", "T", "--env-vars", "T"), r"--env-vars .*must be JSON"),
        (("--template", "T", "--keys", "T"), r"The keys are not JSON"),
        (("--template", "T", "--idle-timeout-s", "soon"), r"--idle-timeout-s"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    application: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """With status 2, no traceback, and nothing started."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    given = [str(application) if option == "T" else option for option in options]
    done = run_talkroom("gateway", *given, folder=elsewhere)

    assert 2 == done.returncode
    assert re.search(said, done.stderr)
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(gateway: GatewayProcess, application: Path) -> None:
    """By address and reason."""
    done = run_talkroom("gateway", "--template", str(application), "--port", str(gateway.port))

    assert 2 == done.returncode
    assert f"cannot listen on 127.0.0.1:{gateway.port}" in done.stderr


def test_a_stop_signal_ends_the_gateway_and_its_functions(gateway: GatewayProcess) -> None:
    """Exit status 0, and no process is left."""
    children = gateway.children

    assert 0 == gateway.stop()
    assert [] == [child for child in children if Path(f"/proc/{child}").exists()]
