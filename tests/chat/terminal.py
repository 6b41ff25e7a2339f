"""wscat with a person at it."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import termios
from types import TracebackType
from typing import Self

from tests.e2e.node_tools import wscat

PATIENCE_S = 60.0
CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """The real wscat: lines are typed in, what it prints is seen. Outside of a terminal it prints less."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._screen = -1
        self._process: asyncio.subprocess.Process | None = None
        self._printed = b""
        self._more = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._screen, keyboard = pty.openpty()
        # Wide enough for every line: what wraps would be hard to find.
        fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 2000, 0, 0))
        try:
            self._process = await asyncio.create_subprocess_exec(
                wscat(), "--no-color", *self._arguments, stdin=keyboard, stdout=keyboard, stderr=keyboard
            )
        finally:
            os.close(keyboard)
        asyncio.get_running_loop().add_reader(self._screen, self._read)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        asyncio.get_running_loop().remove_reader(self._screen)
        os.close(self._screen)

    @property
    def printed(self) -> str:
        """What a person saw up to now."""
        return CONTROL_SEQUENCE.sub("", self._printed.decode(errors="replace"))

    @property
    def heard(self) -> list[str]:
        """The messages that came, in order: the lines that begin with `< `."""
        return re.findall(r"^(?:> )*< (.*)$", self.printed, re.MULTILINE)

    def type(self, line: str) -> None:
        """A line and Enter."""
        os.write(self._screen, line.encode() + b"\r")

    async def see(self, text: str) -> None:
        """Return when it is printed."""
        async with asyncio.timeout(PATIENCE_S):
            while text not in self.printed:
                self._more.clear()
                await self._more.wait()

    async def leave(self) -> int | None:
        """Ctrl-C, and the exit status."""
        assert self._process is not None
        os.write(self._screen, b"\x03")
        async with asyncio.timeout(PATIENCE_S):
            return await self._process.wait()

    def _read(self) -> None:
        try:
            self._printed += os.read(self._screen, 65536)
        except OSError:  # the program has ended
            asyncio.get_running_loop().remove_reader(self._screen)
        self._more.set()
