"""A grant as an authorizer context, which API Gateway carries with every event of a connection.

The context is flat and its values travel as strings, so lists are joined by spaces; room ids are percent-encoded, because they
may hold spaces.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

from talkroom.chat.model.policy import Grant
from talkroom.chat.model.subscription import Kind

_MEMORY: Final = 4096
"""Distinct lists of rooms whose translation is remembered: most tokens of a service name the same few."""


class MissingContext(Exception):
    """The event came without the context that the chat's authorizer gives: the route has another authorizer, or none."""


def encode_context(grant: Grant, kind: Kind) -> dict[str, str | int | float | bool | None]:
    """The `context` of the authorizer's result."""
    return {
        "name": grant.name,
        "rooms": _join_rooms(grant.rooms),
        "can": " ".join(sorted(grant.can)),
        "expiresAt": str(grant.expires_at_ms),
        "protocol": kind.value,
    }


def decode_context(context: object) -> tuple[Grant, Kind]:
    """The grant and the kind of connection, from `requestContext.authorizer` of any event.

    Raises MissingContext.
    """
    if not isinstance(context, Mapping):
        raise MissingContext("the event has no authorizer context: attach the chat's authorizer to $connect")
    try:
        grant = Grant(
            principal_id=context["principalId"],
            name=context["name"],
            rooms=_split_rooms(context["rooms"]),
            can=_split_capabilities(context["can"]),
            expires_at_ms=int(context["expiresAt"]),
        )
        return grant, Kind(context["protocol"])
    except (AttributeError, KeyError, ValueError) as error:
        raise MissingContext(f"the authorizer context is not the chat's: {error}") from error


@lru_cache(_MEMORY)
def _join_rooms(rooms: tuple[str, ...]) -> str:
    return " ".join(quote(room, safe="*") for room in rooms)


@lru_cache(_MEMORY)
def _split_rooms(joined: str) -> tuple[str, ...]:
    return tuple(unquote(room) for room in joined.split())


@lru_cache(_MEMORY)
def _split_capabilities(joined: str) -> frozenset[str]:
    return frozenset(joined.split())
