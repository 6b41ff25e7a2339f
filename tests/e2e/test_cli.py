"""The command line: what it prints, what it refuses and how it says so."""

import re
import socket
import sqlite3
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from talkroom.conformance.wire import Wire, handshake
from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import SECRET, run_talkroom

LOOPBACK = ("--port", "0")


def refused(result: CompletedProcess[str], *words: str) -> None:
    """The last line of standard error is a sentence that names what is wrong; exit status 2; no standard output."""
    assert 2 == result.returncode, result
    assert "" == result.stdout
    assert "Traceback" not in result.stderr
    sentence = result.stderr.splitlines()[-1]
    assert sentence.startswith("Error: ")
    assert all(word in sentence for word in words), sentence


async def test_a_token_is_all_that_is_printed_and_the_server_accepts_it(serve: Serve) -> None:
    """With the development secret that the server has made."""
    server = serve(secret=None)
    result = run_talkroom("token", "--user", "bob", "--room", "lobby", "--database", str(server.database))
    token = result.stdout.removesuffix("\n")

    assert (0, "") == (result.returncode, result.stderr)
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token, re.ASCII)
    async with await Client.open(server.port, token, "lobby") as client:
        await client.do("sendmessage", roomId="lobby", message="x")
        assert ("bob", "bob") == (lambda push: (push["sender"], push["name"]))(await client.push())


async def test_a_token_says_what_its_options_say(serve: Serve) -> None:
    """Name, rooms, capabilities; with a configured secret from the environment."""
    server = serve()
    options = (
        "--user",
        "alice",
        "--name",
        "アリス",
        "--room",
        "a",
        "--room",
        "team-*",
        "--can",
        "read",
        "--ttl",
        "15m",
    )
    result = run_talkroom("token", *options, environment={"TALKROOM_TOKEN_SECRET": SECRET})
    async with await Client.open(server.port, result.stdout.strip(), "team-1") as client:
        joined = await client.ask("join", roomId="a")
        forbidden = await client.ask("join", roomId="b")
        silent = await client.ask("sendmessage", roomId="a", message="x")
        members = await client.do("members", roomId="a")

    assert ["reply", "forbidden", "forbidden"] == [joined["type"], forbidden["name"], silent["name"]]
    assert [{"id": "alice", "name": "アリス"}] == members["members"]


async def test_the_greetings_token_works(serve: Serve) -> None:
    """The greeting's own wscat line can be copied: its URL, its token, its room."""
    server = serve(secret=None)
    line = re.search(r"npx wscat -c ws://localhost:(\d+)/prod -s (\S+) -s lobby", server.greeting)

    assert server.port == int(line[1])
    async with await Wire.upgrade(server.port, protocols=f"{line[2]}, lobby"):
        pass


async def test_the_greeting_shows_no_token_of_a_configured_secret(serve: Serve) -> None:
    """Standard output may go into a log."""
    text = serve().greeting

    assert "eyJ" not in text
    assert SECRET not in text


async def test_the_development_secret_is_the_owners_alone(serve: Serve) -> None:
    """Beside the database, mode 0600, and the same after a restart."""
    server = serve(secret=None)
    file = server.folder / "development-secret"
    secret = file.read_text()
    token = run_talkroom("token", "--user", "bob", "--database", str(server.database)).stdout.strip()
    server.stop()
    server.start()

    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert len(secret.strip()) >= 32
    assert secret == file.read_text()
    async with await Wire.upgrade(server.port, protocols=f"{token}, lobby"):
        pass


def test_the_token_command_makes_the_secret_that_the_server_then_uses(tmp_path: Path) -> None:
    """Whichever comes first."""
    result = run_talkroom("token", "--user", "bob", "--database", str(tmp_path / "new" / "talkroom.db"))

    assert 0 == result.returncode, result
    assert 0o600 == stat.S_IMODE((tmp_path / "new" / "development-secret").stat().st_mode)


def test_the_development_secret_serves_loopback_only(tmp_path: Path) -> None:
    """Nothing is made, nothing listens."""
    result = run_talkroom("serve", "--host", "0.0.0.0", *LOOPBACK, "--database", str(tmp_path / "talkroom.db"))  # noqa: S104

    refused(result, "0.0.0.0", "--token-secret", "TALKROOM_TOKEN_SECRET")  # noqa: S104  # refused is what is tested
    assert [] == list(tmp_path.iterdir())


def test_an_unknown_variable_is_named(tmp_path: Path) -> None:
    """A typing error must not pass for a default."""
    refused(run_talkroom("serve", *LOOPBACK, environment={"TALKROOM_PROT": "1"}, folder=tmp_path), "TALKROOM_PROT")


UNUSABLE = {
    "serve --host ::": ["::", "TALKROOM_TOKEN_SECRET"],
    "serve --host 192.0.2.1": ["192.0.2.1", "TALKROOM_TOKEN_SECRET"],
    "serve --port eighty": ["PORT", "eighty"],
    "serve --port -1": ["--port"],
    "serve --port 65536": ["--port", "65536"],
    "serve --idle-timeout-s 0": ["--idle-timeout-s", "TALKROOM_IDLE_TIMEOUT_S"],
    "serve --idle-timeout-s nan": ["--idle-timeout-s"],
    "serve --durability none": ["--durability", "full"],
    "serve --log-level loud": ["--log-level"],
    "serve --stage a/b": ["--stage"],
    "serve --stage healthz": ["--stage", "healthz"],
    "serve --page maybe": ["--page", "on or off"],
    "serve --token-secret short": ["secret", "32"],
    "serve --token-secret 0123456789012345678901234567890123456789 --token-algorithms none": ["none"],
    "serve --token-key /nowhere/key.pem": ["/nowhere/key.pem"],
    "serve --token-jwks http://keys.example/": ["https"],
    "serve --origins example.com/path": ["example.com/path"],
    "serve --tls-certificate x.pem": ["--tls-certificate", "--tls-key"],
    "serve --tls-certificate /nowhere/c.pem --tls-key /nowhere/k.pem": ["/nowhere/c.pem"],
    "serve --management-access-key-id A": ["--management-secret-access-key"],
    "serve --frame-bytes-max 1": ["--frame-bytes-max", "125"],
    "serve --text-characters-max 1000000": ["--page-bytes-max"],
    "serve --database /proc/nowhere/talkroom.db": ["/proc/nowhere"],
    "serve --database /dev/null/talkroom.db": ["/dev/null"],
    "token --user bob --room  --can read": ["rooms"],
    "token --user bob --can fly": ["fly"],
    "token --user bob --database /proc/nowhere/talkroom.db": ["/proc/nowhere"],
}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Future[CompletedProcess[str]]]]:
    """What becomes of each of these commands; some at a time, because Python takes a while to start."""
    with ThreadPoolExecutor(3) as pool:
        yield {
            command: pool.submit(
                run_talkroom, *command.split(" "), *extra(command), folder=tmp_path_factory.mktemp("cli")
            )
            for command in UNUSABLE
        }


def extra(command: str) -> tuple[str, ...]:
    """A port of the system's choice, in case the command is taken after all."""
    return LOOPBACK if command.startswith("serve") and "--port" not in command else ()


@pytest.mark.parametrize(("command", "words"), UNUSABLE.items(), ids=UNUSABLE)
def test_what_cannot_be_used_is_named(
    started: Mapping[str, Future[CompletedProcess[str]]], command: str, words: list[str]
) -> None:
    """And why, or what it should be."""
    refused(started[command].result(), *words)


def test_a_used_port_is_named(tmp_path: Path) -> None:
    """Which one, and why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run_talkroom("serve", "--port", port, "--database", str(tmp_path / "talkroom.db"))

    refused(result, f"127.0.0.1:{port}", "address already in use")


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 100, b"SQLite format 3\0"])
def test_a_database_that_is_none_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """It may be somebody's only copy of something."""
    database = tmp_path / "talkroom.db"
    database.write_bytes(content)

    refused(run_talkroom("serve", *LOOPBACK, "--database", str(database)), str(database))
    assert content == database.read_bytes()


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """Its tables are not ours."""
    database = tmp_path / "talkroom.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE messages (x)")
    connection.close()
    before = database.read_bytes()

    refused(run_talkroom("serve", *LOOPBACK, "--database", str(database)), str(database))
    assert before == database.read_bytes()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    """It is named."""
    refused(run_talkroom("serve", *LOOPBACK, "--database", str(tmp_path)), str(tmp_path))


def test_a_development_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """It has perhaps been read."""
    file = tmp_path / "development-secret"
    file.write_text("x" * 43)
    file.chmod(0o644)

    refused(run_talkroom("serve", *LOOPBACK, "--database", str(tmp_path / "talkroom.db")), str(file), "0644")


def test_a_duration_that_is_none_is_refused(tmp_path: Path) -> None:
    """By the usage message, with examples."""
    result = run_talkroom("token", "--user", "bob", "--ttl", "1.5h", folder=tmp_path)

    assert (2, "") == (result.returncode, result.stdout)
    assert "not a duration such as 90s" in result.stderr


def test_a_token_cannot_be_made_where_public_keys_verify(tmp_path: Path) -> None:
    """Only the holder of the private key can."""
    environment = {"TALKROOM_TOKEN_KEY": str(tmp_path / "public.pem")}

    refused(run_talkroom("token", "--user", "bob", environment=environment, folder=tmp_path), "private key")


def test_help_names_every_option_with_its_variable() -> None:
    """The manual is made from the table of settings."""
    result = run_talkroom("serve", "--help")

    assert 0 == result.returncode
    assert "--idle-timeout-s" in result.stdout
    assert "TALKROOM_IDLE_TIMEOUT_S" in result.stdout


async def test_messages_in_memory_leave_no_file(serve: Serve, tmp_path: Path) -> None:
    """`--database :memory:` keeps nothing."""
    server = serve("--database", ":memory:")
    async with await Client.open(server.port, await token_of(), "lobby") as client:
        await client.do("sendmessage", roomId="lobby", message="x")

    assert ["server.log"] == [file.name for file in server.folder.iterdir()]


async def token_of() -> str:
    """A token of the configured secret, made by the command."""
    return run_talkroom("token", "--user", "alice", environment={"TALKROOM_TOKEN_SECRET": SECRET}).stdout.strip()


async def test_a_handshake_on_another_stage(serve: Serve) -> None:
    """`--stage` names the path."""
    server = serve("--stage", "chat_2")
    token = await token_of()
    async with await Wire.connect(server.port) as wire:
        wire.send(handshake("/prod", protocols=f"{token}, lobby"))
        assert 403 == (await wire.response()).status
    async with await Wire.upgrade(server.port, "/chat_2", protocols=f"{token}, lobby"):
        pass
