"""JSON Schemas (draft 2020-12) of everything that travels on a `talkroom.v1` connection, made from the types. Pure.

What msgspec can tell of a type is taken from msgspec. Three things it cannot: the envelope around a command's data, the union of
the replies' data, and that a field which the server leaves out is never null. They are added here, and tests/docs validate what
the encoders write against the result.
"""

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any, Final

import msgspec

from talkroom.chat.model.errors import ErrorCode
from talkroom.chat.protocol.commands import (
    COMMANDS,
    MESSAGE_ID_CHARACTERS_MAX,
    REF_CHARACTERS_MAX,
    Ping,
    SendMessage,
)
from talkroom.chat.protocol.frames import (
    Accepted,
    Error,
    HistoryPage,
    Joined,
    Left,
    MemberBody,
    MembersPage,
    MessageBody,
    MessagePush,
    Pong,
    Refreshed,
    Reply,
    UnsubscribedPush,
)

Schema = dict[str, Any]

REPLIES: Final[Mapping[str, type[msgspec.Struct]]] = {
    "sendmessage": Accepted,
    "join": Joined,
    "leave": Left,
    "history": HistoryPage,
    "members": MembersPage,
    "ping": Pong,
    "refresh": Refreshed,
}
"""The type of the `data` that answers each action."""

PUSHES: Final[Mapping[str, type[msgspec.Struct]]] = {"message": MessagePush, "unsubscribed": UnsubscribedPush}
"""The pushes by their `type`."""

_SENT: Final = (*REPLIES.values(), *PUSHES.values(), MessageBody, MemberBody)

_REF: Final[Schema] = {
    "description": "Chosen by the client; the reply or the error repeats it.",
    "anyOf": [{"type": "string", "maxLength": REF_CHARACTERS_MAX}, {"type": "integer"}],
}


def make_components(ref_template: str) -> dict[str, Schema]:
    """Every schema by its name; `ref_template` says where a schema of a `{name}` will be found."""
    return {
        **_data_components(ref_template),
        **{command_name(action): _command(action, ref_template) for action in COMMANDS},
        **{reply_name(action): _reply(kind, ref_template) for action, kind in REPLIES.items()},
        "Error": _error(),
        "GatewayError": _gateway_error(),
    }


def command_name(action: str) -> str:
    """The name of the schema of a whole command."""
    return f"{COMMANDS[action].__name__}Command"


def reply_name(action: str) -> str:
    """The name of the schema of the whole reply to an action."""
    return f"{REPLIES[action].__name__}Reply"


def make_documents() -> dict[str, Schema]:
    """The schemas as documents of their own, by file name without its ending."""
    replies, pushes = [reply_name(action) for action in REPLIES], [kind.__name__ for kind in PUSHES.values()]
    sent = _document("What the server sends, one by one", [*replies, "Error", "GatewayError", *pushes])
    return {
        "commands": _document("A command: what a client sends", [command_name(action) for action in COMMANDS]),
        "replies": _document("A reply: a command was done", replies),
        "errors": _document("An error: a command was not done", ["Error", "GatewayError"]),
        "pushes": _document("A push: what the server sends unasked", pushes),
        "server": sent
        | {
            "title": "A text message from the server: one object, or an array of objects",
            "anyOf": [*sent["anyOf"], {"type": "array", "minItems": 1, "items": {"anyOf": sent["anyOf"]}}],
        },
    }


def _document(title: str, members: list[str]) -> Schema:
    components = make_components("#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in members],
        "$defs": {name: components[name] for name in sorted(_reachable(members, components))},
    }


def _reachable(names: Iterable[str], components: Mapping[str, Schema]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [ref.rpartition("/")[2] for ref in _refs(components[name])]
    return found


def _refs(schema: object) -> Iterable[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from _refs(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _refs(part)


def _data_components(ref_template: str) -> dict[str, Schema]:
    """What msgspec knows: the `data` of commands and replies, and pushes whole."""
    _, received = msgspec.json.schema_components(COMMANDS.values(), ref_template=ref_template)
    _, sent = msgspec.json.schema_components(_SENT, ref_template=ref_template)
    message_id = received[SendMessage.__name__]["properties"]["id"]["anyOf"][0]
    message_id |= {"minLength": 1, "maxLength": MESSAGE_ID_CHARACTERS_MAX}
    return {name: _tidy(schema) for name, schema in received.items()} | {
        name: _without_null(_tidy(schema)) for name, schema in sent.items()
    }


def _tidy(schema: Schema) -> Schema:
    """The description without the indentation of a docstring."""
    return schema | {"description": cleandoc(schema["description"]).replace("\n", " ").replace("  ", "\n\n")}


def _without_null(schema: Schema) -> Schema:
    """The server leaves an empty field out and never sends null for it."""
    return schema | {"properties": {name: _not_null(field) for name, field in schema["properties"].items()}}


def _not_null(field: Schema) -> Schema:
    options = [option for option in field.get("anyOf", ()) if option != {"type": "null"}]
    return options[0] if len(options) == 1 else field


def _command(action: str, ref_template: str) -> Schema:
    kind = COMMANDS[action]
    return {
        "title": command_name(action),
        "type": "object",
        "properties": {
            "action": {"const": action},
            "ref": {**_REF, "anyOf": [*_REF["anyOf"], {"type": "null"}]},
            "data": {"$ref": ref_template.format(name=kind.__name__)},
        },
        "required": ["action"] if kind is Ping else ["action", "data"],
    }


def _reply(kind: type[msgspec.Struct], ref_template: str) -> Schema:
    return {
        "title": f"{kind.__name__}Reply",
        "description": cleandoc(Reply.__doc__ or ""),
        "type": "object",
        "properties": {
            "type": {"const": "reply"},
            "ref": _REF,
            "data": {"$ref": ref_template.format(name=kind.__name__)},
        },
        "required": ["type", "data"],
    }


def _error() -> Schema:
    return {
        "title": "Error",
        "description": cleandoc(Error.__doc__ or ""),
        "type": "object",
        "properties": {
            "type": {"const": "error"},
            "ref": _REF,
            "name": {
                "type": "string",
                "description": "Names may be added; treat an unknown one by its `retry`.",
                "examples": [code.wire_name for code in ErrorCode],
            },
            "detail": {"type": "string", "description": "A sentence for the developer of the client."},
            "retry": {"type": "boolean", "description": "Whether the same command may succeed later."},
        },
        "required": ["type", "name", "detail", "retry"],
        "x-names": [{"name": code.wire_name, "retry": code.retry, "meaning": code.sentence} for code in ErrorCode],
    }


def _gateway_error() -> Schema:
    return {
        "title": "GatewayError",
        "description": "The gateway's own error frame: it has no `type` and no `ref`. Handling a command failed or took too long;"
        " whether it was done is not known.",
        "type": "object",
        "properties": {
            "message": {"type": "string", "examples": ["Internal server error", "Endpoint request timed out"]},
            "connectionId": {"type": "string"},
            "requestId": {"type": "string"},
        },
        "required": ["message", "connectionId", "requestId"],
        "not": {"required": ["type"]},
    }
