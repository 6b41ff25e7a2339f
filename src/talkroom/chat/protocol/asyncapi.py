"""The AsyncAPI 3.0 description of `talkroom.v1`, made from the types. Pure.

The description is written from the server's side, as AsyncAPI has it: the server receives commands and sends replies, errors and
pushes. tools/generate_docs.py writes it to docs/asyncapi.json, and a test compares.
"""

from collections.abc import Iterable
from typing import Final

from talkroom.chat.model.subscription import Kind
from talkroom.chat.protocol.commands import COMMANDS
from talkroom.chat.protocol.json_schema import (
    PUSHES,
    REPLIES,
    Schema,
    command_name,
    make_components,
    reply_name,
)

_CHANNEL: Final = "connection"
_BATCH: Final = "batch"

_DESCRIPTION: Final = """\
Chat rooms over WebSocket. docs/protocol.md is the text that this description summarises: what a client must do is said there and
only there. A text message from the server holds one of the objects described here, or an array of them.\
"""


def make_asyncapi() -> Schema:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Talkroom: {Kind.V1}",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"local": _server()},
        "channels": {_CHANNEL: _channel()},
        "operations": {
            **{action: _command_operation(action) for action in COMMANDS},
            "push": {
                "action": "send",
                "title": "Push",
                "summary": "The server tells of something that nobody asked for.",
                "channel": _ref("channels", _CHANNEL),
                "messages": _channel_messages([*PUSHES, _BATCH]),
            },
        },
        "components": {
            "messages": _messages(),
            "schemas": make_components("#/components/schemas/{name}"),
            "securitySchemes": {
                "chatToken": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "Sec-WebSocket-Protocol",
                    "description": "A JWT, as the second entry of the list of subprotocols.",
                }
            },
        },
    }


def _server() -> Schema:
    return {
        "host": "localhost:8080",
        "pathname": "/prod",
        "protocol": "ws",
        "description": "`talkroom serve` with its default settings.",
        "security": [_ref("components", "securitySchemes", "chatToken")],
    }


def _channel() -> Schema:
    offered = {
        "type": "string",
        "description": "`talkroom.v1, <token>` or `talkroom.v1, <token>, <room>`, the room percent-encoded.",
    }
    return {
        "address": "/",
        "title": "One WebSocket connection",
        "servers": [_ref("servers", "local")],
        "messages": {name: _ref("components", "messages", name) for name in _messages()},
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "properties": {"Sec-WebSocket-Protocol": offered},
                    "required": ["Sec-WebSocket-Protocol"],
                },
                "bindingVersion": "0.1.0",
            }
        },
    }


def _command_operation(action: str) -> Schema:
    return {
        "action": "receive",
        "title": action,
        "summary": _first_sentence(COMMANDS[action].__doc__ or ""),
        "channel": _ref("channels", _CHANNEL),
        "messages": _channel_messages([action]),
        "reply": {
            "channel": _ref("channels", _CHANNEL),
            "messages": _channel_messages([f"{action}Reply", "error", "gatewayError"]),
        },
    }


def _messages() -> dict[str, Schema]:
    return {
        **{action: _message(command_name(action), action, has_ref=True) for action in COMMANDS},
        **{f"{action}Reply": _message(reply_name(action), f"{action}Reply", has_ref=True) for action in REPLIES},
        "error": _message("Error", "error", has_ref=True),
        "gatewayError": _message("GatewayError", "gatewayError", has_ref=False),
        **{name: _message(kind.__name__, name, has_ref=False) for name, kind in PUSHES.items()},
        _BATCH: {
            "name": _BATCH,
            "title": "Several objects in one text message",
            "payload": {"type": "array", "minItems": 1, "items": {"anyOf": _server_objects()}},
        },
    }


def _server_objects() -> list[Schema]:
    names = [*(reply_name(action) for action in REPLIES), "Error", *(kind.__name__ for kind in PUSHES.values())]
    return [_ref("components", "schemas", name) for name in names]


def _message(schema: str, name: str, *, has_ref: bool) -> Schema:
    correlation = {"correlationId": {"location": "$message.payload#/ref"}} if has_ref else {}
    return {"name": name, "title": schema, "payload": _ref("components", "schemas", schema), **correlation}


def _channel_messages(names: Iterable[str]) -> list[Schema]:
    return [_ref("channels", _CHANNEL, "messages", name) for name in names]


def _ref(*path: str) -> Schema:
    return {"$ref": "#/" + "/".join(path)}


def _first_sentence(docstring: str) -> str:
    """Without the action's name in front."""
    sentence = docstring.partition("\n")[0].partition(": ")[2]
    return sentence[0].upper() + sentence[1:]
