"""What a token allows."""

import pytest

from talkroom.chat.model.errors import ErrorCode
from talkroom.chat.model.policy import Capability, Grant, find_objection
from talkroom.chat.model.room import RoomId

LOBBY = RoomId("lobby")


def a_grant(
    rooms: tuple[str, ...] = ("lobby",), can: frozenset[str] = frozenset({"read", "send"}), expires_at_ms: int = 1000
) -> Grant:
    """A grant that allows everything in the lobby until 1000, with changes."""
    return Grant(principal_id="alice", name="Alice", rooms=rooms, can=can, expires_at_ms=expires_at_ms)


def objection_code(grant: Grant, capability: Capability = Capability.READ, now_ms: int = 0) -> ErrorCode | None:
    """The code of the objection to something in the lobby."""
    objection = find_objection(grant, capability, LOBBY, now_ms)
    return None if objection is None else objection.code


@pytest.mark.parametrize("capability", Capability)
def test_a_capability_in_a_covered_room_is_allowed(capability: Capability):
    """There is no objection."""
    assert None is objection_code(a_grant(), capability)


@pytest.mark.parametrize(("capability", "can"), [(Capability.SEND, {"read"}), (Capability.READ, {"send"})])
def test_a_missing_capability_is_forbidden(capability: Capability, can: set[str]):
    """Neither contains the other."""
    assert ErrorCode.FORBIDDEN is objection_code(a_grant(can=frozenset(can)), capability)


def test_the_objection_names_the_missing_capability():
    """The developer learns which claim to change."""
    objection = find_objection(a_grant(can=frozenset({"read"})), Capability.SEND, LOBBY, 0)

    assert objection is not None
    assert "The token does not allow to send: its `can` lacks it." == objection.detail


def test_a_room_that_is_not_covered_is_forbidden():
    """Whatever else the token allows."""
    assert ErrorCode.FORBIDDEN is objection_code(a_grant(rooms=("other",)))


@pytest.mark.parametrize("now_ms", [1000, 1001, 10**15])
def test_an_expired_token_allows_nothing(now_ms: int):
    """From the very millisecond of its expiry."""
    assert ErrorCode.TOKEN_EXPIRED is objection_code(a_grant(), now_ms=now_ms)


def test_a_token_is_good_until_the_millisecond_before_it_expires():
    """The last moment."""
    assert None is objection_code(a_grant(), now_ms=999)


@pytest.mark.parametrize("grant", [a_grant(rooms=()), a_grant(can=frozenset())])
def test_expiry_counts_before_anything_else(grant: Grant):
    """A client is told to refresh, whatever it asked for."""
    assert ErrorCode.TOKEN_EXPIRED is objection_code(grant, now_ms=1000)


@pytest.mark.parametrize(
    ("expected", "pattern", "room"),
    [
        (True, "lobby", "lobby"),
        (False, "lobby", "Lobby"),
        (False, "lobby", "lobby2"),
        (False, "lobby", "lobb"),
        (True, "team:*", "team:red"),
        (True, "team:*", "team:"),
        (False, "team:*", "team"),
        (False, "team:*", "xteam:red"),
        (True, "*", "anything"),
        (False, "t*m", "team"),
        (True, "t*m", "t*m"),
        (True, "a*", "a*"),
        (True, "部屋*", "部屋1"),
        (False, "", "lobby"),
        (False, "lobby?", "lobbyx"),
    ],
)
def test_a_room_is_covered_by_its_id_or_a_prefix(expected: bool, pattern: str, room: str):
    """Only a `*` at the end means anything."""
    assert expected is a_grant(rooms=(pattern,)).covers(RoomId(room))


def test_any_of_several_rooms_covers():
    """The list is an or."""
    assert True is a_grant(rooms=("other", "lob*")).covers(LOBBY)


def test_no_rooms_cover_nothing():
    """An empty list is not everything."""
    assert False is a_grant(rooms=()).covers(LOBBY)
