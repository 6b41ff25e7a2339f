"""docs/tutorial/step3/room.py keeps the rules of the protocol: sections 7 to 9 of docs/protocol.md."""

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from tests.docs.support import DOCS

Frame = dict[str, Any]


def new_room() -> Any:
    """The tutorial's room, before anything has happened."""
    path = DOCS / "tutorial" / "step3" / "room.py"
    spec = importlib.util.spec_from_file_location("tutorial_room", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Room("lobby")


def message(sequence: int, epoch: str = "e") -> Frame:
    """A push."""
    return {"type": "message", "epoch": epoch, "sequence": sequence, "name": "Alice", "message": f"m{sequence}"}


def reply(last: int, oldest: int = 1, epoch: str = "e", **more: object) -> Frame:
    """The data of a reply to `join` or `history`."""
    return {"roomId": "lobby", "epoch": epoch, "lastSequence": last, "oldestSequence": oldest, **more}


@pytest.fixture
def room() -> Any:
    """A room that was joined when its log ended with 2."""
    joined = new_room()
    assert joined.joined(reply(2)) is None
    return joined


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """What was printed since it was asked last."""
    return lambda: capsys.readouterr().out.splitlines()


def test_the_first_join_has_no_position_and_later_ones_do(room: Any) -> None:
    """`after` and `epoch` go together."""
    room.pushed(message(3))

    assert new_room().join()["data"] == {"roomId": "lobby"}
    assert room.join()["data"] == {"roomId": "lobby", "after": 3, "epoch": "e"}


def test_what_was_missed_is_shown_before_what_comes_later(room: Any, shown: Callable[[], list[str]]) -> None:
    """A push may overtake the reply to `join`; the reply may have pages."""
    room.pushed(message(5))
    following = room.joined(reply(5, resumed=True, messages=[message(3)], cursor="more"))

    assert following["data"] == {"roomId": "lobby", "cursor": "more"}
    assert room.page(reply(5, messages=[message(4)])) is None
    assert shown() == ["3 Alice m3", "4 Alice m4", "5 Alice m5"]


def test_a_push_above_a_gap_waits_and_asks_for_what_is_missing(room: Any, shown: Callable[[], list[str]]) -> None:
    """It is shown when the gap is filled."""
    command = room.pushed(message(4))

    assert command["action"] == "history"
    assert command["data"] == {"roomId": "lobby", "after": 2, "epoch": "e"}
    assert shown() == []
    assert room.page(reply(4, messages=[message(3), message(4)])) is None
    assert shown() == ["3 Alice m3", "4 Alice m4"]


def test_nothing_is_shown_twice(room: Any, shown: Callable[[], list[str]]) -> None:
    """As a push and in a page, or from before the first join."""
    for sequence in (3, 3, 2, 3):
        assert room.pushed(message(sequence)) is None
    room.joined(reply(3, resumed=True, messages=[message(3)]))

    assert shown() == ["3 Alice m3"]


def test_a_push_before_the_first_reply_is_kept_if_it_is_new(shown: Callable[[], list[str]]) -> None:
    """It counts from where the log ended when the room was joined."""
    room = new_room()
    for sequence in (2, 3):
        assert room.pushed(message(sequence)) is None
    assert room.joined(reply(2)) is None

    assert shown() == ["3 Alice m3"]


@pytest.mark.parametrize("reason", ["epochChanged", "expired", "ahead"])
def test_a_hole_is_told_and_reading_goes_on_behind_it(room: Any, shown: Callable[[], list[str]], reason: str) -> None:
    """From the oldest message that is kept."""
    command = room.joined(reply(9, 8, epoch="new", resumed=False, reason=reason))
    room.page(reply(9, 8, epoch="new", messages=[message(8, "new"), message(9, "new")]))

    assert command["data"] == {"roomId": "lobby", "after": 7}
    assert shown() == [f"(messages may be missing: {reason})", "8 Alice m8", "9 Alice m9"]


def test_retention_that_overtakes_a_gap_is_told(room: Any, shown: Callable[[], list[str]]) -> None:
    """What is gone is not waited for."""
    room.pushed(message(9))
    room.page(reply(9, 8, messages=[message(8), message(9)]))

    assert shown() == ["(messages may be missing: expired)", "8 Alice m8", "9 Alice m9"]


def test_another_epoch_means_joining_again(room: Any) -> None:
    """In a push or in a page."""
    assert room.pushed(message(1, "new")) == room.join()
    assert room.page(reply(1, epoch="new", messages=[])) == room.join()


def test_a_repetition_names_what_was_seen_before_the_first_attempt(room: Any) -> None:
    """The id stays, and `retryAfter` is not in the first attempt."""
    room.say("hi")
    first = room.send_next()["data"]
    room.pushed(message(3))
    again = room.send_next()["data"]

    assert set(first) == {"roomId", "message", "id"}
    assert again == {**first, "retryAfter": 2, "epoch": "e"}


def test_what_is_stored_is_not_sent_again(room: Any) -> None:
    """The next one follows."""
    room.say("one")
    room.say("two")
    room.stored(room.send_next()["data"]["id"])

    assert room.send_next()["data"]["message"] == "two"
