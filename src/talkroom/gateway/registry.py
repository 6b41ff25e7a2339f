"""The open connections, and the one write that each gets per event-loop turn."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from talkroom.gateway.api import GatewayLimits
from talkroom.gateway.burst import Burst
from talkroom.gateway.outbox import offer_to_all

if TYPE_CHECKING:
    from talkroom.gateway.live_connection import LiveConnection


log = logging.getLogger("talkroom.gateway")


class GatewayCounters(msgspec.Struct):
    """Since the process began."""

    handshakes_accepted: int = 0
    handshakes_refused: int = 0
    messages_received: int = 0
    posts: int = 0
    integration_errors: int = 0
    integration_timeouts: int = 0
    slow_consumers: int = 0


def wall_clock_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Registry:
    """Which connections there are; shared by the gateway, which opens them, and the management API, which posts to them."""

    def __init__(
        self,
        limits: GatewayLimits,
        *,
        clock: Callable[[], int] = wall_clock_ms,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.monotonic = monotonic
        self.counters = GatewayCounters()
        self.open: dict[str, LiveConnection] = {}
        """By connection id, from the 101 to the close frame."""
        self.sockets: set[LiveConnection] = set()
        """From the upgrade request to the end of the TCP connection."""
        self.released = asyncio.Event()
        """Set whenever one of them ends."""
        self.stalled: set[LiveConnection] = set()
        """Open, and their clients do not read: their outboxes are not written."""
        self._burst: Burst | None = None
        self._after_burst: list[tuple[LiveConnection, bytes]] = []
        self._dirty: list[LiveConnection] = []
        self._flush_scheduled = False

    def release(self, connection: "LiveConnection") -> None:
        """The TCP connection has ended."""
        self.sockets.discard(connection)
        self.stalled.discard(connection)
        self.released.set()

    def post(self, connections: "Sequence[LiveConnection]", frame: bytes) -> "list[LiveConnection]":
        """Queue a frame for each, to be written at the end of this turn; those that could not take it, because they do not read.

        A turn may queue more for one connection than its outbox holds. While the client reads, that is no reason to refuse: what
        waits is written early.
        """
        full = self._offer(connections, frame)
        if full:
            now_s = self.monotonic()
            for connection in full:
                connection.flush(now_s)
            full = self._offer(full, frame)
        return full

    def begin_burst(self, connection_ids: Sequence[str], connections: "Sequence[LiveConnection]", frame: bytes) -> None:
        """Queue a frame, which an outbox can hold, for all of them together; none may be stalled.

        Further frames are added by `extend_burst`.
        """
        self._burst = Burst(connection_ids, connections, frame)
        self._schedule_flush()

    def extend_burst(self, connection_ids: Sequence[str], frame: bytes) -> bool:
        """Queue one more frame for the connections of the burst, if these are they; False when it must be posted otherwise."""
        burst = self._burst
        return (
            burst is not None
            and burst.connection_ids is connection_ids
            and burst.extend(frame, self.limits.outbox_bytes_max)
        )

    def after_burst(self, connection: "LiveConnection", frame: bytes) -> bool:
        """Have the connection send a frame once the burst is settled; False when there is none, and the frame may go now.

        So a reply comes after the pushes of its turn, and need not end the burst for that.
        """
        if self._burst is None:
            return False
        self._after_burst.append((connection, frame))
        return True

    def settle(self) -> None:
        """Put the burst into the outboxes, before anything else that must not overtake it."""
        self._settle(at_once=False)

    def _settle(self, *, at_once: bool) -> None:
        burst, self._burst = self._burst, None
        if burst is None:
            return
        frames = burst.joined()
        waiting = self._write_through(burst.connections, frames) if at_once else burst.connections
        # A connection that stalls settles the burst first, so none should be refused; if one is, its client must not miss frames
        # that were said to be delivered without being told.
        for connection in self.post(waiting, frames):
            connection.overflow()
        after, self._after_burst = self._after_burst, []
        for connection, frame in after:
            connection.send(frame)

    def _write_through(self, connections: "Sequence[LiveConnection]", frames: bytes) -> "list[LiveConnection]":
        """Write to those that have nothing else to send in this turn, which are most; the others.

        The detour through an empty outbox would double what a turn costs besides the system calls.
        """
        now_s = self.monotonic()
        replied_to = {connection for connection, _ in self._after_burst}
        others: list[LiveConnection] = []
        for connection in connections:
            try:
                if connection in replied_to or not connection.write_through(frames, now_s):
                    others.append(connection)
            except Exception as error:
                self._drop(connection, error)
        return others

    def _offer(self, connections: "Sequence[LiveConnection]", frame: bytes) -> "list[LiveConnection]":
        began, full = offer_to_all(connections, frame, self.limits.outbox_bytes_max)
        if began:
            self._dirty += began
            self._schedule_flush()
        return full

    def _schedule_flush(self) -> None:
        if not self._flush_scheduled:
            self._flush_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        try:
            self._settle(at_once=True)
        finally:  # or nothing would be written to anybody any more
            self._flush_scheduled = False
        dirty, self._dirty = self._dirty, []
        now_s = self.monotonic()
        for connection in dirty:
            try:
                connection.flush(now_s)
            except Exception as error:
                self._drop(connection, error)

    def _drop(self, connection: "LiveConnection", error: Exception) -> None:
        """Whatever is wrong with one connection, the others get what is theirs."""
        fields = {"connection_id": connection.facts.connection_id}
        if connection.is_closing:
            # Its end is on the way to us: uvloop refuses to write as soon as the client has reset the connection.
            log.debug("connection has ended before it was written to", extra=fields)
        else:
            log.error("connection cannot be written to", exc_info=error, extra=fields)
        connection.abandon()
