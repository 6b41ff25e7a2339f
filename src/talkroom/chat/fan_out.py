"""Fan-out: one push to every connection of a room.

The push is encoded once per kind of connection and handed to the management API in one call per kind. No receiver can fail the
sender: those that are gone are reaped, those that do not read are disconnected and catch up from the log. Where one process is
too small for a room, pages of the push are handed to others.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Final, TypeVar

import msgspec

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Message
from talkroom.chat.model.subscription import Kind, Subscription
from talkroom.chat.ports import PageHandover, Subscriptions
from talkroom.chat.protocol.frames import UnsubscribedPush, encode_push, message_push
from talkroom.chat.protocol.push_page import PushPage
from talkroom.contract.errors import ContractError
from talkroom.contract.management import Deliveries, ManagementApi
from talkroom.contract.quotas import INTEGRATION_TIMEOUT_S

log = logging.getLogger("talkroom.chat")

_T = TypeVar("_T")

_HANDSHAKE_MS: Final = (INTEGRATION_TIMEOUT_S + 1) * 1000
_AT_ONCE: Final = 32
"""Connections that are mended, or pages that are handed over, at the same time: each may be a call to another machine."""


class Splitting(msgspec.Struct, frozen=True, kw_only=True):
    """How the push to a large room is split over processes."""

    handover: PageHandover
    inline_max: int
    """Recipients that this process posts to by itself; from one more on, pages are handed over."""
    page_max: int
    """Recipients of one page."""


class FanOutCounters(msgspec.Struct):
    """Since the process began."""

    deliveries: int = 0
    gone: int = 0
    slow_consumers: int = 0
    failed: int = 0
    pages: int = 0
    """Pages that were handed to other processes; what became of them is counted there."""
    abandoned: int = 0
    """Pushes that were given up because a store failed: their messages are in the log."""
    duration_s: float = 0.0
    """Time that pushes of messages took, from the look-up of their recipients to the last answer."""


class FanOut:
    """Delivers pushes to rooms."""

    def __init__(
        self, subscriptions: Subscriptions, management: ManagementApi, splitting: Splitting | None = None
    ) -> None:
        self._subscriptions = subscriptions
        self._management = management
        self._splitting = splitting
        self.counters = FanOutCounters()

    async def broadcast_message(self, message: Message, sender_connection_id: str, now_ms: int) -> None:
        """Tell a room of a stored message.

        `talkroom.v1` connections all get the push, the sender's own too: that is what keeps its other tabs, and its order, right.
        Plain connections get the raw text, and the sender's own does not, as the article has it. The message is stored, so a store
        that fails now fails only the push: members find the message in the log.
        """
        started_s = perf_counter()
        try:
            await self._broadcast(message, sender_connection_id, now_ms)
        except Unavailable as error:
            self.counters.abandoned += 1
            log.warning("a push was given up: %s", error, extra={"connection_id": sender_connection_id})
        finally:
            self.counters.duration_s += perf_counter() - started_s

    async def _broadcast(self, message: Message, sender_connection_id: str, now_ms: int) -> None:
        recipients = await self._subscriptions.recipients(message.room, now_ms)
        if recipients.v1:
            await self._deliver_split(recipients.v1, encode_push(message_push(message)), now_ms)
        if recipients.plain:
            others = [one for one in recipients.plain if one != sender_connection_id]
            if others:
                await self._deliver_split(others, message.text.encode(), now_ms)
        if recipients.lapsed:
            await self._end_lapsed(recipients.lapsed)

    async def _deliver_split(self, connection_ids: Sequence[str], payload: bytes, now_ms: int) -> None:
        splitting = self._splitting
        if splitting is not None and len(connection_ids) > splitting.inline_max:
            connection_ids = await self._hand_over(splitting, connection_ids, payload.decode())
        if connection_ids:
            await self.deliver(connection_ids, payload, now_ms)

    async def _hand_over(self, splitting: Splitting, connection_ids: Sequence[str], payload: str) -> Sequence[str]:
        """Those recipients whose page nobody took."""
        left: list[str] = []

        async def hand_over(page: PushPage) -> None:
            if await splitting.handover.hand_over(page):
                self.counters.pages += 1
            else:
                left.extend(page.connection_ids)

        starts = range(0, len(connection_ids), splitting.page_max)
        pages = [PushPage(tuple(connection_ids[start : start + splitting.page_max]), payload) for start in starts]
        await _for_each(pages, hand_over)
        return left

    async def deliver(self, connection_ids: Sequence[str], payload: bytes, now_ms: int) -> None:
        """Post one payload to these connections, and mend what turns out to be broken. Raises Unavailable from mending."""
        deliveries = await self._management.post_many(connection_ids, payload)
        self.counters.deliveries += deliveries.delivered
        if deliveries.delivered != len(connection_ids):
            await self._mend(deliveries, now_ms)

    async def _mend(self, deliveries: Deliveries, now_ms: int) -> None:
        self.counters.gone += len(deliveries.gone)
        self.counters.failed += len(deliveries.failed)
        await _for_each(deliveries.gone, lambda connection_id: self._reap(connection_id, now_ms))
        await _for_each(deliveries.limited, self._disconnect_slow)

    async def _disconnect_slow(self, connection_id: str) -> None:
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
        await _for_each(lapsed, self._end_one_lapsed)
        told = [subscription.connection_id for subscription in lapsed if subscription.kind is Kind.V1]
        if told:
            push = UnsubscribedPush(lapsed[0].room, "tokenExpired")
            await self._management.post_many(told, encode_push(push))

    async def _end_one_lapsed(self, subscription: Subscription) -> None:
        await self._subscriptions.unsubscribe(subscription.connection_id, subscription.room)
        if subscription.kind is Kind.PLAIN:
            await self.disconnect(subscription.connection_id)

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


async def _for_each(items: Sequence[_T], act: Callable[[_T], Awaitable[object]]) -> None:
    """A few at a time. The first exception is raised when all that were begun have ended."""
    for start in range(0, len(items), _AT_ONCE):
        results = await asyncio.gather(*map(act, items[start : start + _AT_ONCE]), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
