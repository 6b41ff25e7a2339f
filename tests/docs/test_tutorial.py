"""docs/tutorial.md runs: what it shows is what is in its files, and its three steps do what it says."""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.docs.support import (
    DEADLINE_S,
    DOCS,
    NODE_MODULES,
    SECRET,
    ChatServer,
    Program,
    a_chat_server,
    a_program,
    fences,
    make_token,
)

PAGE = DOCS / "tutorial.md"
FILES = sorted(path for path in (DOCS / "tutorial").rglob("*") if path.suffix in (".py", ".html"))
STEP2, STEP3 = DOCS / "tutorial" / "step2", DOCS / "tutorial" / "step3"

MESSAGES = 300
"""Of the stream in step 3; the page has more, so that a person has the time to kill the server."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_file_of_the_tutorial_is_shown_whole(path: Path) -> None:
    """Under its own name."""
    text = PAGE.read_text(encoding="utf-8")
    heading = f"`docs/{path.relative_to(DOCS)}`:\n\n```"
    shown = text.partition(heading)[2].partition("\n")[2].partition("\n```")[0] + "\n"

    assert heading in text
    assert path.read_text(encoding="utf-8") == shown


def commands() -> list[str]:
    """The lines that the page tells people to type."""
    return [line for fence in fences(PAGE) if fence.language == "sh" for line in fence.text.splitlines()]


def command(start: str) -> list[str]:
    """The words of the one command on the page that begins so."""
    (found,) = [line for line in commands() if line.startswith(start)]
    return found.split()


def test_every_program_of_the_page_exists() -> None:
    """Paths in the commands are those of the files, and the Makefile has the target."""
    makefile = (DOCS.parent / "Makefile").read_text(encoding="utf-8")
    for line in commands():
        for path in re.findall(r"docs/tutorial/\S+", line):
            assert (DOCS.parent / path).exists(), line
        for target in re.findall(r"^make (\w+)", line):
            assert f"\n{target}:" in makefile


async def both_are_there(server: ChatServer) -> None:
    """Alice and bob have joined the lobby; a stranger asks until it is so, because not every client tells."""
    async with asyncio.timeout(DEADLINE_S):
        while await members(server) != ["alice", "bob"]:
            pass


async def members(server: ChatServer) -> list[str]:
    """A new connection for each question keeps below the limit of commands."""
    offers = [Subprotocol("talkroom.v1"), Subprotocol(make_token("stranger"))]
    async with connect(server.url, subprotocols=offers) as stranger:
        await stranger.send('{"action": "members", "data": {"roomId": "lobby"}}')
        reply = json.loads(await stranger.recv())
    return [member["id"] for member in reply["data"]["members"]]


# Step 1.


@asynccontextmanager
async def wscat(server: ChatServer, token: str) -> AsyncIterator[Program]:
    """The page's line, with this server's address and a token."""
    npx, name, *arguments = command("npx wscat")
    assert (npx, name) == ("npx", "wscat")
    program = NODE_MODULES / "wscat" / "bin" / "wscat"
    assert program.exists(), "wscat is missing: `make test` installs it"
    real = {"ws://localhost:8080/prod": server.url, "<token>": token}
    async with a_program("node", program, *(real.get(word, word) for word in arguments)) as running:
        yield running


async def test_step_1_two_people_talk() -> None:
    """The other one gets the raw text, and a room that the token does not name is refused."""
    hello, other_room = (fence.text.strip() for fence in fences(PAGE) if fence.info[1:2] == ("command",))
    (refusal,) = (fence.text.strip() for fence in fences(PAGE) if fence.info[1:2] == ("error",))
    program, *arguments = command(".venv/bin/talkroom token")
    assert program == ".venv/bin/talkroom"
    async with (
        a_chat_server() as server,
        a_program(sys.executable, "-m", "talkroom.entrypoints.cli", *arguments, TALKROOM_TOKEN_SECRET=SECRET) as issue,
    ):
        (token,) = await issue.rest()
        async with wscat(server, make_token("alice")) as alice, wscat(server, token) as bob:
            await both_are_there(server)
            await alice.say(hello)
            await bob.line("こんにちは$")
            await bob.say(other_room)

            answer = await bob.line("forbidden")
            assert json.loads(refusal) == json.loads(answer[answer.index("{") :])
            assert not any("こんにちは" in line for line in alice.lines)


# Step 2.


@asynccontextmanager
async def the_back_end() -> AsyncIterator[str]:
    """The page's back end, and its URL."""
    async with a_program(sys.executable, STEP2 / "backend.py", TALKROOM_TOKEN_SECRET=SECRET, PORT="0") as program:
        yield (await program.line("Running on")).split()[3]


@pytest.fixture
async def back_end() -> AsyncIterator[str]:
    """One back end for each test."""
    async with the_back_end() as url:
        yield url


async def test_step_2_the_python_client_sees_everybody_in_order(back_end: str) -> None:
    """Its own message comes back; bob's comes after it."""
    async with a_chat_server() as server:
        places = {"CHAT_URL": server.url, "BACKEND_URL": back_end}
        program, _, user, text = command(".venv/bin/python docs/tutorial/step2/client.py")
        assert program == ".venv/bin/python"
        async with a_program(sys.executable, STEP2 / "client.py", user, text, **places) as alice:
            await alice.line(f"^1 Alice {text}$")
            async with a_program(sys.executable, STEP2 / "client.py", "bob", "hello", **places) as bob:
                await bob.line("^2 Bob hello$")
                await alice.line("^2 Bob hello$")

                assert alice.lines == [f"1 Alice {text}", "2 Bob hello"]
                assert bob.lines == ["2 Bob hello"]


async def test_step_2_the_browser_page_shows_history_and_what_is_typed(back_end: str) -> None:
    """In Chromium; text that looks like HTML stays text."""
    browser = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
    )
    assert browser, "Chromium is missing: apt-get install chromium"
    async with a_chat_server() as server:
        places = {"CHAT_URL": server.url, "BACKEND_URL": back_end}
        async with a_program(sys.executable, STEP2 / "client.py", "alice", "おはよう", **places) as alice:
            await alice.line("おはよう")
            url = f"{back_end}/?user=carol&chat={server.url}"
            texts = ["Alice: おはよう", "Carol: <b>hi</b>"]
            driver = Path(__file__).with_name("page.mjs")
            async with a_program("node", driver, NODE_MODULES, browser, url, "<b>hi</b>", *texts) as page:
                assert await page.rest() == ["[]"]
            await alice.line("^2 Carol <b>hi</b>$")


# Step 3.


async def test_step_3_nothing_is_lost_and_nothing_comes_twice_when_the_server_is_killed(
    back_end: str, tmp_path: Path
) -> None:
    """Killed in the middle of the stream, twice: bob sees every message of alice's once, in order."""
    database = tmp_path / "talkroom.db"
    texts = [f"line {number}" for number in range(1, MESSAGES + 1)]
    async with a_chat_server(database) as first:
        port = first.port
        places = {"CHAT_URL": first.url, "BACKEND_URL": back_end}
        async with (
            a_program(sys.executable, STEP3 / "client.py", "bob", **places) as bob,
            a_program(sys.executable, STEP3 / "client.py", "alice", **places) as alice,
        ):
            await both_are_there(first)
            await alice.say("hello")
            await bob.line("^1 Alice hello$")
            await alice.say(*texts)
            await alice.end_input()
            await bob.line(f" line {MESSAGES // 3}$")
            await first.program.kill()
            async with a_chat_server(database, port) as second:
                await bob.line(f" line {2 * MESSAGES // 3}$")
                await second.program.kill()
                async with a_chat_server(database, port):
                    await alice.rest()
                    await bob.line(f" line {MESSAGES}$")

                    assert ["hello", *texts] == [line.partition(" Alice ")[2] for line in bob.lines]
                    assert bob.lines == alice.lines
                    assert [str(number) for number in range(1, MESSAGES + 2)] == [line.split()[0] for line in bob.lines]
                    assert alice.process.returncode == 0


async def test_step_3_a_client_that_finds_another_log_says_so_and_starts_afresh(back_end: str, tmp_path: Path) -> None:
    """The database is lost: the client is told, and goes on in the new epoch."""
    async with a_chat_server(tmp_path / "one.db") as first:
        places = {"CHAT_URL": first.url, "BACKEND_URL": back_end}
        async with a_program(sys.executable, STEP3 / "client.py", "alice", **places) as alice:
            await alice.say("before")
            await alice.line("^1 Alice before$")
            await first.program.kill()
            async with a_chat_server(tmp_path / "two.db", first.port):
                await alice.line("messages may be missing: epochChanged")
                await alice.say("after")
                await alice.line("^1 Alice after$")
