"""The bounded queue of frames to one connection.

Frames are collected during an event-loop turn and leave in one write: system calls are what a busy room costs, and this makes them
one per connection and turn instead of one per message. While the client does not read, frames wait here up to a limit; then the
poster is told LimitExceeded, and nothing that was queued is dropped.
"""


class Outbox:
    """Frames waiting for one connection; `bytes_max` bounds what waits here."""

    __slots__ = ("_frames", "_queued_bytes")

    def __init__(self) -> None:
        self._frames: list[bytes] | None = None
        self._queued_bytes = 0

    def __bool__(self) -> bool:
        return self._frames is not None

    @property
    def queued_bytes(self) -> int:
        """Bytes that wait."""
        return self._queued_bytes

    def offer(self, frame: bytes, bytes_max: int) -> bool:
        """Queue a frame; False, and nothing changes, when it would be more than `bytes_max` bytes."""
        queued_bytes = self._queued_bytes + len(frame)
        if queued_bytes > bytes_max:
            return False
        self.push(frame)
        return True

    def push(self, frame: bytes) -> None:
        """Queue a frame whatever waits already: for close frames and pongs, which are small and owed."""
        self._queued_bytes += len(frame)
        if self._frames is None:
            self._frames = [frame]
        else:
            self._frames.append(frame)

    def take(self) -> bytes:
        """All that waits, in order, as one piece; the outbox is empty afterwards."""
        frames = self._frames
        self._frames = None
        self._queued_bytes = 0
        if frames is None:
            return b""
        return frames[0] if len(frames) == 1 else b"".join(frames)
