"""docs/howto/run-your-api-gateway-app-locally.md: its application runs, and its files are read, as it says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from talkroom.gateway.signing_keys import read_keys
from tests.docs.support import DOCS, Fence, fences
from tests.e2e.template_gateway import GatewayProcess

PAGE = DOCS / "howto" / "run-your-api-gateway-app-locally.md"


def block(language: str, holding: str) -> Fence:
    """The one block of a language that holds a text."""
    (found,) = [fence for fence in fences(PAGE) if fence.language == language and holding in fence.text]
    return found


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """The page's files, written where it says; the path of the template."""
    for fence in fences(PAGE):
        if len(fence.info) == 2:
            path = tmp_path / fence.info[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.text)
    return tmp_path / "template.yaml"


@pytest.fixture
def gateway(application: Path, tmp_path: Path) -> Iterator[GatewayProcess]:
    """The page's command."""
    variables = tmp_path / "env.json"
    variables.write_text(block("json", '"Parameters"').text)
    with GatewayProcess(tmp_path, application, "--env-vars", str(variables), environment={}) as process:
        yield process


async def test_the_function_of_the_page_answers_through_connections(gateway: GatewayProcess) -> None:
    """With boto3 at the endpoint that it makes from the event, over TLS."""
    async with connect(gateway.url) as client:
        await client.send('{"action":"hello"}')

        assert "hello from Lambda" == await client.recv()


def test_the_greeting_is_as_shown(gateway: GatewayProcess) -> None:
    """But for the port, and the id, which is another one in every template."""
    shown = PAGE.read_text().split("It says where everything is:\n\n")[1].split("\n\n")[0]
    expected = [line.removeprefix("    ") for line in shown.splitlines()]
    seen = re.sub(r"localhost:\d+", "localhost:3001", gateway.greeting)

    assert [line for line in expected if line not in seen.splitlines()] == []


def test_the_keys_of_the_page_are_read() -> None:
    """The second may do nothing."""
    allowed, denied = read_keys(block("json", "accessKeyId").text)

    assert allowed.policy is None
    assert denied.policy is not None
    assert [] == list(denied.policy.statement)
