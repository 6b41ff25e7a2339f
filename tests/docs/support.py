"""What the tests of the documents share: the fences of a page, and real servers and programs as subprocesses."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from asyncio.subprocess import Process as AsyncProcess
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import msgspec

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
NODE_MODULES = ROOT / "tests" / "e2e" / "node" / "node_modules"

SECRET = "a secret of these tests, longer than 32 bytes"
DEADLINE_S = 60


@dataclass(frozen=True)
class Fence:
    """A fenced block of a page: what stands behind the backticks, and what is in it."""

    page: Path
    line: int
    info: tuple[str, ...]
    text: str

    @property
    def language(self) -> str:
        """The first word behind the backticks."""
        return self.info[0] if self.info else ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def fences(page: Path) -> Iterator[Fence]:
    """The fenced blocks of a page, in order."""
    for match in re.finditer(r"^```([^\n`]*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        yield Fence(page, match.string.count("\n", 0, match.start()) + 1, tuple(match[1].split()), match[2])


def table(page: Path, *header: str) -> list[list[str]]:
    """The cells of the rows of all tables on a page that begin with these column names."""
    rows: list[list[str]] = []
    inside = False
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else []
        cells = [cell.strip().strip("|").strip() for cell in cells]
        if not cells:
            inside = False
        elif tuple(cells[: len(header)]) == header:
            inside = True
        elif inside and not set(line) <= set("|- "):
            rows.append(cells)
    return rows


def make_token(user: str, *, name: str | None = None, rooms: Iterable[str] = ("*",), **claims: object) -> str:
    """As a user's own back end would."""
    payload = {
        "sub": user,
        "name": name or user,
        "aud": "talkroom",
        "exp": 4_000_000_000,
        "rooms": list(rooms),
        **claims,
    }
    return jwt.encode(payload, SECRET, "HS256")


@dataclass
class Program:
    """A running program and the lines that it has printed."""

    process: AsyncProcess
    lines: list[str] = field(default_factory=list)

    async def line(self, pattern: str) -> str:
        """The first line, printed or to come, in which the pattern is found. Fails when the program ends without it."""
        async with asyncio.timeout(DEADLINE_S):
            seen = 0
            while True:
                for line in self.lines[seen:]:
                    if re.search(pattern, line):
                        return line
                seen = len(self.lines)
                await self.next_line(f"before a line with {pattern!r}")

    async def next_line(self, when: str) -> None:
        """Wait for one more line. Fails when the program has ended."""
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        assert line, f"the program ended {when}; it printed {self.lines}"
        self.lines.append(line.rstrip("\n"))

    async def rest(self) -> list[str]:
        """All lines, once the program has ended by itself."""
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            self.lines += (await self.process.stdout.read()).decode().splitlines()
            await self.process.wait()
        return self.lines

    async def say(self, *texts: str) -> None:
        """Write lines to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{text}\n" for text in texts).encode())
        await self.process.stdin.drain()

    async def end_input(self) -> None:
        """Close its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.stdin.wait_closed()

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def a_program(*command: str | Path, **variables: str) -> AsyncIterator[Program]:
    """Run a program with pipes; it is killed at the end if it still runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALKROOM_")}
    environment |= {"PYTHONUNBUFFERED": "1", **variables}
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, limit=1 << 20
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@dataclass
class ChatServer:
    """`talkroom serve` as a process of its own."""

    program: Program
    port: int

    @property
    def url(self) -> str:
        """Of its WebSocket."""
        return f"ws://127.0.0.1:{self.port}/prod"


@asynccontextmanager
async def a_chat_server(database: str | Path = ":memory:", port: int = 0, *options: str) -> AsyncIterator[ChatServer]:
    """A server with this file's secret, once it listens."""
    command = (sys.executable, "-m", "talkroom.entrypoints.cli", "serve")
    given = ("--port", str(port), "--database", str(database), *options)
    async with a_program(*command, *given, TALKROOM_TOKEN_SECRET=SECRET) as program:
        first = await program.line("listening on")
        yield ChatServer(program, int(first.rpartition(":")[2]))


def server_objects(text: str | bytes) -> list[dict[str, Any]]:
    """A text message of the server holds one object or an array of them."""
    received = msgspec.json.decode(text)
    return received if isinstance(received, list) else [received]
