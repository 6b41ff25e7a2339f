"""Answer `$disconnect`: forget the connection."""

from talkroom.chat.access import Access
from talkroom.chat.ports import Subscriptions


class DisconnectUseCase:
    """Idempotent: `$disconnect` may come twice, late, or after the connection was reaped."""

    def __init__(self, subscriptions: Subscriptions, access: Access) -> None:
        self._subscriptions = subscriptions
        self._access = access

    async def run(self, connection_id: str) -> None:
        """Raises Unavailable."""
        await self._subscriptions.end(connection_id)
        await self._access.end(connection_id)
