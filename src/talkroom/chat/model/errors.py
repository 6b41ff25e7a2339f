"""What goes wrong in the chat, and whose fault it is.

ChatError
├── ClientError    the client asked for something it cannot have: answered with the code's name, `retry` and a sentence
└── Unavailable    a dependency failed: answered with `unavailable`, `retry: true`

Every name that a client can see is one row of `ErrorCode`; docs/protocol.md shows the same table and a test compares them.
"""

from enum import Enum


class ErrorCode(Enum):
    """The name on the wire, whether the same command may succeed later, and the sentence in the protocol document."""

    INVALID_JSON = ("invalidJson", False, "The frame is not one JSON object.")
    INVALID_COMMAND = ("invalidCommand", False, "A field of the command is missing or of the wrong type.")
    UNKNOWN_ACTION = ("unknownAction", False, "There is no such action.")
    INVALID_ROOM_ID = ("invalidRoomId", False, "The room id is empty, too long or holds control characters.")
    INVALID_CURSOR = ("invalidCursor", False, "The cursor is not one that the server gave for this room.")
    TEXT_EMPTY = ("textEmpty", False, "The message holds no visible text.")
    TEXT_TOO_LONG = ("textTooLong", False, "The message is longer than the limit.")
    FORBIDDEN = ("forbidden", False, "The token does not allow this in this room.")
    TOKEN_EXPIRED = ("tokenExpired", False, "The token has expired; send a new one with `refresh`.")
    INVALID_TOKEN = ("invalidToken", False, "The token of a `refresh` cannot be accepted.")
    NOT_JOINED = ("notJoined", False, "The connection has not joined this room.")
    TOO_MANY_ROOMS = ("tooManyRooms", False, "The connection has joined as many rooms as it may.")
    EPOCH_CHANGED = ("epochChanged", False, "The room's log started again; positions in the old one mean nothing now.")
    RETRY_TOO_LATE = (
        "retryTooLate",
        False,
        "It can no longer be told whether this message was stored: the log after `retryAfter` is not there any more.",
    )
    RATE_LIMITED = ("rateLimited", True, "Commands come faster than the limit; slow down and send it again.")
    UNAVAILABLE = ("unavailable", True, "A part of the server failed or is closing; send the same command again later.")

    def __init__(self, wire_name: str, retry: bool, sentence: str) -> None:
        self.wire_name = wire_name
        self.retry = retry
        self.sentence = sentence


class ChatError(Exception):
    """The root of the tree."""


class ClientError(ChatError):
    """A command is refused; the connection stays open.

    `detail` is one sentence for the developer of the client: what was wrong, where, and what to do. It never repeats a token or
    the text of a message.
    """

    def __init__(self, code: ErrorCode, detail: str = "") -> None:
        self.code = code
        self.detail = detail or code.sentence
        super().__init__(f"{code.wire_name}: {self.detail}")


class Unavailable(ChatError):
    """A dependency (the log, the subscriptions) failed; nothing was promised to the client and a retry is safe."""
