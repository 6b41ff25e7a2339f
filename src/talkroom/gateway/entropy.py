"""Random bytes for ids."""

from os import urandom
from typing import Final

_POOL_BYTES: Final = 4096


class EntropyPool:
    """The system's randomness, fetched a pool at a time: every handshake needs five short pieces, and a system call for each
    was 3 % of it.

    Not for secrets: what is still in the pool lies in memory. Not for several threads.
    """

    def __init__(self) -> None:
        self._pool = b""
        self._used = 0

    def __call__(self, size: int) -> bytes:
        """That many bytes, at most `_POOL_BYTES`, which nobody gets again."""
        end = self._used + size
        if end > len(self._pool):
            self._pool = urandom(_POOL_BYTES)
            self._used, end = 0, size
        piece = self._pool[self._used : end]
        self._used = end
        return piece
