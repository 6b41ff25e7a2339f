"""The AsyncAPI document and the JSON Schemas are sound, and are true of what the encoders write and the decoders read."""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.protocol import commands, frames
from talkroom.chat.protocol.asyncapi import make_asyncapi
from talkroom.chat.protocol.commands import COMMANDS, Envelope, parse_data, parse_envelope
from talkroom.chat.protocol.frames import MemberBody, MessageBody, encode_error, encode_push, encode_reply
from talkroom.chat.protocol.json_schema import PUSHES, REPLIES, make_documents
from talkroom.chat.usecases.join_room import JoinRoomUseCase
from talkroom.chat.usecases.leave_room import LeaveRoomUseCase
from talkroom.chat.usecases.list_members import ListMembersUseCase
from talkroom.chat.usecases.ping import PingUseCase
from talkroom.chat.usecases.read_history import ReadHistoryUseCase
from talkroom.chat.usecases.refresh import RefreshUseCase
from talkroom.chat.usecases.send_message import SendMessageUseCase
from talkroom.contract.errors import error_frame

DOCUMENT = make_asyncapi()
SCHEMAS = make_documents()
BODY = MessageBody(7, "id-7", "alice", "アリス", 1_767_225_600_123, "おはよう")

REPLY_DATA = [
    frames.Accepted("lobby", "e", 7, "id-7", 1_767_225_600_123, False),
    frames.Joined("lobby", "e", 7, 1),
    frames.Joined("lobby", "e", 7, 1, True, None, [BODY], "a-cursor"),
    frames.Joined("lobby", "e", 7, 1, False, "ahead"),
    frames.HistoryPage("lobby", "e", 7, 1, [BODY]),
    frames.HistoryPage("lobby", "e", 7, 1, [], "a-cursor"),
    frames.MembersPage("lobby", [MemberBody("alice", "アリス")], "a-cursor"),
    frames.Left("lobby"),
    frames.Pong(1_767_225_600_123),
    frames.Refreshed(1_767_225_600_123),
]
PUSHED = [
    frames.MessagePush("lobby", "e", 7, "id-7", "alice", "アリス", 1_767_225_600_123, "おはよう"),
    frames.UnsubscribedPush("lobby", "tokenExpired"),
]
COMMAND_TEXTS = [
    '{"action": "sendmessage", "data": {"roomId": "lobby", "message": "hi"}}',
    '{"action": "sendmessage", "ref": "r", "data": {"roomId": "a", "message": "b", "id": "c", "retryAfter": 0, "epoch": "e"}}',
    '{"action": "join", "ref": null, "data": {"roomId": "lobby", "after": null}}',
    '{"action": "history", "ref": 1, "data": {"roomId": "lobby", "limit": 1, "before": 9007199254740991}}',
    '{"action": "members", "data": {"roomId": "lobby", "unknown": true}}',
    '{"action": "ping"}',
    '{"action": "refresh", "data": {"token": "t"}}',
]
MALFORMED_TEXTS = [
    '{"action": "sendmessage", "data": {"roomId": "lobby"}}',
    '{"action": "join"}',
    '{"action": "join", "data": {"roomId": "lobby", "after": -1}}',
    '{"action": "history", "data": {"roomId": "lobby", "limit": 0}}',
    '{"action": "ping", "data": null}',
    '{"action": "ping", "ref": 1.5}',
    '{"action": "ping", "ref": "' + "r" * 129 + '"}',
    "[]",
]


def refs(value: object) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from refs(part)
    elif isinstance(value, list):
        for part in value:
            yield from refs(part)


def resolve(document: Any, ref: str) -> Any:
    """What a reference inside of the document leads to."""
    found = document
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return found


def is_valid(name: str, value: object) -> bool:
    """Whether a value fits one of the schema files."""
    return bool(Draft202012Validator(SCHEMAS[name]).is_valid(value))


@pytest.mark.parametrize("document", [DOCUMENT, *SCHEMAS.values()], ids=["asyncapi", *SCHEMAS])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """All references are inside of the document."""
    for ref in refs(document):
        assert ref.startswith("#/"), ref
        assert resolve(document, ref) is not None


def test_the_asyncapi_document_has_the_required_parts() -> None:
    """AsyncAPI 3.0: version, info with title and version, and nothing at the top that the specification does not know."""
    allowed = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}

    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    assert set(DOCUMENT) <= allowed
    assert all({"host", "protocol"} <= set(server) for server in DOCUMENT["servers"].values())


def test_operations_use_messages_of_their_channel() -> None:
    """AsyncAPI 3.0: the messages of an operation, and of its reply, are among those of the channel that it names."""
    for name, operation in DOCUMENT["operations"].items():
        assert operation["action"] in ("send", "receive"), name
        for part in (operation, operation.get("reply", operation)):
            channel = part["channel"]["$ref"]
            for message in part["messages"]:
                assert message["$ref"].startswith(f"{channel}/messages/"), name


def test_every_message_of_the_channel_is_in_an_operation() -> None:
    """Nothing is described that nobody sends."""
    used = {ref for operation in DOCUMENT["operations"].values() for ref in refs(operation)}

    for name in DOCUMENT["channels"]["connection"]["messages"]:
        assert f"#/channels/connection/messages/{name}" in used


def test_there_is_an_operation_for_every_action_and_a_message_for_every_push() -> None:
    """What the code knows is described."""
    pushes = {ref["$ref"].rpartition("/")[2] for ref in DOCUMENT["operations"]["push"]["messages"]}

    assert set(COMMANDS) | {"push"} == set(DOCUMENT["operations"])
    assert set(PUSHES) | {"batch"} == pushes


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_the_schemas_are_json_schema(schema: dict[str, Any]) -> None:
    """Draft 2020-12."""
    Draft202012Validator.check_schema(schema)


def test_the_payloads_are_asyncapi_schemas() -> None:
    """AsyncAPI's own schema object is a superset of draft 7."""
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


@pytest.mark.parametrize("data", REPLY_DATA, ids=lambda data: type(data).__name__)
def test_a_reply_fits_its_schema(data: frames.ReplyData) -> None:
    """With a ref and without one; and it is nothing but a reply."""
    for ref in ("r", 7, None):
        reply = msgspec.json.decode(encode_reply(ref, data))

        assert is_valid("replies", reply)
        assert is_valid("server", [reply])
        assert not is_valid("errors", reply)
        assert not is_valid("pushes", reply)


def test_every_reply_is_tried() -> None:
    """The list above has each type of reply."""
    assert set(get_args(frames.ReplyData)) == {type(data) for data in REPLY_DATA} == set(REPLIES.values())


def test_every_push_is_tried() -> None:
    """The list above has each type of push."""
    assert set(get_args(frames.Push)) == {type(push) for push in PUSHED} == set(PUSHES.values())


@pytest.mark.parametrize("push", PUSHED, ids=lambda push: type(push).__name__)
def test_a_push_fits_its_schema(push: frames.Push) -> None:
    """And it is nothing but a push."""
    pushed = msgspec.json.decode(encode_push(push))

    assert is_valid("pushes", pushed)
    assert is_valid("server", pushed)
    assert not is_valid("replies", pushed)


@pytest.mark.parametrize("code", ErrorCode, ids=lambda code: code.wire_name)
def test_an_error_fits_its_schema(code: ErrorCode) -> None:
    """And its name is among the examples."""
    error = msgspec.json.decode(encode_error(7, ClientError(code)))
    names = {row["name"]: row["retry"] for row in SCHEMAS["errors"]["$defs"]["Error"]["x-names"]}

    assert is_valid("errors", error)
    assert names[error["name"]] == error["retry"]


def test_the_gateways_error_frame_fits_its_schema() -> None:
    """It is told from everything else by having no `type`."""
    frame = msgspec.json.decode(error_frame("Internal server error", "Xux7aeaAFiACHZQ=", "Xux7aHf-FiAFqTg="))

    assert is_valid("errors", frame)
    assert is_valid("server", frame)
    assert not is_valid("pushes", frame)


@pytest.mark.parametrize("text", COMMAND_TEXTS)
def test_what_the_schema_admits_the_server_reads(text: str) -> None:
    """Optional fields, null and unknown fields included."""
    assert is_valid("commands", msgspec.json.decode(text))
    envelope = parse_envelope(text)
    parse_data(envelope, COMMANDS[envelope.action])


@pytest.mark.parametrize("text", MALFORMED_TEXTS)
def test_what_the_schema_refuses_the_server_refuses(text: str) -> None:
    """A missing field, a wrong type, a number out of bounds."""
    assert not is_valid("commands", msgspec.json.decode(text))
    with pytest.raises(ClientError):
        parse_data(envelope := parse_envelope(text), COMMANDS[envelope.action])


def test_the_envelope_is_described_whole() -> None:
    """A field that is added to the envelope is added to the schema."""
    for name, kind in COMMANDS.items():
        schema = SCHEMAS["commands"]["$defs"][f"{kind.__name__}Command"]

        assert set(Envelope.__struct_fields__) == set(schema["properties"]), name
        assert schema["properties"]["action"] == {"const": name}


def test_each_action_is_answered_by_the_reply_that_its_use_case_returns() -> None:
    """The table of replies agrees with the application."""
    use_cases: list[Any] = [
        SendMessageUseCase,
        JoinRoomUseCase,
        LeaveRoomUseCase,
        ReadHistoryUseCase,
        ListMembersUseCase,
        PingUseCase,
        RefreshUseCase,
    ]
    actions = {kind: action for action, kind in COMMANDS.items()}
    returned = {}
    for use_case in use_cases:
        hints = get_type_hints(use_case.run)
        command = next(kind for kind in hints.values() if kind in get_args(commands.Command))
        returned[actions[command]] = hints["return"]

    assert returned == dict(REPLIES)
