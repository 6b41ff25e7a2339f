"""The bounded queue of frames to one connection.

Frames are collected during an event-loop turn and leave in one write: system calls are what a busy room costs, and this makes them
one per connection and turn instead of one per message. While the client does not read, frames wait here up to a limit; then the
poster is told LimitExceeded, and nothing that was queued is dropped.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Outbox:
    """Frames waiting for one connection; `bytes_max` bounds what waits here."""

    __slots__ = ("frames", "queued_bytes")

    def __init__(self) -> None:
        self.frames: list[bytes] | None = None
        """In order; None when none waits, which is what an idle connection costs."""
        self.queued_bytes = 0
        """Bytes that wait."""

    def __bool__(self) -> bool:
        return self.frames is not None

    def offer(self, frame: bytes, bytes_max: int) -> bool:
        """Queue a frame; False, and nothing changes, when it would be more than `bytes_max` bytes."""
        if self.queued_bytes + len(frame) > bytes_max:
            return False
        self.push(frame)
        return True

    def push(self, frame: bytes) -> None:
        """Queue a frame whatever waits already: for close frames, which are small and owed."""
        self.queued_bytes += len(frame)
        if self.frames is None:
            self.frames = [frame]
        else:
            self.frames.append(frame)

    def take(self) -> bytes:
        """All that waits, in order, as one piece; the outbox is empty afterwards."""
        frames = self.frames
        self.frames = None
        self.queued_bytes = 0
        if frames is None:
            return b""
        return frames[0] if len(frames) == 1 else b"".join(frames)


class HasOutbox(Protocol):
    """A connection, as far as this module cares."""

    outbox: Outbox


C = TypeVar("C", bound=HasOutbox)


def offer_to_all(connections: Iterable[C], frame: bytes, bytes_max: int) -> tuple[list[C], list[C]]:
    """Offer one frame to many connections: those whose outbox was empty before, and those whose outbox is too full for it.

    It says again what `offer` says, because this loop runs for every delivery there is: a call for each would double its cost.
    """
    began: list[C] = []
    full: list[C] = []
    size = len(frame)
    for connection in connections:
        outbox = connection.outbox
        queued_bytes = outbox.queued_bytes + size
        if queued_bytes > bytes_max:
            full.append(connection)
            continue
        outbox.queued_bytes = queued_bytes
        frames = outbox.frames
        if frames is None:
            outbox.frames = [frame]
            began.append(connection)
        else:
            frames.append(frame)
    return began, full
