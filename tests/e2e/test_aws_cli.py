"""The AWS CLI as it is, against the real server."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from talkroom.conformance.wire import Closed, Wire
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue
from tests.e2e.test_management import KEY, KEY_ID, OPTIONS, connection_id_of

CLI = Path(sys.executable).with_name("aws")
PATIENCE_S = 60.0
SERVICE_ERROR = (254, 255)
"""Exit statuses of a call that the service refused: of version 2 of the CLI, and of version 1."""


@dataclass(frozen=True)
class Terminal:
    """A shell of somebody who has nothing configured but the key."""

    home: Path
    server: ServerProcess
    variables: Mapping[str, str]

    async def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A line of a shell, to its end."""
        environment = {
            "HOME": str(self.home),
            "PATH": f"{CLI.parent}:{os.environ['PATH']}",
            "AWS_CONFIG_FILE": str(self.home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "LC_ALL": "C.UTF-8",
            **self.variables,
        }
        return await asyncio.to_thread(
            subprocess.run,
            ["bash", "-c", command],
            env=environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    async def call(self, operation: str, connection_id: str, more: str = "") -> subprocess.CompletedProcess[str]:
        """A call of the management API."""
        endpoint = f"--endpoint-url http://127.0.0.1:{self.server.port}/prod"
        return await self.run(
            f"aws apigatewaymanagementapi {operation} {endpoint} --region us-east-1 --connection-id {connection_id} {more}"
        )


@pytest.fixture
def terminal(serve: Serve, tmp_path: Path) -> Terminal:
    """With the key of a server of its own."""
    return Terminal(tmp_path, serve(*OPTIONS), {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": KEY})


@pytest.fixture
async def wire(terminal: Terminal) -> AsyncIterator[Wire]:
    """A connection to that server."""
    async with await Wire.upgrade(
        terminal.server.port, headers=[("User-Agent", "tests/1")], protocols=f"talkroom.v1, {issue()}, lobby"
    ) as connection:
        yield connection


async def test_it_posts_a_file(terminal: Terminal, wire: Wire) -> None:
    """Byte for byte, and prints nothing."""
    (terminal.home / "message").write_text("お知らせ: hello")
    connection_id = await connection_id_of(terminal.server, wire)
    done = await terminal.call("post-to-connection", connection_id, "--data fileb://message")

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert "お知らせ: hello" == await wire.text()


async def test_it_shows_a_connection(terminal: Terminal, wire: Wire) -> None:
    """With times that it understands."""
    done = await terminal.call("get-connection", await connection_id_of(terminal.server, wire))
    shown = json.loads(done.stdout)

    assert {"ConnectedAt", "Identity", "LastActiveAt"} == set(shown)
    assert {"SourceIp": "127.0.0.1", "UserAgent": "tests/1"} == shown["Identity"]


async def test_it_closes_a_connection(terminal: Terminal, wire: Wire) -> None:
    """And then says that it is gone."""
    connection_id = await connection_id_of(terminal.server, wire)
    done = await terminal.call("delete-connection", connection_id)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert Closed(1000, "Connection Closed Normally") == await wire.closed()
    gone = await terminal.call("post-to-connection", connection_id, "--data x")
    assert gone.returncode in SERVICE_ERROR
    assert (
        f"An error occurred (GoneException) when calling the PostToConnection operation: connection {connection_id} is not open"
        == gone.stderr.strip()
    )


async def test_another_secret_is_refused(terminal: Terminal) -> None:
    """In AWS's words."""
    stranger = Terminal(terminal.home, terminal.server, {**terminal.variables, "AWS_SECRET_ACCESS_KEY": "another"})
    refused = await stranger.call("get-connection", "R0oXAdfD0kwCH6w=")

    assert refused.returncode in SERVICE_ERROR
    assert (
        "An error occurred (InvalidSignatureException) when calling the GetConnection operation: The request"
        in refused.stderr
    )


async def test_a_malformed_id_is_named(terminal: Terminal) -> None:
    """In the words captured on AWS."""
    refused = await terminal.call("get-connection", "cjy8i76bx002884le6n17d49b")

    assert refused.returncode in SERVICE_ERROR
    assert "(BadRequestException)" in refused.stderr
    assert refused.stderr.strip().endswith("Invalid connectionId: cjy8i76bx002884le6n17d49b")
