"""The article's dialogue, with the real wscat, as it is written there."""

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
from tests.e2e.server import ServerProcess, issue

PATIENCE_S = 20.0
CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """wscat with a person at it: lines are typed in, what it prints is seen. Outside of a terminal it prints less."""

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


def as_the_article_has_it(server: ServerProcess, token: str, room: str) -> Terminal:
    """`wscat -c <url> -s <token> -s <roomId>`."""
    return Terminal("-c", f"ws://127.0.0.1:{server.port}/prod", "-s", token, "-s", room)


async def test_what_one_says_every_other_in_the_room_sees(server: ServerProcess) -> None:
    """Not the sender, and not other rooms."""
    async with (
        as_the_article_has_it(server, issue("alice", ["lobby"]), "lobby") as alice,
        as_the_article_has_it(server, issue("bob", ["lobby"]), "lobby") as bob,
        as_the_article_has_it(server, issue("carol", ["lobby"]), "lobby") as carol,
        as_the_article_has_it(server, issue("dave", ["other"]), "other") as dave,
        as_the_article_has_it(server, issue("erin", ["other"]), "other") as erin,
    ):
        for one in (alice, bob, carol, dave, erin):
            await one.see("Connected (press CTRL+C to quit)")
        alice.type('{"action":"sendmessage","data":{"message":"こんにちは","roomId":"lobby"}}')
        await bob.see("< こんにちは")
        await carol.see("< こんにちは")
        # What those see who should not have seen it comes after it would have come.
        bob.type('{"action":"sendmessage","data":{"message":"返事","roomId":"lobby"}}')
        erin.type('{"action":"sendmessage","data":{"message":"別の部屋","roomId":"other"}}')
        await alice.see("< 返事")
        await carol.see("< 返事")
        await dave.see("< 別の部屋")
        heard = [one.heard for one in (alice, bob, carol, dave, erin)]
        left = await alice.leave()

    assert [["返事"], ["こんにちは"], ["こんにちは", "返事"], ["別の部屋"], []] == heard
    assert 0 == left


async def test_the_same_person_in_another_terminal_sees_it(server: ServerProcess) -> None:
    """The connection is left out, not the person."""
    token = issue("alice", ["twice"])
    async with (
        as_the_article_has_it(server, token, "twice") as one,
        as_the_article_has_it(server, token, "twice") as other,
    ):
        await one.see("Connected")
        await other.see("Connected")
        one.type('{"action":"sendmessage","data":{"message":"こんにちは","roomId":"twice"}}')
        await other.see("< こんにちは")

        assert [] == one.heard


async def test_a_bad_token_is_401(server: ServerProcess) -> None:
    """wscat prints the status."""
    async with as_the_article_has_it(server, "nonsense", "lobby") as terminal:
        await terminal.see("error: Unexpected server response: 401")
