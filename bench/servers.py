"""The servers that are measured: how each is started, when it is ready, how it is stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import chat_token

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
PEERS = HERE / "peers"
READY_TIMEOUT_S = 30
STOP_TIMEOUT_S = 15
LOG_TAIL_CHARACTERS = 2000


class ServerFailed(Exception):
    """A server ended by itself under load."""


@dataclass(frozen=True)
class Server:
    """One thing to measure. `flavour` is the generator's name for its protocol."""

    name: str
    title: str
    flavour: str
    command: Sequence[str]
    environment: Callable[[int, Path, str], dict[str, str]]
    is_ready: Callable[[int], bool]


@dataclass(frozen=True)
class Running:
    """A server that is ready for load."""

    server: Server
    port: int
    pid: int
    token: str


def every_server(talkroom: Sequence[str]) -> list[Server]:
    """Ours in both durabilities, then the peers, in the order of the table's columns."""
    return [
        Server("talkroom", "Talkroom", "talkroom", talkroom, _talkroom_environment("full"), _says_ready),
        Server("talkroom-os", "T. (os)", "talkroom", talkroom, _talkroom_environment("os"), _says_ready),
        Server("ws", "Node ws", "ws", ("node", str(PEERS / "ws_broadcast.js")), _peer_environment, _listens),
        Server("socketio", "Socket.IO", "socketio", ("node", str(PEERS / "socketio.js")), _peer_environment, _listens),
    ]


def talkroom_command() -> list[str]:
    """The command of the checkout's own environment, or the module when it is installed elsewhere."""
    installed = REPOSITORY / ".venv" / "bin" / "talkroom"
    return (
        [str(installed), "serve"] if installed.exists() else [sys.executable, "-m", "talkroom.entrypoints.cli", "serve"]
    )


def install_peers() -> None:
    """`npm ci` when the lock file is newer than what is installed."""
    installed = PEERS / "node_modules" / ".package-lock.json"
    lock = PEERS / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    if not shutil.which("npm"):
        raise SystemExit("bench: Node 20 and npm are needed for the servers to compare with")
    subprocess.run(["npm", "ci", "--silent"], cwd=PEERS, check=True)


@contextmanager
def started(server: Server, core: int, folder: Path) -> Iterator[Running]:
    """The server on its own core, with its own empty database; it ends with the context."""
    port, secret = _free_port(), chat_token.new_secret()
    environment = {**os.environ, **server.environment(port, folder, secret)}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            server.command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    try:
        _wait_until_ready(server, process, port, log)
        yield Running(server, port, process.pid, chat_token.issue(secret))
        if process.poll() is not None:
            raise ServerFailed(f"{server.title} ended by itself")
    except Exception as error:
        error.add_note(f"The server's last words: {_tail(log)}")
        raise
    finally:
        _stop(process)


def _talkroom_environment(durability: str) -> Callable[[int, Path, str], dict[str, str]]:
    """Everything as in production, but for the limit on commands, which is there to stop such a load."""

    def environment(port: int, folder: Path, secret: str) -> dict[str, str]:
        return {
            "TALKROOM_HOST": "127.0.0.1",
            "TALKROOM_PORT": str(port),
            "TALKROOM_DATABASE": str(folder / "bench.db"),
            "TALKROOM_DURABILITY": durability,
            "TALKROOM_TOKEN_SECRET": secret,
            "TALKROOM_COMMANDS_PER_S": "1000000",
            "TALKROOM_COMMANDS_BURST": "1000000",
        }

    return environment


def _peer_environment(port: int, folder: Path, secret: str) -> dict[str, str]:
    return {"PORT": str(port), "NODE_ENV": "production"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _says_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """A server that does not even start ends the whole run: every further trial would only say so again."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not server.is_ready(port):
        if process.poll() is not None:
            raise SystemExit(f"bench: {server.title} did not start: {_tail(log)}")
        if time.monotonic() > deadline:
            raise SystemExit(f"bench: {server.title} was not ready after {READY_TIMEOUT_S} s: {_tail(log)}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM first. The drain is not what we measure, so an impatient end is all right."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-LOG_TAIL_CHARACTERS:].strip() or "it said nothing"
