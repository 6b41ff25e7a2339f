"""The development secret is made once, by one of however many processes, and kept from everybody else."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from talkroom.auth.development_file import FILE_BYTES_MAX
from talkroom.auth.development_secret import read_or_create_secret
from talkroom.auth.errors import InvalidSettings
from talkroom.auth.keys import check_secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the secret goes; the directory is not there yet."""
    return tmp_path / "data" / "secret"


def a_file(path: Path, content: bytes = b"x" * 43, mode: int = 0o600) -> Path:
    """One that is there already."""
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_is_made_on_the_first_run(path: Path) -> None:
    """256 bits in base64url, which HS256 accepts."""
    secret = read_or_create_secret(path)

    assert 43 == len(secret) == len(check_secret(secret))


def test_two_secrets_differ(tmp_path: Path) -> None:
    """They are random."""
    assert read_or_create_secret(tmp_path / "a") != read_or_create_secret(tmp_path / "b")


def test_the_same_secret_is_read_on_later_runs(path: Path) -> None:
    """Tokens outlive a restart."""
    assert read_or_create_secret(path) == read_or_create_secret(path)


def test_only_the_owner_may_read_it(path: Path) -> None:
    """Whatever the umask is."""
    before = os.umask(0)
    try:
        read_or_create_secret(path)
    finally:
        os.umask(before)

    assert 0o600 == path.stat().st_mode & 0o777


def test_nothing_else_is_left_behind(path: Path) -> None:
    """Neither a draft nor a lock."""
    read_or_create_secret(path)

    assert [path] == list(path.parent.iterdir())


def test_threads_that_start_at_once_agree(path: Path) -> None:
    """Whoever comes second reads the first one's."""
    together = Barrier(16)

    def start(_number: int) -> str:
        together.wait()
        return read_or_create_secret(path)

    with ThreadPoolExecutor(16) as threads:
        secrets = set(threads.map(start, range(16)))

    assert 1 == len(secrets)
    assert [path] == list(path.parent.iterdir())


def test_processes_that_start_at_once_agree(path: Path) -> None:
    """As two servers on one machine do; each prints what it got."""
    program = (
        "import sys; from pathlib import Path\n"
        "from talkroom.auth.development_secret import read_or_create_secret\n"
        "print(read_or_create_secret(Path(sys.argv[1])))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(4)
    ]

    secrets = {process.communicate()[0] for process in processes}

    assert {read_or_create_secret(path) + "\n"} == secrets


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o777])
def test_a_file_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    """With the command that mends it."""
    with pytest.raises(InvalidSettings, match="chmod 600"):
        read_or_create_secret(a_file(path, mode=mode))


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wrote it knows it."""
    a_file(path)
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)

    with pytest.raises(InvalidSettings, match="belongs to another user"):
        read_or_create_secret(path)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 31, b"\n" * 40])
def test_a_file_that_holds_too_little_is_refused(path: Path, content: bytes) -> None:
    """A full disk may have left it so."""
    with pytest.raises(InvalidSettings, match="fewer than 32 bytes"):
        read_or_create_secret(a_file(path, content))


def test_a_file_that_is_too_large_is_refused(path: Path) -> None:
    """It is another file."""
    with pytest.raises(InvalidSettings, match="more than"):
        read_or_create_secret(a_file(path, b"x" * (FILE_BYTES_MAX + 1)))


def test_a_file_that_is_no_text_is_refused(path: Path) -> None:
    """It is another file."""
    with pytest.raises(InvalidSettings, match="not text"):
        read_or_create_secret(a_file(path, b"\xff" * 43))


def test_a_directory_is_refused(path: Path) -> None:
    """With a sentence that names it."""
    path.mkdir(parents=True)

    with pytest.raises(InvalidSettings, match=str(path)):
        read_or_create_secret(path)


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Opening one to read would block for ever."""
    os.mkfifo(tmp_path / "secret", 0o600)

    with pytest.raises(InvalidSettings, match="is not a file"):
        read_or_create_secret(tmp_path / "secret")


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    """What it points at is not made."""
    (tmp_path / "secret").symlink_to(tmp_path / "absent")

    with pytest.raises(InvalidSettings, match="No such file"):
        read_or_create_secret(tmp_path / "secret")


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """With a sentence that says what to do instead."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(InvalidSettings, match="Configure a token secret"):
        read_or_create_secret(tmp_path / "file" / "secret")


def test_a_message_never_holds_the_secret(path: Path) -> None:
    """It ends up in a log."""
    with pytest.raises(InvalidSettings) as refused:
        read_or_create_secret(a_file(path, b"confidential", 0o600))

    assert "confidential" not in str(refused.value)
