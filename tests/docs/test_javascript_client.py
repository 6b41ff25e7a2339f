"""docs/javascript-client.md: its tables are what the client's files say, and its program for Node runs."""

import re
import shutil
from pathlib import Path

import pytest

from talkroom.chat.model.errors import ErrorCode
from tests.docs.javascript import TYPES, WEB, evaluate, literals, members, names, properties, rows
from tests.docs.support import DOCS, ROOT, a_chat_server, a_program, fences, make_token

PAGE = DOCS / "javascript-client.md"
NODE_MODULES = ROOT / "tests" / "web" / "node" / "node_modules"
BETWEEN_MODULES = {"attach", "catchUp", "detach", "receive", "setUser"}
"""Of a room: what the client calls, and nobody else."""


def reasons_of(state: str) -> set[str]:
    """In the type of a state."""
    text = TYPES.read_text(encoding="utf-8")
    found = re.search(rf'name: "{state}", readonly reason: ([^,]*),', text)
    assert found is not None
    return set(re.findall(r'"(\w+)"', found[1])) or set(literals(found[1].strip()))


@pytest.mark.parametrize(
    ("heading", "typedef"),
    [
        ("Options", "ChatClientOptions"),
        ("The state of a room", "RoomState"),
        ("A message", "Message"),
        ("An unsent message", "Outgoing"),
    ],
)
def test_a_table_has_the_properties_of_its_type(heading: str, typedef: str) -> None:
    """All of them, and nothing else."""
    assert sorted(properties(typedef)) == sorted(names(PAGE, heading))


def test_the_table_of_states_is_the_type() -> None:
    """States, and the reasons of two of them."""
    states, reasons = (
        set(re.findall(r'readonly name: "(\w+)"', TYPES.read_text(encoding="utf-8"))),
        names(PAGE, "States"),
    )

    assert states | reasons_of("waiting") | reasons_of("refused") == set(reasons)
    assert len(reasons) == len(set(reasons))


def test_the_table_of_the_client_has_its_members() -> None:
    """All that are public."""
    assert sorted(evaluate("client/index.js", members("it.ChatClient"))) == sorted(names(PAGE, "The client"))


def test_the_table_of_a_room_has_its_members() -> None:
    """All but those that only the client calls; `id`, and the two events."""
    shown = set(names(PAGE, "A room")) - {"id", "change", "message"}

    assert set(evaluate("client/room.js", members("it.Room"))) - BETWEEN_MODULES == shown


def test_the_events_are_those_that_are_dispatched() -> None:
    """Of client and room."""
    text = "".join(path.read_text(encoding="utf-8") for path in (WEB / "client").glob("*.js"))
    dispatched = set(re.findall(r'dispatchEvent\(new \w+\("(\w+)"', text))

    assert {"state", "change", "message"} == dispatched


def test_the_exports_are_on_the_page() -> None:
    """Each by its name, and none that is not exported is in its own place."""
    text = PAGE.read_text(encoding="utf-8")

    assert [] == [name for name in evaluate("client/index.js", "Object.keys(it)") if f"`{name}" not in text]


def test_errors_of_the_client_are_those_that_it_makes() -> None:
    """Names that are not the server's, too."""
    text = "".join(path.read_text(encoding="utf-8") for path in (WEB / "client").glob("*.js"))
    made = set(re.findall(r'new CommandError\(\s*"(\w+)"', text))

    assert made - {code.wire_name for code in ErrorCode} == set(names(PAGE, "Errors"))


def test_the_limits_on_the_page_are_the_codes() -> None:
    """Messages that are held, and unsent ones."""
    text = PAGE.read_text(encoding="utf-8")

    assert f"The newest {evaluate('client/state.js', 'it.HELD_MAX'):,} at most" in text
    room = (WEB / "client" / "room.js").read_text(encoding="utf-8")
    assert "UNSENT_MAX = 100;" in room
    assert all("100" in row[1] for row in rows(PAGE, "Errors") if row[0] == "`queueFull`")


async def test_the_program_for_node_chats(tmp_path: Path) -> None:
    """With the package `ws`: it says hello, hears itself, and ends."""
    (block,) = [fence.text for fence in fences(PAGE) if 'from "ws"' in fence.text]
    assert (NODE_MODULES / "ws").exists(), "the package ws is missing: `make test` installs it"
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    shutil.copytree(WEB / "client", tmp_path / "web" / "client")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "program.js").write_text(block)
    async with a_chat_server(tmp_path / "talkroom.db") as server:
        places = {"CHAT_URL": server.url, "CHAT_TOKEN": make_token("alice", name="Alice")}
        async with a_program("node", tmp_path / "program.js", **places) as program:
            assert ["connecting", "open", "Alice: hello from Node", "closed"] == await program.rest()
            assert program.process.returncode == 0
