"""A message log that fails when it is told to."""

import pytest

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import MessageLog
from talkroom.storage.memory import MemoryMessageLog
from talkroom.storage.retention import UNLIMITED
from talkroom.testing import FakeClock, FaultyLog, SequentialIds

LOBBY = RoomId("lobby")
DRAFT = Draft(room=LOBBY, sender="alice", name="Alice", id="i1", text="hi", sent_at_ms=0)


@pytest.fixture
def log() -> FaultyLog:
    """A log in memory, healthy so far."""
    return FaultyLog(MemoryMessageLog(FakeClock(), SequentialIds("e"), UNLIMITED))


async def sequences(log: MessageLog) -> list[int]:
    """What is stored."""
    return [message.sequence for message in (await log.read_after(LOBBY, 0, 10)).messages]


async def test_a_healthy_log_works(log: FaultyLog):
    """It is the one inside."""
    await log.append(DRAFT)

    assert [1] == await sequences(log)


@pytest.mark.parametrize("verb", ["append", "read_after", "read_before", "position"])
async def test_a_broken_log_is_unavailable(log: FaultyLog, verb: str):
    """For everything."""
    log.break_down()
    arguments = {"append": (DRAFT,), "read_after": (LOBBY, 0, 1), "read_before": (LOBBY, None, 1), "position": (LOBBY,)}

    with pytest.raises(Unavailable):
        await getattr(log, verb)(*arguments[verb])


async def test_a_broken_log_stores_nothing(log: FaultyLog):
    """Afterwards it is as before."""
    log.break_down()
    with pytest.raises(Unavailable):
        await log.append(DRAFT)
    log.recover()

    assert [] == await sequences(log)


async def test_a_log_that_loses_answers_stores(log: FaultyLog):
    """Unavailable means that it may or may not be stored; here it is."""
    log.lose_answers()
    with pytest.raises(Unavailable):
        await log.append(DRAFT)
    log.recover()

    assert [1] == await sequences(log)
