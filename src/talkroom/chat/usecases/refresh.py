"""Go on with a new token, without reconnecting."""

import msgspec

from talkroom.chat.access import Access, Caller
from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.policy import Capability, find_objection
from talkroom.chat.ports import Subscriptions, TokenVerifier
from talkroom.chat.protocol.commands import Refresh
from talkroom.chat.protocol.frames import Refreshed


class RefreshUseCase:
    """`refresh`: the token must be of the same principal; the leases of the rooms that it allows are renewed."""

    def __init__(self, verifier: TokenVerifier, access: Access, subscriptions: Subscriptions) -> None:
        self._verifier = verifier
        self._access = access
        self._subscriptions = subscriptions

    async def run(self, caller: Caller, command: Refresh) -> Refreshed:
        """Raises ClientError (`invalidToken`, `tokenExpired`), Unavailable."""
        grant = await self._verifier.verify(command.token)
        if grant.principal_id != caller.grant.principal_id:
            raise ClientError(
                ErrorCode.INVALID_TOKEN, "The token belongs to another principal than the connection; open a new one."
            )
        await self._access.keep(caller, grant)
        for subscription in await self._subscriptions.of_connection(caller.connection_id):
            if find_objection(grant, Capability.READ, subscription.room, caller.now_ms) is None:
                lease_until_ms = max(subscription.lease_until_ms, grant.expires_at_ms)
                await self._subscriptions.subscribe(
                    msgspec.structs.replace(subscription, name=grant.name, lease_until_ms=lease_until_ms)
                )
        return Refreshed(grant.expires_at_ms)
