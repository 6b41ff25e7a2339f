"""What the suites of this folder start from: a clock that stands still, epochs that can be told apart, drafts."""

import itertools

from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId

LOBBY = RoomId("lobby")
ATTIC = RoomId("attic")


class Clock:
    """Wall-clock time that moves when the test says so."""

    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000

    def __call__(self) -> int:
        """Milliseconds since the epoch."""
        return self.now_ms

    def advance(self, seconds: float) -> None:
        """Forward, or back when negative."""
        self.now_ms += int(seconds * 1000)


class Epochs:
    """Names no epoch twice, also for two logs that share it."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self) -> str:
        """The next name."""
        return f"epoch-{next(self._numbers)}"


def a_draft(
    id: str = "id-1",  # noqa: A002 - the field's name
    *,
    room: RoomId = LOBBY,
    sender: str = "alice",
    name: str = "Alice",
    text: str = "hello",
    retry_after: int | None = None,
    retry_epoch: str | None = None,
) -> Draft:
    """A draft whose fields are all its caller does not care about."""
    return Draft(
        room=room,
        sender=sender,
        name=name,
        id=id,
        text=text,
        sent_at_ms=1_700_000_000_000,
        retry_after=retry_after,
        retry_epoch=retry_epoch,
    )
