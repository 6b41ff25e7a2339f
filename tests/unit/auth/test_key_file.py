"""Keys in a file are read at the start and again when the file changes."""

import logging
import os
from functools import partial
from pathlib import Path

import pytest

from talkroom.auth.errors import InvalidSettings, UnusableKeys
from talkroom.auth.jwk import parse_jwks
from talkroom.auth.key_file import CHECK_INTERVAL_S, KEY_FILE_BYTES_MAX, FileKeys
from talkroom.auth.keys import parse_public_keys
from tests.unit.auth.support import StoppedClock, jwks, key_pair

FIRST = jwks({**key_pair("ES256", "first").jwk, "kid": "first"})
SECOND = jwks({**key_pair("ES256", "second").jwk, "kid": "second"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of one key."""
    path = tmp_path / "keys.json"
    put(path, FIRST)
    return path


def put(path: Path, content: bytes) -> None:
    """Write over what is there."""
    path.write_bytes(content)


def replace(path: Path, content: bytes) -> None:
    """As editors and deployment tools do it, by renaming, and with the same time."""
    replacement = path.with_suffix(".new")
    replacement.write_bytes(content)
    status = path.stat()
    os.utime(replacement, ns=(status.st_atime_ns, status.st_mtime_ns))
    replacement.rename(path)


def remove(path: Path) -> None:
    """No file is there."""
    path.unlink()


def keys_in(path: Path, clock: StoppedClock) -> FileKeys:
    """The keys of a JWKS file."""
    return FileKeys(path, partial(parse_jwks, algorithms=["ES256"]), monotonic=clock.monotonic)


async def names(keys: FileKeys) -> list[str | None]:
    """The names of all keys."""
    return [key.kid for key in await keys.find("ES256", None)]


async def test_a_file_is_read_at_the_start(path: Path) -> None:
    """Its keys are there for the first token."""
    assert ["first"] == await names(keys_in(path, StoppedClock()))


async def test_a_pem_file_is_read_too(path: Path) -> None:
    """Any format that a parser is given for."""
    put(path, key_pair("EdDSA").public_pem.encode())

    keys = FileKeys(path, partial(parse_public_keys, algorithms=["EdDSA"]))

    assert 1 == len(await keys.find("EdDSA", "any"))
    await keys.close()


async def test_a_changed_file_is_read_again(path: Path) -> None:
    """A new key needs no restart, and a removed one stops counting."""
    clock = StoppedClock()
    keys = keys_in(path, clock)
    put(path, SECOND)

    clock.advance(CHECK_INTERVAL_S)

    assert ["second"] == await names(keys)


async def test_a_file_that_was_replaced_is_read_again(path: Path) -> None:
    """Images and archives give every file one time, and keys of one kind have one size."""
    clock = StoppedClock()
    keys = keys_in(path, clock)
    replace(path, FIRST.replace(b"first", b"other"))

    clock.advance(CHECK_INTERVAL_S)

    assert ["other"] == await names(keys)


async def test_a_file_that_did_not_change_is_not_read_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says when keys were read."""
    clock = StoppedClock()
    keys = keys_in(path, clock)
    clock.advance(CHECK_INTERVAL_S)

    with caplog.at_level(logging.INFO, "talkroom.auth"):
        await names(keys)

    assert [] == caplog.records


async def test_the_file_is_not_looked_at_for_every_token(path: Path) -> None:
    """Handshakes come by the thousand, keys by the month."""
    clock = StoppedClock()
    keys = keys_in(path, clock)
    put(path, SECOND)

    clock.advance(CHECK_INTERVAL_S - 0.001)

    assert ["first"] == await names(keys)


@pytest.mark.parametrize("content", [b"", b"{", b'{"keys":[]}', FIRST + b" " * KEY_FILE_BYTES_MAX])
async def test_a_file_that_was_spoiled_leaves_the_keys(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """With a warning; and the keys follow once it is mended."""
    clock = StoppedClock()
    keys = keys_in(path, clock)
    put(path, content)
    clock.advance(CHECK_INTERVAL_S)

    with caplog.at_level(logging.WARNING, "talkroom.auth"):
        kept = await names(keys)
    put(path, SECOND)
    clock.advance(CHECK_INTERVAL_S)

    assert (["first"], 1) == (kept, len(caplog.records))
    assert ["second"] == await names(keys)


async def test_a_file_that_was_removed_leaves_the_keys(path: Path) -> None:
    """People can go on chatting while someone mends it."""
    clock = StoppedClock()
    keys = keys_in(path, clock)
    remove(path)

    clock.advance(CHECK_INTERVAL_S)

    assert ["first"] == await names(keys)


def test_a_file_that_is_not_there_at_the_start_is_refused(tmp_path: Path) -> None:
    """A server that can verify nothing should not start."""
    with pytest.raises(InvalidSettings, match="No such file"):
        keys_in(tmp_path / "absent", StoppedClock())


def test_a_file_that_holds_no_key_at_the_start_is_refused(path: Path) -> None:
    """The same."""
    put(path, b"{}")

    with pytest.raises(UnusableKeys):
        keys_in(path, StoppedClock())
