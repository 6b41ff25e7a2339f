"""What the chat needs from outside, as ports that carry their guarantees.

Each has one abstract suite in tests/contracts/, and every adapter passes all of it.
"""

from collections.abc import Sequence
from typing import Protocol

from talkroom.chat.model.message import Appended, Draft, Page, Position
from talkroom.chat.model.policy import Grant
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Member, Recipients, Subscription
from talkroom.chat.protocol.push_page import PushPage


class MessageLog(Protocol):
    """What was said in each room, in order, for as long as retention says.

    Order: sequences of one room are consecutive from 1 within an epoch and never reused; there are no holes but the one that
    retention leaves at the beginning.
    Epoch: names the log's incarnation. It changes when a log starts again: its file was lost, or retention removed all of it.
    Durability: a message that `append` returned survives whatever the adapter's configuration promises (power loss, or the end of
    the process), and is visible to the next `read`.
    Idempotency: for as long as a message is kept, appending a draft of the same room, sender and id stores nothing and returns that
    message, whatever else the draft says.
    Concurrency: any number of appends may be under way, from several processes too; each is atomic.
    Failure: Unavailable means that the draft may or may not be stored; appending it again is safe.
    """

    async def append(self, draft: Draft) -> Appended:
        """Store a message, or return the one that an earlier attempt stored.

        A draft with `retry_after` claims to be a retry. When it is not found and retention has removed sequences that came after
        `retry_after` (in the same epoch, if `retry_epoch` names one), nobody can tell whether it was stored: it is refused.

        A retry of another epoch, or from beyond the log's end, is refused for the same reason. The id of a message that retention
        has removed is free again. Of appends that are under way at once, which comes first is the adapter's choice.

        Raises ClientError (`retryTooLate`), Unavailable.
        """
        ...

    async def read_after(self, room: RoomId, sequence: int, limit: int) -> Page:
        """The oldest `limit` messages that come after a sequence. Raises Unavailable."""
        ...

    async def read_before(self, room: RoomId, sequence: int | None, limit: int) -> Page:
        """The newest `limit` messages that come before a sequence, or the newest of all. Raises Unavailable."""
        ...

    async def position(self, room: RoomId) -> Position:
        """Where the log stands; a log without messages has an epoch too, which its first message will carry.

        Unless retention removes a log in between: then the first message has a later epoch, and a client that compares starts
        afresh. Raises Unavailable.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun and release everything; afterwards every call raises Unavailable."""
        ...


class Subscriptions(Protocol):
    """Which connections receive which rooms' pushes. Nothing here outlives the connections.

    Every change is visible to the next call. Removing what is not there is no error, because `$disconnect` is best effort and
    pruning may come first.
    """

    async def subscribe(self, subscription: Subscription) -> None:
        """Add it, or replace the one of the same connection and room."""
        ...

    async def unsubscribe(self, connection_id: str, room: RoomId) -> bool:
        """Remove it; whether it was there."""
        ...

    async def of_connection(self, connection_id: str) -> Sequence[Subscription]:
        """The subscriptions of one connection, lapsed ones included, in no order."""
        ...

    async def recipients(self, room: RoomId, now_ms: int) -> Recipients:
        """The connections that receive a push to this room now."""
        ...

    async def members(self, room: RoomId, after: str, limit: int, now_ms: int) -> Sequence[Member]:
        """The principals behind live subscriptions, each once, by ascending id, from after the given id on.

        A principal with several connections has the name of any of them.
        """
        ...

    async def end(self, connection_id: str) -> Sequence[RoomId]:
        """Remove all that is kept of a connection; the rooms that it was subscribed to."""
        ...


class Grants(Protocol):
    """Grants that connections received by `refresh`, after the one that the authorizer pinned to them.

    Looked up only when the pinned grant does not allow a command, so that the common command reads no store.
    """

    async def keep(self, connection_id: str, grant: Grant) -> None:
        """Keep it in place of an earlier one."""
        ...

    async def find(self, connection_id: str) -> Grant | None:
        """The one kept last."""
        ...

    async def end(self, connection_id: str) -> None:
        """Forget it; no error when there is none."""
        ...


class PageHandover(Protocol):
    """Hands pages of a push to other processes, because posting to a room of thousands takes longer than one process has.

    What became of a page that was accepted is not told. It is posted once, but for two rare cases that the port cannot exclude: an
    answer that was lost, after which the caller posts too, and a queue that hands a page out twice. On one machine there is none.
    """

    async def hand_over(self, page: PushPage) -> bool:
        """Whether the page was accepted; when it was not, for whatever reason, the caller posts to its recipients itself."""
        ...


class TokenVerifier(Protocol):
    """Turns a chat token into the grant it carries."""

    async def verify(self, token: str) -> Grant:
        """Raises ClientError (`invalidToken`, `tokenExpired`) with a reason that never repeats the token; Unavailable when keys
        cannot be fetched."""
        ...


class Clock(Protocol):
    """Wall-clock time."""

    def __call__(self) -> int:
        """Milliseconds since the epoch."""
        ...


__all__ = ["Clock", "Grants", "MessageLog", "PageHandover", "Subscriptions", "TokenVerifier"]
