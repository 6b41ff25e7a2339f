"""What a process prints, read from a pipe and cut into lines."""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Final

LINE_BYTES_MAX: Final = 64 * 1024
"""Of a line; a longer one is cut, with a mark."""

CUT_MARK: Final = f" [cut: the line has more than {LINE_BYTES_MAX} bytes]"

_READ_BYTES: Final = 64 * 1024
_DRAIN_BYTES: Final = 1024 * 1024
"""No pipe of an ordinary user holds more (pipe(7), `pipe-max-size`), so what was there when draining began is read."""


class LineCutter:
    """Bytes in, lines out.

    A carriage return within a line is a line break too: so Lambda's runtime clients keep the lines of one message
    together when they print it, and so it stays one record.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._is_cutting = False

    def feed(self, received: bytes) -> Iterator[str]:
        """The lines that are now complete, and the beginning of one that is too long."""
        *complete, rest = (self._rest + received).split(b"\n")
        for line in complete:
            if not self._is_cutting:
                yield _decode(line)
            self._is_cutting = False
        self._rest = b"" if self._is_cutting else rest
        if len(self._rest) > LINE_BYTES_MAX:
            yield _decode(self._rest)
            self._rest, self._is_cutting = b"", True

    def flush(self) -> Iterator[str]:
        """The last line, when it has no end yet; what follows is another one."""
        rest, self._rest, self._is_cutting = self._rest, b"", False
        if rest:
            yield _decode(rest)


class ProcessOutput:
    """The reading end of a pipe that a process has as its standard output and standard error.

    One pipe for both keeps what is printed in its order. Lines go to `log` as soon as they are there.
    """

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._cutter = LineCutter()
        self._reading_end: int | None = None

    def open(self) -> int:
        """Begin to read; the writing end, which the caller closes when the process has it."""
        self._reading_end, writing_end = os.pipe()
        os.set_blocking(self._reading_end, False)
        asyncio.get_running_loop().add_reader(self._reading_end, self._read)
        return writing_end

    def drain(self) -> None:
        """Log what has been printed so far, a line without an end too: whatever comes later is about something else.

        Returns at once, however much more is being printed.
        """
        left = _DRAIN_BYTES
        while left > 0 and (count := self._read()):
            left -= count
        for line in self._cutter.flush():
            self._log(line)

    def close(self) -> None:
        """Log what is left, and release the pipe."""
        self.drain()
        self._release()

    def _read(self) -> int:
        """The number of bytes that were there."""
        if self._reading_end is None:
            return 0
        try:
            received = os.read(self._reading_end, _READ_BYTES)
        except BlockingIOError:
            return 0
        for line in self._cutter.feed(received):
            self._log(line)
        if not received:
            self._release()
        return len(received)

    def _release(self) -> None:
        if self._reading_end is not None:
            asyncio.get_running_loop().remove_reader(self._reading_end)
            os.close(self._reading_end)
            self._reading_end = None


def _decode(line: bytes) -> str:
    kept = line.rstrip(b"\r")
    mark = ""
    if len(kept) > LINE_BYTES_MAX:
        kept, mark = kept[:LINE_BYTES_MAX], CUT_MARK
    return kept.decode(errors="replace").replace("\r", "\n") + mark
