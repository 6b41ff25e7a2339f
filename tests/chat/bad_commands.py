"""The table of what a client can do wrong: a command, and how every host answers it (docs/protocol.md section 6).

The room that may be entered is `lobby`; nothing here stores anything in it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.chat.host import Host

USER, ROOM = "alice", "lobby"
LONG_AGO_S = 1_700_000_000

RETRY = {
    "invalidJson": False,
    "invalidCommand": False,
    "unknownAction": False,
    "invalidRoomId": False,
    "invalidCursor": False,
    "textEmpty": False,
    "textTooLong": False,
    "forbidden": False,
    "tokenExpired": False,
    "invalidToken": False,
    "notJoined": False,
    "tooManyRooms": False,
    "epochChanged": False,
    "retryTooLate": False,
    "rateLimited": True,
    "unavailable": True,
}
"""Every name that a client can see, and whether the same command may succeed later."""

BY_DOING_TOO_MUCH = {"tooManyRooms", "rateLimited"}
"""These need more than one command; test_errors.py provokes them one by one."""
BY_FAILURE = {"unavailable"}
"""No client can provoke it: a part of the server must fail (tests/e2e/test_faults.py, tests/aws/test_permissions.py)."""


@dataclass(frozen=True)
class BadCommand:
    """One row."""

    send: Callable[[Host], str]
    """The text of the message."""
    name: str
    """Of the error."""
    ref: str | None = None
    """The answer's: none when it could not be read."""


def raw(text: str, name: str, ref: str | None = None) -> BadCommand:
    """A text as it stands."""
    return BadCommand(lambda _: text, name, ref)


def command(name: str, action: str, **data: object) -> BadCommand:
    """A command whose ref can be read."""
    return raw(json.dumps({"action": action, "ref": "r", "data": data}, ensure_ascii=False), name, "r")


def refresh(name: str, token: Callable[[Host], str]) -> BadCommand:
    """A `refresh` with a token that the host's secret must sign."""
    return BadCommand(
        lambda host: json.dumps({"action": "refresh", "ref": "r", "data": {"token": token(host)}}), name, "r"
    )


BAD_COMMANDS: dict[str, BadCommand] = {
    # Not a command at all.
    "empty": raw("", "invalidJson"),
    "words": raw("hello", "invalidJson"),
    "half of it": raw('{"action":"ping"', "invalidJson"),
    "two of them": raw('{"action":"ping"}{"action":"ping"}', "invalidJson"),
    "an array": raw('[{"action":"ping"}]', "invalidJson"),
    "a number": raw("5", "invalidJson"),
    "null": raw("null", "invalidJson"),
    "a byte order mark": raw('\ufeff{"action":"ping"}', "invalidJson"),
    "an unpaired surrogate": raw(r'{"action":"ping","ref":"\ud800"}', "invalidJson"),
    "an unpaired surrogate in the text": raw(
        r'{"action":"sendmessage","ref":"r","data":{"roomId":"lobby","message":"\udc00"}}', "invalidJson"
    ),
    # Deep.
    "deep arrays": raw("[" * 100_000, "invalidJson"),
    "deep arrays, closed": raw("[" * 50_000 + "]" * 50_000, "invalidJson"),
    "deep data": raw('{"action":"ping","data":' + "[" * 100_000, "invalidJson"),
    "deep objects": raw('{"action":"ping","data":' + '{"a":' * 20_000, "invalidJson"),
    # Of the wrong shape.
    "no action": raw("{}", "invalidCommand"),
    "a number as action": raw('{"action":5}', "invalidCommand"),
    "an object as ref": raw('{"action":"ping","ref":{}}', "invalidCommand"),
    "a fraction as ref": raw('{"action":"ping","ref":1.5}', "invalidCommand"),
    "an infinite ref": raw('{"action":"ping","ref":1e999}', "invalidCommand"),
    "a long ref": raw(json.dumps({"action": "ping", "ref": "x" * 129}), "invalidCommand"),
    "data that is null": raw('{"action":"ping","ref":"r","data":null}', "invalidCommand", "r"),
    "data that is an array": raw('{"action":"ping","ref":"r","data":[]}', "invalidCommand", "r"),
    "no room": command("invalidCommand", "join"),
    "a number as room": command("invalidCommand", "join", roomId=5),
    "no message": command("invalidCommand", "sendmessage", roomId=ROOM),
    "an object as message": command("invalidCommand", "sendmessage", roomId=ROOM, message={}),
    "no token": command("invalidCommand", "refresh"),
    "a negative sequence": command("invalidCommand", "join", roomId=ROOM, after=-1),
    "a huge sequence": command("invalidCommand", "join", roomId=ROOM, after=2**53),
    "a sequence without an epoch": command("invalidCommand", "join", roomId=ROOM, after=1),
    "a page of nothing": command("invalidCommand", "history", roomId=ROOM, limit=0),
    "a text as limit": command("invalidCommand", "members", roomId=ROOM, limit="10"),
    "two directions": command("invalidCommand", "history", roomId=ROOM, after=1, before=2),
    "an empty id": command("invalidCommand", "sendmessage", roomId=ROOM, message="x", id=""),
    "a long id": command("invalidCommand", "sendmessage", roomId=ROOM, message="x", id="x" * 129),
    # Unknown.
    "an unknown action": raw('{"action":"moderate","ref":"r"}', "unknownAction", "r"),
    "another spelling": raw('{"action":"SendMessage","ref":"r"}', "unknownAction", "r"),
    "a reserved route": raw('{"action":"$connect","ref":"r"}', "unknownAction", "r"),
    "an enormous action": raw(json.dumps({"action": "x" * 100_000, "ref": "r"}), "unknownAction", "r"),
    # Rooms.
    "an empty room": command("invalidRoomId", "join", roomId=""),
    "a room of spaces": command("invalidRoomId", "join", roomId="  "),
    "a room over 128 bytes": command("invalidRoomId", "join", roomId="あ" * 43),
    "an enormous room": command("invalidRoomId", "join", roomId="x" * 100_000),
    "a control character": command("invalidRoomId", "sendmessage", roomId="a\u0000b", message="x"),
    "a line break": command("invalidRoomId", "history", roomId="a\nb"),
    "a room for members": command("invalidRoomId", "members", roomId=""),
    "a room to leave": command("invalidRoomId", "leave", roomId=""),
    # Text.
    "an empty text": command("textEmpty", "sendmessage", roomId=ROOM, message=""),
    "a blank text": command("textEmpty", "sendmessage", roomId=ROOM, message=" \n\t\u3000"),
    "a text of 4001 characters": command("textTooLong", "sendmessage", roomId=ROOM, message="🎉" * 4001),
    "a text of 100000 characters": command("textTooLong", "sendmessage", roomId=ROOM, message="x" * 100_000),
    # The token does not cover the room.
    "a forbidden room to join": command("forbidden", "join", roomId="vault"),
    "a forbidden room to read": command("forbidden", "history", roomId="vault"),
    "a forbidden room to look into": command("forbidden", "members", roomId="vault"),
    "a forbidden room to speak to": command("forbidden", "sendmessage", roomId="vault", message="x"),
    # The rest.
    "a room that was not joined": command("notJoined", "leave", roomId="elsewhere"),
    "a cursor of nobody": command("invalidCursor", "history", roomId=ROOM, cursor="x"),
    "an enormous cursor": command("invalidCursor", "members", roomId=ROOM, cursor="A" * 100_000),
    "another epoch": command("epochChanged", "history", roomId=ROOM, after=1, epoch="other"),
    "a repetition of another epoch": command(
        "retryTooLate", "sendmessage", roomId=ROOM, message="x", id="x", retryAfter=0, epoch="other"
    ),
    "a repetition from beyond the log": command(
        "retryTooLate", "sendmessage", roomId=ROOM, message="x", id="x", retryAfter=2**53 - 1
    ),
    "a bad token": command("invalidToken", "refresh", token="x"),
    "another person's token": refresh("invalidToken", lambda host: host.issue("mallory")),
    "an expired token": refresh("tokenExpired", lambda host: host.issue(USER, at_s=LONG_AGO_S)),
}
