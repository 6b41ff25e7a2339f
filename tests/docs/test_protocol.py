"""docs/protocol.md: its tables agree with the code, its examples fit the schemas, and a server gives the answers it shows."""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from talkroom.chat.model.errors import ErrorCode
from talkroom.chat.model.limits import Limits
from talkroom.chat.protocol.commands import COMMANDS
from talkroom.chat.protocol.json_schema import PUSHES, make_documents
from talkroom.contract.errors import error_frame
from talkroom.gateway.api import GatewayLimits
from tests.docs.support import (
    DEADLINE_S,
    DOCS,
    ChatServer,
    Fence,
    a_chat_server,
    fences,
    make_token,
    server_objects,
    table,
)

PAGE = DOCS / "protocol.md"
EPOCH_ON_THE_PAGE = "kQ3Zt0b8pX4w"
TIMES = {"sentAt", "now", "expiresAt"}
KINDS = {"command": "commands", "reply": "replies", "error": "errors", "push": "pushes", "gateway-error": "errors"}
EXAMPLES = [fence for page in (PAGE, DOCS / "tutorial.md") for fence in fences(page) if fence.language == "json"]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_fits_its_schema(example: Fence) -> None:
    """Every JSON block says what kind it is of."""
    schema = make_documents()[KINDS[example.info[1]]]
    faults = [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(example.text))]

    assert faults == []


def test_the_table_of_errors_is_the_code() -> None:
    """Name, retry and meaning of every error, in order."""
    expected = [[f"`{code.wire_name}`", "true" if code.retry else "false", code.sentence] for code in ErrorCode]

    assert expected == table(PAGE, "name", "retry", "meaning")


def test_every_command_and_push_has_a_section() -> None:
    """Nothing on the wire is undocumented."""
    headings = set(re.findall(r"^### [\d.]+ `(\w+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))

    assert set(COMMANDS) | set(PUSHES) == headings


@pytest.mark.parametrize("action", COMMANDS)
def test_every_field_of_a_command_is_in_its_section(action: str) -> None:
    """By its name on the wire."""
    section = PAGE.read_text(encoding="utf-8").partition(f" `{action}`\n")[2].partition("\n### ")[0]
    schema = make_documents()["commands"]["$defs"][COMMANDS[action].__name__]

    for name in schema["properties"]:
        assert f"| `{name}` |" in section


def test_the_table_of_limits_has_the_defaults() -> None:
    """Numbers that the page states are those of the code."""
    chat, gateway = Limits(), GatewayLimits()
    stated = {row[0].removesuffix(" (AWS)"): row[1] for row in table(PAGE, "limit", "default", "beyond it")}

    assert stated["frame from a client"] == f"{gateway.frame_bytes_max // 1024} KiB"
    assert stated["message from a client"] == f"{gateway.message_bytes_max // 1024} KiB"
    assert stated["text of a message"] == f"{chat.text_characters_max:,} characters"
    assert stated["room id"] == f"{chat.room_id_bytes_max} bytes of UTF-8"
    assert stated["rooms of one connection"] == f"{chat.rooms_per_connection_max}"
    assert (
        stated["commands of one connection"]
        == f"{chat.commands_burst} at once, refilled with {chat.commands_per_s:g} a second"
    )
    assert stated["commands refused in one go"] == f"{chat.refused_commands_max}"
    assert stated["commands of one connection in hand at once"] == f"{gateway.invocations_per_connection_max}"
    assert stated["page of history"] == f"{chat.page_messages_max} messages, {chat.page_bytes_max // 1024} KiB"
    assert stated["page of members"] == f"{chat.page_members_max}"
    assert stated["bytes that wait for a client which does not read"] == f"{gateway.outbox_bytes_max // 1024} KiB"
    assert stated["time to handle a command"] == f"{gateway.integration_timeout_s:g} s"
    assert stated["time without traffic"] == f"{gateway.idle_timeout_s / 60:g} min"
    assert stated["life of a connection"] == f"{gateway.connection_duration_s / 3600:g} h"


def test_the_gateways_error_frame_has_the_fields_shown() -> None:
    """Its text is the contract's."""
    shown = next(json.loads(fence.text) for fence in fences(PAGE) if fence.info[1:] == ("gateway-error",))

    assert list(shown) == list(json.loads(error_frame("Internal server error", "c", "r")))


@pytest.mark.parametrize("room", ["lobby", "会議室 1", "100% (really)", "a+b/c,d", "~*'!"])
def test_the_javascript_encodes_as_the_python_decodes(room: str) -> None:
    """The expression on the page gives an HTTP token that means the same room."""
    (expression,) = re.findall(r"^    (encodeURIComponent\(.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    program = f"const room = process.argv[1]; process.stdout.write({expression})"
    encoded = subprocess.run(["node", "-e", program, room], capture_output=True, text=True, check=True).stdout

    assert re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", encoded)
    assert quote(room, safe="!*'") == encoded


# The examples, in order, against a server.


class Storyline:
    """Sends the page's commands as alice, and bob's message where the page shows its push."""

    def __init__(self, alice: ClientConnection, bob: ClientConnection) -> None:
        self._alice = alice
        self._bob = bob
        self._epoch = ""

    async def play(self, examples: list[Fence]) -> None:
        """Send and receive all of it, in order."""
        for example in examples:
            shown = json.loads(example.text)
            match example.info[1]:
                case "command":
                    await self._send(example.text)
                    continue
                case "push":
                    said = {"roomId": shown["roomId"], "message": shown["message"], "id": shown["id"]}
                    await self._bob.send(json.dumps({"action": "sendmessage", "data": said}))
            (received,) = server_objects(await self._alice.recv())
            assert self._comparable(shown) == self._comparable(received), f"{example}: {received}"

    async def _send(self, text: str) -> None:
        await self._alice.send(
            text.replace("<token>", make_token("alice", name="アリス")).replace(EPOCH_ON_THE_PAGE, self._epoch)
        )

    def _comparable(self, frame: Any, name: str = "") -> Any:
        """Without what differs from run to run: times, and the epoch, which must be the same throughout."""
        if isinstance(frame, dict):
            return {key: self._comparable(value, key) for key, value in frame.items()}
        if isinstance(frame, list):
            return [self._comparable(one) for one in frame]
        if name == "epoch" and frame != EPOCH_ON_THE_PAGE:
            self._epoch = self._epoch or frame
            return EPOCH_ON_THE_PAGE if frame == self._epoch else frame
        return type(frame) if name in TIMES else frame


def offer(token: str, *rooms: str) -> list[Subprotocol]:
    """What a `talkroom.v1` client offers."""
    return [Subprotocol(value) for value in ("talkroom.v1", token, *rooms)]


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    """One server for each test."""
    async with a_chat_server() as running:
        yield running


async def test_a_server_answers_as_the_page_shows(server: ChatServer) -> None:
    """Each command that is not only shown is sent, and answered by what stands below it."""
    examples = [fence for fence in fences(PAGE) if fence.language == "json" and "shown" not in fence.info]
    examples = [fence for fence in examples if fence.info[1] != "gateway-error"]
    alice_offers, bob_offers = offer(make_token("alice", name="アリス")), offer(make_token("bob", name="ボブ"))
    async with (
        asyncio.timeout(DEADLINE_S),
        connect(server.url, subprotocols=alice_offers) as alice,
        connect(server.url, subprotocols=bob_offers) as bob,
    ):
        await Storyline(alice, bob).play(examples)


async def test_talkroom_v1_is_selected_and_an_initial_room_needs_no_reply(server: ChatServer) -> None:
    """Section 2.3: the token is not sent back; the first thing that comes is a push."""
    offers = offer(make_token("alice"), quote("会議室 (1)", safe=""))
    async with asyncio.timeout(DEADLINE_S), connect(server.url, subprotocols=offers) as alice:
        said = {"roomId": "会議室 (1)", "message": "hi"}
        await alice.send(json.dumps({"action": "sendmessage", "data": said}))
        (first,) = server_objects(await alice.recv())

        assert alice.subprotocol == "talkroom.v1"
        assert first["type"] == "message"


GOOD = make_token("alice", rooms=["lobby"])
SENDER = make_token("alice", rooms=["lobby"], can=["send"])


@pytest.mark.parametrize(
    ("offers", "path", "status"),
    [
        ((), "", 401),
        (("talkroom.v1",), "", 401),
        (("talkroom.v1", "not-a-token"), "", 401),
        (("talkroom.v1", make_token("alice", exp=1)), "", 401),
        (("talkroom.v1", make_token("alice", aud="elsewhere")), "", 401),
        ((GOOD,), "", 400),
        ((GOOD, "lobby", "other"), "", 400),
        (("talkroom.v1", GOOD, "lobby", "other"), "", 400),
        (("talkroom.v1", GOOD, "secret"), "", 403),
        (("talkroom.v1", GOOD, "%0A"), "", 403),
        (("talkroom.v1", SENDER, "lobby"), "", 403),
        (("talkroom.v1", make_token("alice", rooms=[f"会議室会議室会議室{n}" for n in range(98)])), "", 403),
        (("talkroom.v1", GOOD), "/elsewhere", 403),
        (("talkroom.v1", GOOD), "?" + "q" * 4096, 414),
    ],
)
async def test_a_handshake_is_refused_with_the_status_of_the_table(
    server: ChatServer, offers: tuple[str, ...], path: str, status: int
) -> None:
    """Section 2.4."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.url + path, subprotocols=[Subprotocol(value) for value in offers])

    assert status == refused.value.response.status_code
    assert "message" in json.loads(refused.value.response.body)


async def test_a_plain_connection_is_the_articles(server: ChatServer) -> None:
    """Section 14: the token is selected; others get raw text, the sender nothing; only failures are answered."""
    token = make_token("alice", rooms=["lobby"])
    offers = [Subprotocol(token), Subprotocol("lobby")]
    async with (
        asyncio.timeout(DEADLINE_S),
        connect(server.url, subprotocols=offers) as alice,
        connect(server.url, subprotocols=offers) as other,
    ):
        await alice.send('{"action":"sendmessage","data":{"message":"hi","roomId":"lobby"}}')
        received = await other.recv()
        await alice.send('{"action":"sendmessage","data":{"message":"hi","roomId":"secret"}}')
        answered = json.loads(await alice.recv())

        assert alice.subprotocol == token
        assert received == "hi"
        assert answered["name"] == "forbidden"


async def test_too_many_commands_end_as_the_page_says(server: ChatServer) -> None:
    """Section 10: `rateLimited`, and in the end the connection is closed with 1000."""
    async with asyncio.timeout(DEADLINE_S), connect(server.url, subprotocols=offer(make_token("alice"))) as alice:
        for number in range(1000):
            await alice.send(json.dumps({"action": "ping", "ref": number}))
        answers = [frame async for text in alice for frame in server_objects(text)]

        refused = [frame for frame in answers if frame["type"] == "error"]
        assert {"rateLimited"} == {frame["name"] for frame in refused}
        assert len(refused) == Limits().refused_commands_max
        assert (alice.close_code, alice.close_reason) == (1000, "Connection Closed Normally")


async def test_a_binary_message_and_a_large_frame_close_with_their_codes(server: ChatServer) -> None:
    """Section 12: the reasons of the table."""
    reasons = {row[0]: row[1].strip("`") for row in table(PAGE, "code", "reason", "why")}
    for payload, code in ((b"\x00", 1003), ("x" * 40_000, 1009)):
        async with asyncio.timeout(DEADLINE_S), connect(server.url, subprotocols=offer(make_token("alice"))) as alice:
            await alice.send(payload)
            await alice.wait_closed()

            assert alice.close_code == code
            if code == 1003:
                assert alice.close_reason == reasons["1003"]
