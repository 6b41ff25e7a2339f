"""Who asks, and whether they may."""

import pytest

from talkroom.chat.access import Access, Caller
from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.policy import Capability, Grant
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Kind
from talkroom.storage.memory import MemoryGrants

LOBBY = RoomId("lobby")


def a_grant(expires_at_ms: int = 1000, rooms: tuple[str, ...] = ("lobby",)) -> Grant:
    """Alice's, for everything in the lobby."""
    return Grant(
        principal_id="alice",
        name="Alice",
        rooms=rooms,
        can=frozenset({"read", "send"}),
        expires_at_ms=expires_at_ms,
    )


def a_caller(grant: Grant, now_ms: int = 0) -> Caller:
    """Alice's connection."""
    return Caller(connection_id="c1", kind=Kind.V1, grant=grant, connected_at_ms=0, now_ms=now_ms)


class CountingGrants(MemoryGrants):
    """Grants that count how often they are looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.lookups = 0

    async def find(self, connection_id: str) -> Grant | None:
        """As the port says."""
        self.lookups += 1
        return await super().find(connection_id)


async def test_the_common_command_reads_no_store():
    """The grant of the handshake is enough."""
    grants = CountingGrants()

    grant = await Access(grants).require(a_caller(a_grant()), Capability.SEND, LOBBY)

    assert (a_grant(), 0) == (grant, grants.lookups)


async def test_a_refreshed_grant_is_looked_up_when_the_first_objects():
    """It has expired."""
    access = Access(MemoryGrants())
    caller = a_caller(a_grant(), now_ms=1000)
    await access.keep(caller, a_grant(2000))

    assert a_grant(2000) == await access.require(caller, Capability.SEND, LOBBY)


@pytest.mark.parametrize(
    ("expected", "refreshed"),
    [
        (ErrorCode.TOKEN_EXPIRED, None),
        (ErrorCode.TOKEN_EXPIRED, a_grant(1000)),
        (ErrorCode.FORBIDDEN, a_grant(2000, ("other",))),
    ],
)
async def test_the_objection_is_that_of_the_latest_token(expected: ErrorCode, refreshed: Grant | None):
    """Whoever has refreshed is not told to refresh because of the token before."""
    access = Access(MemoryGrants())
    caller = a_caller(a_grant(), now_ms=1000)
    if refreshed is not None:
        await access.keep(caller, refreshed)

    with pytest.raises(ClientError) as caught:
        await access.require(caller, Capability.SEND, LOBBY)

    assert expected is caught.value.code


@pytest.mark.parametrize(
    ("expected", "refreshed"),
    [
        (1000, None),
        (2000, a_grant(2000)),
        (1000, a_grant(500)),
        (1000, a_grant(2000, ("other",))),
    ],
)
async def test_what_outlives_a_command_lasts_as_long_as_any_token_that_allows_it(
    expected: int, refreshed: Grant | None
):
    """The longest of those that allow it."""
    access = Access(MemoryGrants())
    caller = a_caller(a_grant())
    if refreshed is not None:
        await access.keep(caller, refreshed)

    assert expected == (await access.require_longest(caller, Capability.READ, LOBBY)).expires_at_ms


async def test_an_ended_connection_s_grant_is_forgotten():
    """An id is never used again, but nothing of it stays."""
    access = Access(MemoryGrants())
    caller = a_caller(a_grant(), now_ms=1000)
    await access.keep(caller, a_grant(2000))
    await access.end("c1")

    with pytest.raises(ClientError):
        await access.require(caller, Capability.SEND, LOBBY)
