"""What a client offers in `Sec-WebSocket-Protocol`: the protocol it speaks, its token, and a room to start in.

`talkroom.v1, <token>[, <room>]` is the real protocol, whose name is selected; `<token>, <room>` is a plain connection, for which
the token is selected, because a client that offers subprotocols needs one of them back. A subprotocol must be an HTTP token
(RFC 6455 section 4.1), so room ids are percent-encoded UTF-8.
"""

from urllib.parse import unquote

import msgspec

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.subscription import Kind


class Offer(msgspec.Struct, frozen=True):
    """A parsed offer; the room is decoded but not checked."""

    kind: Kind
    token: str
    room: str | None
    selected: str
    """The subprotocol to answer with."""


def parse_offer(header: str) -> Offer:
    """Parse the header's value, a comma-separated list with or without spaces.

    Raises ClientError (`invalidCommand`, `invalidRoomId`) with a sentence that says what to send.
    """
    values = [value.strip() for value in header.split(",")]
    if not all(values):
        raise ClientError(ErrorCode.INVALID_COMMAND, "Sec-WebSocket-Protocol is empty or has an empty entry.")
    if values[0] == Kind.V1:
        if len(values) not in (2, 3):
            raise ClientError(
                ErrorCode.INVALID_COMMAND,
                "After talkroom.v1, Sec-WebSocket-Protocol needs a token and at most one room.",
            )
        return Offer(Kind.V1, values[1], _decode_room(values[2]) if len(values) == 3 else None, Kind.V1)
    if len(values) != 2:
        raise ClientError(
            ErrorCode.INVALID_COMMAND,
            "Sec-WebSocket-Protocol needs a token and a room, or talkroom.v1, a token and at most one room.",
        )
    return Offer(Kind.PLAIN, values[0], _decode_room(values[1]), values[0])


def _decode_room(encoded: str) -> str:
    try:
        return unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        raise ClientError(ErrorCode.INVALID_ROOM_ID, "The room in Sec-WebSocket-Protocol is not UTF-8.") from None
