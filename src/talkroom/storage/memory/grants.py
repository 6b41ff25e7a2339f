"""Refreshed grants, in this process."""

from talkroom.chat.model.policy import Grant


class MemoryGrants:
    """See the port `Grants`. Grows with the connections that were refreshed, and shrinks as they end."""

    __slots__ = ("_grants",)

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}

    async def keep(self, connection_id: str, grant: Grant) -> None:
        """See `Grants.keep`."""
        self._grants[connection_id] = grant

    async def find(self, connection_id: str) -> Grant | None:
        """See `Grants.find`."""
        return self._grants.get(connection_id)

    async def end(self, connection_id: str) -> None:
        """See `Grants.end`."""
        self._grants.pop(connection_id, None)
