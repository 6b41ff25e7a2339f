"""Fan-out: one push to every connection of a room.

The push is encoded once per kind of connection and handed to the management API in one call per kind. No receiver can fail the
sender: those that are gone are reaped, those that do not read are disconnected and catch up from the log.
"""

import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from talkroom.chat.model.message import Message
from talkroom.chat.model.subscription import Kind, Subscription
from talkroom.chat.ports import Subscriptions
from talkroom.chat.protocol.frames import UnsubscribedPush, encode_push, message_push
from talkroom.contract.errors import ContractError
from talkroom.contract.management import Deliveries, ManagementApi
from talkroom.contract.quotas import INTEGRATION_TIMEOUT_S

log = logging.getLogger("talkroom.chat")

_HANDSHAKE_MS: Final = (INTEGRATION_TIMEOUT_S + 1) * 1000


class FanOutCounters(msgspec.Struct):
    """Since the process began."""

    deliveries: int = 0
    gone: int = 0
    slow_consumers: int = 0
    failed: int = 0


class FanOut:
    """Delivers pushes to rooms."""

    def __init__(self, subscriptions: Subscriptions, management: ManagementApi) -> None:
        self._subscriptions = subscriptions
        self._management = management
        self.counters = FanOutCounters()

    async def broadcast_message(self, message: Message, sender_connection_id: str, now_ms: int) -> None:
        """Tell a room of a stored message.

        `talkroom.v1` connections all get the push, the sender's own too: that is what keeps its other tabs, and its order, right.
        Plain connections get the raw text, and the sender's own does not, as the article has it.
        """
        recipients = await self._subscriptions.recipients(message.room, now_ms)
        if recipients.v1:
            await self._deliver(recipients.v1, encode_push(message_push(message)), now_ms)
        if recipients.plain:
            others = [one for one in recipients.plain if one != sender_connection_id]
            if others:
                await self._deliver(others, message.text.encode(), now_ms)
        if recipients.lapsed:
            await self._end_lapsed(recipients.lapsed)

    async def _deliver(self, connection_ids: Sequence[str], payload: bytes, now_ms: int) -> None:
        deliveries = await self._management.post_many(connection_ids, payload)
        self.counters.deliveries += deliveries.delivered
        if deliveries.delivered != len(connection_ids):
            await self._mend(deliveries, now_ms)

    async def _mend(self, deliveries: Deliveries, now_ms: int) -> None:
        self.counters.gone += len(deliveries.gone)
        self.counters.failed += len(deliveries.failed)
        for connection_id in deliveries.gone:
            await self._reap(connection_id, now_ms)
        for connection_id in deliveries.limited:
            self.counters.slow_consumers += 1
            log.info("slow consumer disconnected", extra={"connection_id": connection_id})
            await self.disconnect(connection_id)

    async def _reap(self, connection_id: str, now_ms: int) -> None:
        """Remove what points at a connection that is gone.

        `$connect` subscribes before the handshake is answered, and until then the management API says Gone of a connection that is
        about to open. So a subscription is reaped only when no handshake can still be pending.
        """
        subscriptions = await self._subscriptions.of_connection(connection_id)
        if all(now_ms - subscription.since_ms > _HANDSHAKE_MS for subscription in subscriptions):
            await self._subscriptions.end(connection_id)

    async def _end_lapsed(self, lapsed: Sequence[Subscription]) -> None:
        """Their tokens expired: `talkroom.v1` connections are told and may refresh, plain ones have no way to and are closed."""
        for subscription in lapsed:
            await self._subscriptions.unsubscribe(subscription.connection_id, subscription.room)
            if subscription.kind is Kind.PLAIN:
                await self.disconnect(subscription.connection_id)
        told = [subscription.connection_id for subscription in lapsed if subscription.kind is Kind.V1]
        if told:
            push = UnsubscribedPush(lapsed[0].room, "tokenExpired")
            await self._management.post_many(told, encode_push(push))

    async def disconnect(self, connection_id: str) -> bool:
        """Close a connection and remove its subscriptions at once, because `$disconnect` may come late or never.

        Whether it was still open.
        """
        await self._subscriptions.end(connection_id)
        try:
            await self._management.delete_connection(connection_id)
        except ContractError:
            log.debug("already gone", extra={"connection_id": connection_id})
            return False
        return True
