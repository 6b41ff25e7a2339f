"""A page of a push: what one fan-out process hands to another when a room is too large for one. Pure.

It travels inside the service only, from one function to the next, never to a client.
"""

from collections.abc import Mapping

import msgspec


class PushPage(msgspec.Struct, frozen=True, rename="camel"):
    """One payload and some of its recipients."""

    connection_ids: tuple[str, ...]
    payload: str
    """The text of the frame, encoded already for the kind of connection that all the recipients are."""


def encode_page(page: PushPage) -> bytes:
    """As JSON."""
    return msgspec.json.encode(page)


def decode_page(event: Mapping[str, object]) -> PushPage:
    """From the JSON object that a function received. Raises msgspec.ValidationError."""
    return msgspec.convert(event, PushPage)
