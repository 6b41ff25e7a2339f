"""Public keys in a file, read again when it changes: a new key needs no restart."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from talkroom.auth.errors import InvalidSettings, UnusableKeys
from talkroom.auth.keys import VerificationKey, select

CHECK_INTERVAL_S: Final = 5
"""Seconds between looks at the file, and so the time until a new key counts; a look costs one `stat`."""

KEY_FILE_BYTES_MAX: Final = 256 * 1024
"""Size of a key file; a larger one is not what it seems, and is refused."""

log = logging.getLogger("talkroom.auth")

_Identity = tuple[int, int, int]


class FileKeys:
    """The keys of a PEM or JWKS file.

    A file that has become unreadable or useless leaves the keys as they were, with a warning each time that it is
    looked at anew: people can go on chatting while someone mends it. It is read on the event loop: a local file of a
    few kilobytes takes less time than handing it to a thread.
    """

    def __init__(
        self,
        path: Path,
        parse: Callable[[bytes], tuple[VerificationKey, ...]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads the file. Raises InvalidSettings when it cannot be used; later on that is only a warning."""
        self._path = path
        self._parse = parse
        self._monotonic = monotonic
        self._looked_at_s = monotonic()
        try:
            self._identity = self._identify()
            self._keys = self._read()
        except OSError as error:
            raise InvalidSettings(f"The key file {path} cannot be read: {error.strerror}.") from error

    async def find(self, algorithm: str, kid: str | None) -> Sequence[VerificationKey]:
        """Raises nothing."""
        now_s = self._monotonic()
        if now_s - self._looked_at_s >= CHECK_INTERVAL_S:
            self._looked_at_s = now_s
            self._read_if_changed()
        return select(self._keys, algorithm, kid)

    async def close(self) -> None:
        """Nothing to release."""

    def _read_if_changed(self) -> None:
        try:
            identity = self._identify()
            if identity != self._identity:
                self._keys = self._read()
                self._identity = identity
                log.info("read %d keys from %s", len(self._keys), self._path)
        except (OSError, UnusableKeys) as error:
            log.warning("cannot read %s again, keeping %d keys: %s", self._path, len(self._keys), error)

    def _read(self) -> tuple[VerificationKey, ...]:
        with self._path.open("rb") as file:
            content = file.read(KEY_FILE_BYTES_MAX + 1)
        if len(content) > KEY_FILE_BYTES_MAX:
            raise UnusableKeys(f"The key file {self._path} is larger than {KEY_FILE_BYTES_MAX} bytes.")
        return self._parse(content)

    def _identify(self) -> _Identity:
        # The inode too: a file that is replaced by renaming may keep both size and time.
        status = self._path.stat()
        return status.st_ino, status.st_mtime_ns, status.st_size
