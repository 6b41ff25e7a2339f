"""Room ids."""

from typing import Final, NewType

from talkroom.chat.model.errors import ClientError, ErrorCode

_VISIBLE_ENOUGH: Final = {ord(character): None for character in "\u3000\u200c\u200d"}
"""What Python does not count as printable and names do hold: the full-width space of Japanese, and the joiners of Persian, Indic
scripts and emoji.
"""

RoomId = NewType("RoomId", str)
"""A room's name, any Unicode text without control characters and line breaks; compared code point by code point."""


def parse_room_id(text: str, bytes_max: int) -> RoomId:
    """Raises ClientError (`invalidRoomId`) when the text is empty, over `bytes_max` of UTF-8, or not printable."""
    if not text:
        raise ClientError(ErrorCode.INVALID_ROOM_ID, "roomId is empty: name the room.")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ClientError(ErrorCode.INVALID_ROOM_ID, "roomId holds an unpaired surrogate.") from None
    if size > bytes_max:
        raise ClientError(
            ErrorCode.INVALID_ROOM_ID, f"roomId has {size} bytes of UTF-8; at most {bytes_max} are allowed."
        )
    if not is_displayable(text):
        raise ClientError(
            ErrorCode.INVALID_ROOM_ID,
            "roomId holds a control character, a line break or a space at either end; remove it.",
        )
    return RoomId(text)


def is_displayable(text: str) -> bool:
    """Whether text has no control character, no line break, and no space at either end, so that it looks like what it is."""
    return (text.isprintable() or text.translate(_VISIBLE_ENOUGH).isprintable()) and text == text.strip()
