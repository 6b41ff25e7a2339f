"""Every limit that the chat sets, with its unit and what happens beyond it."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Configurable, each by the option and the variable of the same name; see docs/configuration.md."""

    text_characters_max: int = 4000
    """Unicode code points of one message's text; beyond it the command is refused with `textTooLong`."""

    room_id_bytes_max: int = 128
    """UTF-8 bytes of a room id; beyond it `invalidRoomId`."""

    rooms_per_connection_max: int = 100
    """Subscriptions of one connection; beyond it `tooManyRooms`."""

    commands_per_s: float = 100
    """Commands that one connection may send for long; beyond it `rateLimited`, with `retry: true`."""

    commands_burst: int = 200
    """Commands that one connection may send at once, on top of which `commands_per_s` refills."""

    refused_commands_max: int = 200
    """Commands refused by the rate limit in one go; beyond it the connection is closed."""

    page_messages_max: int = 100
    """Messages of one page of history; a larger `limit` is lowered to it."""

    page_bytes_max: int = 96 * 1024
    """Encoded bytes of one page, so that a reply stays under API Gateway's 128 KiB; the page ends earlier and says so."""

    page_members_max: int = 500
    """Members of one page of a room's members; the rest by cursor."""
