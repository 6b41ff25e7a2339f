"""Commands that cannot be done: each gets its documented error, and the connection goes on."""

import json

import pytest
from websockets.asyncio.client import connect

from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue

pytestmark = pytest.mark.usefixtures("bystanders")


def in_data(action: str, **data: object) -> str:
    """A command with a ref."""
    return json.dumps({"action": action, "ref": "r", "data": data}, ensure_ascii=False)


CASES = {
    # Not a command at all.
    "empty": ("", None, "invalidJson"),
    "words": ("hello", None, "invalidJson"),
    "half of it": ('{"action":"ping"', None, "invalidJson"),
    "two of them": ('{"action":"ping"}{"action":"ping"}', None, "invalidJson"),
    "an array": ('[{"action":"ping"}]', None, "invalidJson"),
    "a number": ("5", None, "invalidJson"),
    "null": ("null", None, "invalidJson"),
    "a byte order mark": ('\ufeff{"action":"ping"}', None, "invalidJson"),
    "an unpaired surrogate": (r'{"action":"ping","ref":"\ud800"}', None, "invalidJson"),
    # Deep.
    "deep arrays": ("[" * 100_000, None, "invalidJson"),
    "deep arrays, closed": ("[" * 50_000 + "]" * 50_000, None, "invalidJson"),
    "deep data": ('{"action":"ping","data":' + "[" * 100_000, None, "invalidJson"),
    "deep objects": ('{"action":"ping","data":' + '{"a":' * 20_000, None, "invalidJson"),
    # Of the wrong shape.
    "no action": ("{}", None, "invalidCommand"),
    "a number as action": ('{"action":5}', None, "invalidCommand"),
    "an object as ref": ('{"action":"ping","ref":{}}', None, "invalidCommand"),
    "a fraction as ref": ('{"action":"ping","ref":1.5}', None, "invalidCommand"),
    "an infinite ref": ('{"action":"ping","ref":1e999}', None, "invalidCommand"),
    "a long ref": (json.dumps({"action": "ping", "ref": "x" * 129}), None, "invalidCommand"),
    "data that is null": ('{"action":"ping","ref":"r","data":null}', "r", "invalidCommand"),
    "data that is an array": ('{"action":"ping","ref":"r","data":[]}', "r", "invalidCommand"),
    "no room": (in_data("join"), "r", "invalidCommand"),
    "a number as room": (in_data("join", roomId=5), "r", "invalidCommand"),
    "no message": (in_data("sendmessage", roomId="lobby"), "r", "invalidCommand"),
    "a negative sequence": (in_data("join", roomId="lobby", after=-1), "r", "invalidCommand"),
    "a huge sequence": (in_data("join", roomId="lobby", after=2**53), "r", "invalidCommand"),
    "a page of nothing": (in_data("history", roomId="lobby", limit=0), "r", "invalidCommand"),
    "two directions": (in_data("history", roomId="lobby", after=1, before=2), "r", "invalidCommand"),
    "an empty id": (in_data("sendmessage", roomId="lobby", message="x", id=""), "r", "invalidCommand"),
    "a long id": (in_data("sendmessage", roomId="lobby", message="x", id="x" * 129), "r", "invalidCommand"),
    # Unknown.
    "an unknown action": ('{"action":"moderate","ref":"r"}', "r", "unknownAction"),
    "another spelling": ('{"action":"SendMessage","ref":"r"}', "r", "unknownAction"),
    "a reserved route": ('{"action":"$connect","ref":"r"}', "r", "unknownAction"),
    "an enormous action": (json.dumps({"action": "x" * 100_000, "ref": "r"}), "r", "unknownAction"),
    # Rooms.
    "an empty room": (in_data("join", roomId=""), "r", "invalidRoomId"),
    "a room of spaces": (in_data("join", roomId="  "), "r", "invalidRoomId"),
    "a room over 128 bytes": (in_data("join", roomId="あ" * 43), "r", "invalidRoomId"),
    "an enormous room": (in_data("join", roomId="x" * 100_000), "r", "invalidRoomId"),
    "a control character": (in_data("sendmessage", roomId="a\u0000b", message="x"), "r", "invalidRoomId"),
    "a line break": (in_data("history", roomId="a\nb"), "r", "invalidRoomId"),
    "a room for members": (in_data("members", roomId=""), "r", "invalidRoomId"),
    "a room to leave": (in_data("leave", roomId=""), "r", "invalidRoomId"),
    # Text.
    "an empty text": (in_data("sendmessage", roomId="lobby", message=""), "r", "textEmpty"),
    "a blank text": (in_data("sendmessage", roomId="lobby", message=" \n\t\u3000"), "r", "textEmpty"),
    "a text of 4001 characters": (in_data("sendmessage", roomId="lobby", message="🎉" * 4001), "r", "textTooLong"),
    "a text of 100000 characters": (in_data("sendmessage", roomId="lobby", message="x" * 100_000), "r", "textTooLong"),
    # The rest.
    "a room that was not joined": (in_data("leave", roomId="elsewhere"), "r", "notJoined"),
    "a cursor of nobody": (in_data("history", roomId="lobby", cursor="x"), "r", "invalidCursor"),
    "an enormous cursor": (in_data("members", roomId="lobby", cursor="A" * 100_000), "r", "invalidCursor"),
    "another epoch": (in_data("history", roomId="lobby", after=1, epoch="other"), "r", "epochChanged"),
    "a bad token": (in_data("refresh", token="x"), "r", "invalidToken"),
    "another person's token": (in_data("refresh", token=issue("mallory")), "r", "invalidToken"),
    "an expired token": (in_data("refresh", token=issue(at_s=1_700_000_000)), "r", "tokenExpired"),
}


@pytest.mark.parametrize(("command", "ref", "name"), CASES.values(), ids=CASES)
async def test_a_bad_command_is_answered(server: ServerProcess, command: str, ref: str | None, name: str) -> None:
    """By name, with its ref when that could be read, not to be retried; the next command is done."""
    async with await Client.open(server.port, issue(), "lobby") as client:
        # A larger message must come in fragments, or its frame is what is wrong with it.
        encoded = command.encode()
        await client.connection.send(
            command
            if len(encoded) <= 32_768
            else [encoded[start : start + 32_768] for start in range(0, len(encoded), 32_768)],
            text=True,
        )
        answer = await client.frame()
        pong = await client.ask("ping")

    assert ("error", ref, name, False) == (answer["type"], answer.get("ref"), answer["name"], answer["retry"])
    assert answer["detail"]
    assert "reply" == pong["type"]


@pytest.mark.parametrize("command", ['{"action":"sendmessage","data":{"roomId":"lobby"}}', "words"])
async def test_a_plain_connection_gets_errors_too(server: ServerProcess, command: str) -> None:
    """As JSON, because it has no other way to know."""
    async with await plain(server.port) as client:
        await client.connection.send(command)

        assert "error" == (await client.frame())["type"]


async def test_the_largest_text_is_taken(server: ServerProcess) -> None:
    """4000 characters, however many bytes: the limits of frames are higher."""
    async with await Client.open(server.port, issue(), "largest") as client:
        await client.do("sendmessage", roomId="largest", message="🎉" * 4000)

        assert "🎉" * 4000 == await client.said()


async def test_one_room_too_many(serve: Serve) -> None:
    """Joined again is not one more."""
    server = serve("--rooms-per-connection-max", "2")
    async with await Client.open(server.port, issue(), "a") as client:
        await client.do("join", roomId="b")
        refused = await client.ask("join", roomId="c")
        await client.do("join", roomId="a")
        await client.do("leave", roomId="b")
        await client.do("join", roomId="c")

    assert ("tooManyRooms", False) == (refused["name"], refused["retry"])


async def test_commands_faster_than_the_limit(serve: Serve) -> None:
    """An error that may be retried, for a while; then the connection is closed. Others are not touched."""
    server = serve("--commands-per-s", "0.01", "--commands-burst", "5", "--refused-commands-max", "3")
    async with (
        await Client.open(server.port, issue()) as fast,
        await Client.open(server.port, issue()) as other,
    ):
        answers = [await fast.ask("ping") for _ in range(8)]
        await fast.send("ping")
        closed = await fast.closed()

        assert ["reply"] * 5 + ["error"] * 3 == [answer["type"] for answer in answers]
        assert [("rateLimited", True)] * 3 == [(answer["name"], answer["retry"]) for answer in answers[5:]]
        assert (1000, "Connection Closed Normally") == closed
        assert "reply" == (await other.ask("ping"))["type"]


async def test_the_limit_forgives(serve: Serve) -> None:
    """Who slows down is served again."""
    server = serve("--commands-per-s", "20", "--commands-burst", "2", "--refused-commands-max", "1000000")
    async with await Client.open(server.port, issue()) as client:
        answers = [await client.ask("ping") for _ in range(3)]
        while answers[-1]["type"] == "error":
            answers.append(await client.ask("ping"))

        assert "rateLimited" in {answer.get("name") for answer in answers}


async def plain(port: int) -> Client:
    """A plain connection."""
    return Client(await connect(f"ws://127.0.0.1:{port}/prod", subprotocols=[issue(), "lobby"], compression=None))
