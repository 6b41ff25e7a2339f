"""The folder of an authority from one start to the next: kept, shared, renewed, and refused with a way out."""

import logging
import os
import ssl
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from talkroom.local_tls import InvalidName, LocalAuthority, UnusableAuthority
from tests.unit.local_tls.given import PRIVATE, Clock, certificates, modes, shake_hands, trusting

START = """
import sys
from pathlib import Path
from talkroom.local_tls import LocalAuthority
sys.stdin.readline()
authority = LocalAuthority.load_or_create(Path(sys.argv[1]), sys.argv[2:])
sys.stdout.write(authority.certificate_file.read_text())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """It is not there yet, nor is the one that it is in."""
    return tmp_path / "talkroom-data" / "tls"


def certificate(authority: LocalAuthority) -> bytes:
    """As PEM."""
    return authority.certificate_file.read_bytes()


def test_the_same_authority_on_every_start(folder: Path) -> None:
    """Who trusts it once need not do it again."""
    first = certificate(LocalAuthority.load_or_create(folder))

    assert first == certificate(LocalAuthority.load_or_create(folder))


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_server_for_this_machine(folder: Path, name: str) -> None:
    """Without being asked."""
    authority = LocalAuthority.load_or_create(folder)

    assert "TLSv1.3" == shake_hands(authority.server_context(), trusting(authority.certificate_file), name).version()


@pytest.mark.parametrize("name", ["localhost", "api.localhost", "chat.example.test", "192.168.1.5"])
def test_a_server_for_names_that_were_asked_for(folder: Path, name: str) -> None:
    """And for this machine too."""
    authority = LocalAuthority.load_or_create(folder, ["api.localhost", "Chat.Example.Test", "192.168.1.5"])

    assert shake_hands(authority.server_context(), trusting(authority.certificate_file), name).version()


def test_a_server_for_another_name_is_refused(folder: Path) -> None:
    """By the client."""
    authority = LocalAuthority.load_or_create(folder, ["chat.example.test"])

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(authority.server_context(), trusting(authority.certificate_file), "example.test")


def test_names_of_this_machine_need_no_other_authority(folder: Path) -> None:
    """It may vouch for them as it is."""
    assert certificate(LocalAuthority.load_or_create(folder)) == certificate(
        LocalAuthority.load_or_create(folder, ["api.localhost", "127.0.0.2", "localhost"])
    )


def test_each_set_of_other_names_has_its_own_authority(folder: Path) -> None:
    """So a server that was started with other names goes on with the authority that its functions trust."""
    one = LocalAuthority.load_or_create(folder)
    two = LocalAuthority.load_or_create(folder, ["chat.example.test", "10.0.0.1"])
    kept = certificate(one)
    three = LocalAuthority.load_or_create(folder, ["10.0.0.1"])
    again = LocalAuthority.load_or_create(folder, ["10.0.0.1", "CHAT.example.test"])

    assert kept == certificate(one)
    assert 3 == len({certificate(each) for each in (one, two, three)})
    assert certificate(two) == certificate(again)


def test_a_name_that_is_none_is_refused_before_anything_is_made(folder: Path) -> None:
    """With the sentence that says how to write it."""
    with pytest.raises(InvalidName, match="without scheme, port and path"):
        LocalAuthority.load_or_create(folder, ["https://localhost:3001"])

    assert not folder.exists()


def test_only_the_owner_may_read_and_nobody_commits(folder: Path) -> None:
    """Whatever the process's usual permissions are; nothing but these files is left."""
    before = os.umask(0)
    try:
        LocalAuthority.load_or_create(folder).server_context()
    finally:
        os.umask(before)

    files = [".gitignore", ".lock", "authority.pem", "bundle.pem", "ca.pem"]
    assert {"tls": "700", **dict.fromkeys(files, "600")} == modes(folder)
    assert "*\n" == (folder / ".gitignore").read_text()


def test_only_one_file_holds_a_private_key(folder: Path) -> None:
    """Those that other programs are told to read hold none."""
    LocalAuthority.load_or_create(folder).server_context()

    assert ["authority.pem"] == [each.name for each in folder.iterdir() if PRIVATE in each.read_bytes()]


def test_a_folder_that_others_may_enter_is_closed(folder: Path) -> None:
    """They could put an authority of theirs there."""
    folder.mkdir(mode=0o777, parents=True)
    folder.chmod(0o777)
    LocalAuthority.load_or_create(folder)

    assert "700" == modes(folder)["tls"]


def test_a_folder_with_another_use_is_left_alone(tmp_path: Path) -> None:
    """Its permissions are somebody's choice, and what is in it may be in a repository."""
    (tmp_path / "template.yaml").touch()
    (tmp_path / "template.yaml").chmod(0o644)
    tmp_path.chmod(0o755)
    with pytest.raises(UnusableAuthority, match="a folder of its own"):
        LocalAuthority.load_or_create(tmp_path)

    assert {tmp_path.name: "755", "template.yaml": "644"} == modes(tmp_path)


def test_processes_that_start_at_once_have_one_authority(folder: Path) -> None:
    """Whoever comes first makes it."""
    starting = [Popen([sys.executable, "-c", START, folder], stdin=PIPE, stdout=PIPE, text=True) for _ in range(4)]
    with ThreadPoolExecutor(len(starting)) as threads:
        ended = list(threads.map(lambda process: process.communicate("go\n"), starting))

    assert [0] * 4 == [process.returncode for process in starting]
    assert {(folder / "ca.pem").read_text()} == {output for output, _ in ended}


@pytest.mark.parametrize(("days", "is_kept"), [(3650 - 399, True), (3650 - 397, False), (4000, False), (-2, False)])
def test_an_authority_is_renewed_before_a_certificate_would_outlive_it(folder: Path, days: int, is_kept: bool) -> None:
    """Or when it is not valid yet, by a clock that was put back."""
    clock = Clock()
    first = certificate(LocalAuthority.load_or_create(folder, clock=clock))
    clock.skip(days)

    assert is_kept == (first == certificate(LocalAuthority.load_or_create(folder, clock=clock)))


def test_an_authority_that_may_vouch_for_other_names_is_replaced(folder: Path) -> None:
    """As one that an older version has made."""
    other = LocalAuthority.load_or_create(folder, ["chat.example.test"])
    (folder / "authority.pem").write_bytes((other.certificate_file.parent / "authority.pem").read_bytes())
    (folder / "authority.pem").chmod(0o600)

    assert certificate(other) != certificate(LocalAuthority.load_or_create(folder))


def test_half_written_drafts_are_nothing(folder: Path) -> None:
    """A process that was killed leaves no more."""
    LocalAuthority.load_or_create(folder)
    for name in ("authority.pem", "ca.pem", "bundle.pem"):
        (folder / name).rename(folder / f".{name}.draft")

    authority = LocalAuthority.load_or_create(folder)

    assert 1 == len(certificates(authority.certificate_file))
    assert [] == list(folder.glob(".*.draft"))


def damage(content: bytes) -> Callable[[Path], object]:
    """A key file that holds this."""
    return lambda path: path.write_bytes(content)


def use_another_key(path: Path) -> None:
    """The key of one authority and the certificate of another."""
    other = LocalAuthority.load_or_create(path.parent.parent / "other")
    key, mark, _certificate = (
        (other.certificate_file.parent / "authority.pem").read_bytes().partition(b"-----BEGIN CERT")
    )
    path.write_bytes(key + mark + path.read_bytes().partition(mark)[2])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (damage(b""), "is damaged"),
        (damage(b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"), "is damaged"),
        (damage(b"\xff\x00" * 100), "is damaged"),
        (damage(b"x" * 100_000), "has more than 65536 bytes"),
        (use_another_key, "holds a key that is not its certificate's"),
        (lambda path: path.chmod(0o640), "may be read by others (mode 0640): chmod 600 it"),
        (lambda path: (path.unlink(), path.mkdir()), "is not a file"),
        (lambda path: (path.unlink(), os.mkfifo(path, 0o600)), "is not a file"),
    ],
    ids=["empty", "no key", "bytes", "large", "another key", "mode", "folder", "pipe"],
)
def test_a_file_that_cannot_be_used_is_named_with_a_way_out(
    folder: Path, spoil: Callable[[Path], object], reason: str
) -> None:
    """And nothing of what is in it."""
    LocalAuthority.load_or_create(folder)
    spoil(folder / "authority.pem")
    with pytest.raises(UnusableAuthority) as refused:
        LocalAuthority.load_or_create(folder)

    assert f"{folder / 'authority.pem'} {reason}" in str(refused.value)
    assert "delete it to have a new authority made" in str(refused.value)
    assert "c2VjcmV0" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "file").touch()

    with pytest.raises(UnusableAuthority, match=r"cannot be kept in .*/file/tls: Not a directory.*name another folder"):
        LocalAuthority.load_or_create(tmp_path / "file" / "tls")


def test_a_folder_that_has_gone_is_named_when_a_server_wants_a_certificate(folder: Path) -> None:
    """With the reason."""
    authority = LocalAuthority.load_or_create(folder)
    folder.rename(folder.with_name("gone"))

    with pytest.raises(UnusableAuthority, match=r"Nothing can be written to .*/tls: No such file or directory"):
        authority.server_context()


def test_no_log_and_no_text_of_it_holds_a_key(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Made, renewed and used."""
    caplog.set_level(logging.DEBUG)
    clock = Clock()
    LocalAuthority.load_or_create(folder, clock=clock)
    clock.skip(3650)
    authority = LocalAuthority.load_or_create(folder, clock=clock)
    authority.server_context()

    assert "is replaced" in caplog.text
    assert PRIVATE.decode() not in caplog.text + repr(authority) + str(vars(authority))
