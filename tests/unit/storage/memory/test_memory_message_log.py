"""What the message log in memory promises beyond the port: it does not grow for ever."""

import gc
import weakref

from talkroom.chat.model.room import RoomId
from talkroom.storage.memory import MemoryMessageLog
from talkroom.storage.retention import Retention
from tests.contracts.given import LOBBY, Clock, Epochs, a_draft


class Text(str):
    """A text that can be watched."""

    __slots__ = ("__weakref__",)


async def test_rooms_that_nobody_visits_again_are_freed() -> None:
    """An append in any room frees the logs that have expired whole."""
    clock = Clock()
    log = MemoryMessageLog(clock, Epochs(), Retention(max_age_s=10))
    texts = [Text(f"text {number}") for number in range(100)]
    watched = weakref.WeakSet(texts)
    for number, text in enumerate(texts):
        await log.append(a_draft(room=RoomId(f"room-{number}"), text=text))
    del texts, text
    clock.advance(seconds=10)

    await log.append(a_draft(room=LOBBY))
    gc.collect()

    assert len(watched) == 0
