"""The development key is made once, has the form that AWS's tools read, and is kept from everybody else."""

import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from botocore.credentials import ProcessProvider

from talkroom.auth.development_key import ACCESS_KEY_ID_PREFIX, read_or_create_key
from talkroom.auth.errors import InvalidSettings

SECRET = "x" * 40
GOOD = {"Version": 1, "AccessKeyId": "AKIDTALKROOMABCDEFGH", "SecretAccessKey": SECRET}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the key goes; the directory is not there yet."""
    return tmp_path / "data" / "key.json"


def a_file(path: Path, content: str, mode: int = 0o600) -> Path:
    """One that is there already."""
    path.parent.mkdir()
    path.write_text(content)
    path.chmod(mode)
    return path


def test_a_key_is_made_on_the_first_run(path: Path) -> None:
    """Of the lengths that AWS's have, with an id that AWS never gives: those begin with AKIA or ASIA."""
    key = read_or_create_key(path)

    assert re.fullmatch(ACCESS_KEY_ID_PREFIX + "[A-Z2-7]{8}", key.access_key_id)
    assert re.fullmatch("[A-Za-z0-9_-]{40}", key.secret_access_key)


def test_two_keys_differ(tmp_path: Path) -> None:
    """In both halves."""
    one, other = read_or_create_key(tmp_path / "a"), read_or_create_key(tmp_path / "b")

    assert one.access_key_id != other.access_key_id
    assert one.secret_access_key != other.secret_access_key


def test_the_same_key_is_read_on_later_runs(path: Path) -> None:
    """What was copied from the first greeting stays good."""
    assert read_or_create_key(path) == read_or_create_key(path)


def test_only_the_owner_may_read_it(path: Path) -> None:
    """And nothing else is left behind."""
    read_or_create_key(path)

    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(path.parent.iterdir())


def test_threads_that_start_at_once_agree(path: Path) -> None:
    """Whoever comes second reads the first one's."""
    together = Barrier(16)

    def start(_number: int) -> str:
        together.wait()
        return read_or_create_key(path).secret_access_key

    with ThreadPoolExecutor(16) as threads:
        assert 1 == len(set(threads.map(start, range(16))))


def test_the_file_is_one_of_a_credential_process(path: Path) -> None:
    """A profile of the AWS CLI may name `cat` and the file."""
    key = read_or_create_key(path)
    profile = {"profiles": {"talkroom": {"credential_process": f"cat {shlex.quote(str(path))}"}}}
    found = ProcessProvider("talkroom", lambda: profile).load()

    assert found is not None
    assert (key.access_key_id, key.secret_access_key) == (found.access_key, found.secret_key)


@pytest.mark.parametrize(
    "content",
    [
        "",
        SECRET,
        "[" * 4000,
        json.dumps([GOOD]),
        json.dumps(GOOD | {"Version": SECRET}),
        json.dumps(GOOD | {"AccessKeyId": None}),
        json.dumps(GOOD | {"AccessKeyId": ""}),
        json.dumps(GOOD | {"AccessKeyId": "a/b"}),
        json.dumps(GOOD | {"SecretAccessKey": SECRET[:31]}),
        json.dumps(GOOD | {"SecretAccessKey": "é" * 40}),
    ],
)
def test_a_file_that_holds_something_else_is_refused(path: Path, content: str) -> None:
    """With its name and what mends it, and without its content."""
    with pytest.raises(InvalidSettings, match=r"Remove it to have a new one made\.$") as refused:
        read_or_create_key(a_file(path, content))

    assert str(path) in str(refused.value)
    assert "xxx" not in str(refused.value)


def test_a_file_that_others_can_read_is_refused(path: Path) -> None:
    """With the command that mends it."""
    with pytest.raises(InvalidSettings, match=r"development key .* chmod 600"):
        read_or_create_key(a_file(path, json.dumps(GOOD), 0o644))


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """With a sentence that says what to do instead."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(InvalidSettings, match="Configure a management access key, or let the server write there"):
        read_or_create_key(tmp_path / "file" / "key.json")


def test_a_key_does_not_show_its_secret(path: Path) -> None:
    """In a log or a traceback."""
    key = read_or_create_key(path)

    assert key.secret_access_key not in repr(key)
