"""Private files in a folder of their own: who may read them, and how they change while other processes read them."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from talkroom.local_tls.errors import UnusableAuthority

PRIVATE_FILE_BYTES_MAX: Final = 64 * 1024
"""Size of a file with a key; what is larger is another file."""

LOCK_FILE: Final = ".lock"
"""Also what tells the folder from others: it is made first, and nothing removes it."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder if there is none, and keep other processes that do the same waiting.

    They wait for as long as the block takes, which is milliseconds; a process that ends lets go. Raises OSError, and
    UnusableAuthority when the folder has another use.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = folder / LOCK_FILE
    if (
        not lock.exists() and any(folder.iterdir()) and not lock.exists()
    ):  # between the two looks another process may have begun
        raise UnusableAuthority(f"{folder} holds other files: a local certificate authority wants a folder of its own.")
    make_private(folder)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        write_whole(folder / ".gitignore", b"*\n")
        yield
    finally:
        os.close(descriptor)


def make_private(folder: Path) -> None:
    """Make it if there is none, and let nobody else in. Raises OSError, and UnusableAuthority when it is somebody else's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.geteuid():
        raise UnusableAuthority(f"{folder} belongs to another user, who could issue certificates: name another folder.")
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file at once: whoever reads it gets all of the old content or all of the new. Call it with the lock held.

    A file that has the content already is left alone. Raises OSError.
    """
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_private(path: Path) -> bytes:
    """The content of a file that nobody else can have written or read.

    Raises OSError, FileNotFoundError among them, and UnusableAuthority.
    """
    # Not blocking, so that a named pipe is refused below and not waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        # Of the open file, so that it cannot be exchanged between the look and the reading.
        fault = _find_fault(os.fstat(descriptor))
        if fault is not None:
            raise UnusableAuthority(f"{path} {fault}")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _find_fault(status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "is not a file: delete it to have a new authority made."
    if status.st_uid != os.geteuid():
        return "belongs to another user, who can issue certificates: delete it to have a new authority made."
    if status.st_mode & 0o077:
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        return f"may be read by others (mode {mode}): chmod 600 it, or delete it to have a new authority made."
    if status.st_size > PRIVATE_FILE_BYTES_MAX:
        return (
            f"has more than {PRIVATE_FILE_BYTES_MAX} bytes and is another file: delete it to have a new authority made."
        )
    return None
