"""The key that a server in development makes for itself: shown once it is made, good for AWS's tools, and never made elsewhere."""

import re
import stat
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from talkroom.conformance.wire import Wire
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, run_talkroom
from tests.e2e.test_aws_cli import Terminal
from tests.e2e.test_management import KEY, KEY_ID, OPTIONS, connection_id_of, sdk

FILE = "development-key.json"


def exports(server: ServerProcess) -> dict[str, str]:
    """The variables that the greeting sets."""
    return dict(re.findall(r"^  export (\w+)=(\S+)$", server.greeting, re.MULTILINE))


def refusal(server: ServerProcess, key_id: str = KEY_ID, secret: str = KEY) -> str:
    """Why a call with this key is refused."""
    client = sdk(server, secret, key_id)
    try:
        client.get_connection(ConnectionId="R0oXAdfD0kwCH6w=")
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    finally:
        client.close()
    raise AssertionError("there is no such connection")


async def test_the_greetings_line_posts(serve: Serve, tmp_path: Path) -> None:
    """Its exports and its line of the AWS CLI can be copied; only the connection's id is to be filled in."""
    server = serve(secret=None)
    token = re.search(r"-s (\S+) -s lobby", server.greeting)
    line = re.search(r"^  (echo hello \| aws .*) --connection-id ID$", server.greeting, re.MULTILINE)
    async with await Wire.upgrade(server.port, protocols=f"talkroom.v1, {token[1]}, lobby") as wire:
        connection_id = await connection_id_of(server, wire)
        done = await Terminal(tmp_path, server, exports(server)).run(f"{line[1]} --connection-id {connection_id}")

        assert (0, "") == (done.returncode, done.stderr)
        assert "hello\n" == await wire.text()


def test_the_key_is_the_owners_alone_and_stays(serve: Serve) -> None:
    """Beside the database, mode 0600, and the same after a restart."""
    server = serve(secret=None)
    first = exports(server)
    server.stop()
    server.start()

    assert 0o600 == stat.S_IMODE((server.folder / FILE).stat().st_mode)
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} == set(first)
    assert first == exports(server)
    assert "GoneException" == refusal(server, first["AWS_ACCESS_KEY_ID"], first["AWS_SECRET_ACCESS_KEY"])


def test_a_profile_can_name_the_file(serve: Serve, tmp_path: Path, monkeypatch) -> None:
    """As a credential process, so that nothing has to be copied."""
    server = serve(secret=None)
    config = tmp_path / "config"
    config.write_text(f"[profile talkroom]\ncredential_process = cat '{server.folder / FILE}'\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    found = boto3.Session(profile_name="talkroom").get_credentials()

    assert exports(server)["AWS_SECRET_ACCESS_KEY"] == found.secret_key


def test_another_key_is_refused(serve: Serve) -> None:
    """A development server is not open to whoever finds its port."""
    assert "UnrecognizedClientException" == refusal(serve(secret=None))


def test_no_key_is_made_where_a_token_secret_is_configured(serve: Serve) -> None:
    """There the management API stays closed until it gets a key of its own."""
    server = serve()

    assert not (server.folder / FILE).exists()
    assert {} == exports(server)
    assert "ForbiddenException" == refusal(server)


def test_no_key_is_made_where_one_is_configured(serve: Serve) -> None:
    """That one counts, and is not shown."""
    server = serve(*OPTIONS, secret=None)

    assert not (server.folder / FILE).exists()
    assert KEY not in server.greeting
    assert "GoneException" == refusal(server)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """It has perhaps been read."""
    file = tmp_path / FILE
    file.write_text("{}")
    file.chmod(0o644)
    result = run_talkroom("serve", "--port", "0", "--database", str(tmp_path / "talkroom.db"))

    assert 2 == result.returncode
    assert f"Error: The development key {file} may be read by others (mode 0644)" in result.stderr


def test_the_key_never_reaches_the_log(serve: Serve) -> None:
    """At any level, used or not."""
    server = serve("--log-level", "debug", secret=None)
    made = exports(server)
    refusal(server, made["AWS_ACCESS_KEY_ID"], made["AWS_SECRET_ACCESS_KEY"])
    refusal(server, made["AWS_ACCESS_KEY_ID"], "another")

    assert made["AWS_SECRET_ACCESS_KEY"] not in server.log
