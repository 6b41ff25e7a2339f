"""The HS256 secret of a server that nobody configured: made once, kept beside the database, used on loopback only."""

import base64
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from talkroom.auth.errors import InvalidSettings
from talkroom.auth.keys import SECRET_BYTES_MIN

SECRET_FILE_BYTES_MAX: Final = 4096
"""Size of a secret file; what is larger is another file."""


def read_or_create_secret(path: Path) -> str:
    """The secret in this file, which is made if there is none: 256 random bits in base64url.

    Processes that start at the same time get the same secret. Raises InvalidSettings when the file belongs to somebody
    else, may be read by others, holds too little, or cannot be made.
    """
    try:
        if not path.exists():
            _create(path)
        return _read(path)
    except OSError as error:
        raise InvalidSettings(
            f"The development secret {path} cannot be used: {error.strerror}. "
            "Configure a token secret, or let the server write there."
        ) from error


def _create(path: Path) -> None:
    """Write beside it and link: the name appears with its whole content, or somebody else's has appeared before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _read(path: Path) -> str:
    # Not blocking, so that a named pipe is refused below and not waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        # Of the open file, so that it cannot be exchanged between the look and the reading.
        fault = _find_fault(os.fstat(file.fileno()))
        if fault is not None:
            raise InvalidSettings(f"The development secret {path} {fault}")
        content = file.read()
    try:
        secret = content.decode().strip()
    except UnicodeDecodeError:
        raise InvalidSettings(f"The development secret {path} is not text. Remove it to have a new one made.") from None
    if len(secret.encode()) < SECRET_BYTES_MIN:
        raise InvalidSettings(
            f"The development secret {path} has fewer than {SECRET_BYTES_MIN} bytes. Remove it to have a new one made."
        )
    return secret


def _find_fault(status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "is not a file."
    if status.st_uid != os.geteuid():
        return "belongs to another user: whoever wrote it can issue tokens. Remove it to have a new one made."
    if status.st_mode & 0o077:
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        return f"may be read by others (mode {mode}): chmod 600 it, or remove it to have a new one made."
    if status.st_size > SECRET_FILE_BYTES_MAX:
        return f"has more than {SECRET_FILE_BYTES_MAX} bytes; it is another file."
    return None
