"""The real server as a process of its own: started, read, stopped and killed."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Self

from talkroom.auth.issue import TokenIssuer

SECRET = "a secret of the end-to-end tests, long enough"
START_PATIENCE_S = 30.0
STOP_PATIENCE_S = 30.0
MAIN = "from talkroom.entrypoints.cli import main; main()"


def talkroom_command(*arguments: str) -> list[str]:
    """The command `talkroom` of this very interpreter."""
    return [sys.executable, "-c", MAIN, *arguments]


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TALKROOM_")} | dict(more or {})


def run_talkroom(
    *arguments: str, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        talkroom_command(*arguments),
        env=clean_environment(environment),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=START_PATIENCE_S,
        check=False,
    )


def issue(
    user: str = "alice",
    rooms: Sequence[str] = ("*",),
    *,
    can: Sequence[str] = ("read", "send"),
    ttl_s: int = 3600,
    secret: str = SECRET,
    audience: str = "talkroom",
    name: str | None = None,
    at_s: float | None = None,
) -> str:
    """A token as a back end would issue it, now or at another time."""
    now_ms = round((time.time() if at_s is None else at_s) * 1000)
    return TokenIssuer(secret, audience=audience).issue(
        user, now_ms=now_ms, name=name, rooms=rooms, can=can, ttl_s=ttl_s
    )


class ServerProcess:
    """`talkroom serve` on a free port of 127.0.0.1, with its database and its log in a folder."""

    def __init__(self, folder: Path, *options: str, secret: str | None = SECRET, port: int = 0) -> None:
        self.folder = folder
        self.log_file = folder / "server.log"
        self._options = options
        self._environment = {} if secret is None else {"TALKROOM_TOKEN_SECRET": secret}
        self.port = port
        self.greeting = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def database(self) -> Path:
        """Where the messages are."""
        return self.folder / "talkroom.db"

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._running.pid

    def start(self) -> None:
        """Start, or start again on the same database; returns when the server has named its port."""
        command = talkroom_command("serve", "--port", str(self.port), "--database", str(self.database), *self._options)
        with self.log_file.open("a") as log:
            self._process = subprocess.Popen(
                command,
                env=clean_environment(self._environment),
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.greeting = self._read_greeting(self._process)
        named = re.match(r".* https?://[^ ]+:(\d+)\n", self.greeting)
        if named is None:
            self.kill()
            raise AssertionError(f"the server said {self.greeting!r} and logged:\n{self.log}")
        self.port = int(named[1])

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._running.send_signal(signal.SIGTERM)

    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl-C does."""
        self._running.send_signal(signal.SIGINT)

    def wait(self) -> int:
        """The exit status, when it comes."""
        status = self._running.wait(STOP_PATIENCE_S)
        self._forget()
        return status

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        """`kill -9`; no error when it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_PATIENCE_S)
            self._forget()

    @property
    def log(self) -> str:
        """Everything that was logged until now."""
        return self.log_file.read_text()

    @property
    def resident_bytes(self) -> int:
        """Memory that the process has now."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def open_files(self) -> int:
        """How many the process has now."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the server is not running"
        return self._process

    @staticmethod
    def _read_greeting(process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        watchdog = Timer(START_PATIENCE_S, process.kill)
        watchdog.start()
        try:
            # It is written at once, and a pipe keeps what is written at once together.
            return os.read(process.stdout.fileno(), 65536).decode()
        finally:
            watchdog.cancel()

    def _forget(self) -> None:
        assert self._running.stdout is not None
        self._running.stdout.close()
        self._process = None
