"""A file with something secret that a server makes for itself: made once, kept from everybody else, read on later runs."""

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkroom.auth.errors import InvalidSettings

FILE_BYTES_MAX: Final = 4096
"""Size of such a file; what is larger is another file."""


@dataclass(frozen=True, slots=True)
class DevelopmentFile:
    """Where it is, and how errors speak of it."""

    path: Path
    what: str
    """Such as `development secret`."""
    danger: str
    """What could do who has written it: `can issue tokens`."""
    instead: str
    """What to do where no file can be made: `Configure a token secret`."""

    def read_or_create(self, make: Callable[[], str]) -> str:
        """The text in the file, without space around it; the file is made, with what `make` returns, if there is none.

        Processes that start at the same time get the same text. Raises InvalidSettings when the file belongs to somebody else,
        may be read by others, is not text, or cannot be made.
        """
        try:
            if not self.path.exists():
                _create(self.path, make())
            return self._read()
        except OSError as error:
            raise InvalidSettings(
                f"The {self.what} {self.path} cannot be used: {error.strerror}. {self.instead}, or let the server write there."
            ) from error

    def fault(self, fault: str) -> InvalidSettings:
        """The error that this file `has …` or `is …`, and what mends it."""
        return InvalidSettings(f"The {self.what} {self.path} {fault}. Remove it to have a new one made.")

    def _read(self) -> str:
        # Not blocking, so that a named pipe is refused below and not waited for.
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            # Of the open file, so that it cannot be exchanged between the look and the reading.
            fault = self._find_fault(os.fstat(file.fileno()))
            if fault is not None:
                raise InvalidSettings(f"The {self.what} {self.path} {fault}")
            content = file.read()
        try:
            return content.decode().strip()
        except UnicodeDecodeError:
            raise self.fault("is not text") from None

    def _find_fault(self, status: os.stat_result) -> str | None:
        if not stat.S_ISREG(status.st_mode):
            return "is not a file."
        if status.st_uid != os.geteuid():
            return f"belongs to another user: whoever wrote it {self.danger}. Remove it to have a new one made."
        if status.st_mode & 0o077:
            mode = f"{stat.S_IMODE(status.st_mode):04o}"
            return f"may be read by others (mode {mode}): chmod 600 it, or remove it to have a new one made."
        if status.st_size > FILE_BYTES_MAX:
            return f"has more than {FILE_BYTES_MAX} bytes; it is another file."
        return None


def _create(path: Path, text: str) -> None:
    """Write beside it and link: the name appears with its whole content, or somebody else's has appeared before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
