"""Commands: what a client asks, as JSON in one text message.

`{"action": …, "ref": …, "data": {…}}`. Fields that a command does not know are ignored, so that a newer client can talk to an
older server; a field that is missing or of the wrong type is refused by name.
"""

from typing import Annotated, TypeVar

import msgspec

from talkroom.chat.model.errors import ClientError, ErrorCode

Ref = str | int
"""Chosen by the client; the reply or the error repeats it."""

REF_CHARACTERS_MAX = 128
MESSAGE_ID_CHARACTERS_MAX = 128

# The largest integer that every JSON reader keeps exact (RFC 8259 section 6).
_INTEGER_MAX = 2**53 - 1
RefField = str | Annotated[int, msgspec.Meta(ge=-_INTEGER_MAX, le=_INTEGER_MAX)]
SequenceField = Annotated[int, msgspec.Meta(ge=0, le=_INTEGER_MAX)]
LimitField = Annotated[int, msgspec.Meta(ge=1, le=_INTEGER_MAX)]


class Envelope(msgspec.Struct, frozen=True):
    """Every command's outside; `data` is read once the action is known."""

    action: str
    ref: RefField | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


class SendMessage(msgspec.Struct, frozen=True, rename="camel"):
    """`sendmessage`: say something in a room.

    `id` names the intent: the same sender and id is stored once. `retryAfter` (with `epoch`) marks a repetition and tells the last
    sequence that the client had seen when it first sent the message.
    """

    room_id: str
    message: str
    id: str | None = None
    retry_after: SequenceField | None = None
    epoch: str | None = None


class Join(msgspec.Struct, frozen=True, rename="camel"):
    """`join`: receive a room's pushes from now on; with `after` and `epoch`, also what came after that sequence."""

    room_id: str
    after: SequenceField | None = None
    epoch: str | None = None


class Leave(msgspec.Struct, frozen=True, rename="camel"):
    """`leave`: receive no more pushes of a room."""

    room_id: str


class History(msgspec.Struct, frozen=True, rename="camel"):
    """`history`: a page of a room's messages: the newest, or those before or after a sequence, or a cursor's.

    `epoch` makes sure that the sequence means what the client thinks.
    """

    room_id: str
    before: SequenceField | None = None
    after: SequenceField | None = None
    cursor: str | None = None
    limit: LimitField | None = None
    epoch: str | None = None


class Members(msgspec.Struct, frozen=True, rename="camel"):
    """`members`: who is in a room now, by ascending id."""

    room_id: str
    cursor: str | None = None
    limit: LimitField | None = None


class Ping(msgspec.Struct, frozen=True, rename="camel"):
    """`ping`: keeps the connection from being idle, for clients that cannot send WebSocket pings."""


class Refresh(msgspec.Struct, frozen=True, rename="camel"):
    """`refresh`: go on with a new token of the same principal, without reconnecting."""

    token: str


Command = SendMessage | Join | Leave | History | Members | Ping | Refresh

COMMANDS: dict[str, type[Command]] = {
    "sendmessage": SendMessage,
    "join": Join,
    "leave": Leave,
    "history": History,
    "members": Members,
    "ping": Ping,
    "refresh": Refresh,
}

_decode_envelope = msgspec.json.Decoder(Envelope).decode
C = TypeVar("C", bound=Command)


def parse_envelope(text: str) -> Envelope:
    """Raises ClientError (`invalidJson`, `invalidCommand`)."""
    try:
        envelope = _decode_envelope(text)
    except msgspec.ValidationError as error:
        if not text.lstrip().startswith("{"):
            raise ClientError(ErrorCode.INVALID_JSON, "The frame is not a JSON object.") from None
        raise ClientError(ErrorCode.INVALID_COMMAND, f"The command is malformed: {error}.") from None
    except msgspec.DecodeError as error:
        raise ClientError(ErrorCode.INVALID_JSON, f"The frame is not JSON: {error}.") from None
    except RecursionError:
        raise ClientError(ErrorCode.INVALID_JSON, "The frame is nested too deeply.") from None
    if isinstance(envelope.ref, str) and len(envelope.ref) > REF_CHARACTERS_MAX:
        raise ClientError(ErrorCode.INVALID_COMMAND, f"`ref` is longer than {REF_CHARACTERS_MAX} characters.")
    return envelope


def parse_data(envelope: Envelope, kind: type[C]) -> C:
    """The command's own fields. Raises ClientError (`invalidCommand`)."""
    try:
        return msgspec.json.decode(envelope.data, type=kind)
    except msgspec.DecodeError as error:  # a ValidationError is one
        sentence = str(error).replace("`$", "`$.data")
        raise ClientError(ErrorCode.INVALID_COMMAND, f"{envelope.action}: {sentence}.") from None
    except RecursionError:
        raise ClientError(ErrorCode.INVALID_JSON, "The frame is nested too deeply.") from None


def find_command(action: str) -> type[Command]:
    """The type of an action's data. Raises ClientError (`unknownAction`) that names the actions there are."""
    kind = COMMANDS.get(action)
    if kind is None:
        raise ClientError(
            ErrorCode.UNKNOWN_ACTION, f"There is no such action; the actions are {', '.join(sorted(COMMANDS))}."
        )
    return kind


def check_message_id(message_id: str) -> str:
    """The id unchanged. Raises ClientError (`invalidCommand`)."""
    if not 0 < len(message_id) <= MESSAGE_ID_CHARACTERS_MAX:
        raise ClientError(
            ErrorCode.INVALID_COMMAND, f"`data.id` must have 1 to {MESSAGE_ID_CHARACTERS_MAX} characters."
        )
    return message_id
