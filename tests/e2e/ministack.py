"""MiniStack as a process of the tests: the DynamoDB that functions behind the gateway talk to."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import boto3

PYTHON = Path(__file__).parents[2] / ".tools" / "ministack" / "bin" / "python"
START_PATIENCE_S = 60.0
STOP_PATIENCE_S = 30.0
REGION = "us-east-1"


class MiniStack:
    """DynamoDB on a free port of 127.0.0.1; everything that it writes is in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log_file = folder / "ministack.log"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    command: Sequence[str] = (str(PYTHON), "-m", "ministack")
    variables: Mapping[str, str] = MappingProxyType({"SERVICES": "dynamodb"})

    def __enter__(self) -> Self:
        assert PYTHON.exists(), "MiniStack is missing: run `make test`, or `make .tools/ministack/installed`"
        # Without BIND_HOST it listens on every address, and without TMPDIR it writes to the machine's.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            # These listen on ports of their own, which are always the same.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            **self.variables,
        }
        with self.log_file.open("w") as log:
            self._process = subprocess.Popen(self.command, env=environment, cwd=self.folder, stdout=log, stderr=log)
        try:
            self._answer()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def endpoint(self) -> str:
        """Of every service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs in its environment so that its AWS SDK finds DynamoDB here."""
        return {
            "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint,
            "AWS_ACCESS_KEY_ID": "ministack",
            "AWS_SECRET_ACCESS_KEY": "a secret that MiniStack does not look at",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    @contextmanager
    def dynamodb(self) -> Iterator[Any]:
        """A boto3 client."""
        client = boto3.client(
            "dynamodb",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="ministack",
            aws_secret_access_key="ministack",
        )
        try:
            yield client
        finally:
            client.close()

    def create_table(self, properties: Mapping[str, Any], name: str) -> None:
        """Create what a template declares: properties of an `AWS::DynamoDB::Table`, its references resolved, under another name."""
        # The one property that CloudFormation has and CreateTable has not.
        rest = {key: value for key, value in properties.items() if key != "TimeToLiveSpecification"}
        with self.dynamodb() as client:
            client.create_table(**rest | {"TableName": name})

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All of a small table, as DynamoDB has them."""
        with self.dynamodb() as client:
            page = client.scan(TableName=table, ConsistentRead=True)
        assert "LastEvaluatedKey" not in page, f"{table} is too large for this"
        return page["Items"]

    def _answer(self) -> None:
        """Return when it does."""
        assert self._process is not None
        deadline = time.monotonic() + START_PATIENCE_S
        while True:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=START_PATIENCE_S):
                    return
            except (urllib.error.URLError, ConnectionError) as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"MiniStack does not answer:\n{self.log_file.read_text()}") from error
            time.sleep(0.05)  # nothing tells when it listens

    def _stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_PATIENCE_S)


def free_port() -> int:
    """A port that was free a moment ago: MiniStack cannot be told to choose one and say which."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
