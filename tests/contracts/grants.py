"""What every Grants must do. Subclass `GrantsContract` and provide the fixture `grants`."""

import pytest

from talkroom.chat.model.policy import Grant
from talkroom.chat.ports import Grants


def a_grant(principal_id: str = "alice") -> Grant:
    """A grant whose fields are all its caller does not care about."""
    return Grant(
        principal_id=principal_id,
        name="Alice",
        rooms=("lobby", "team-*"),
        can=frozenset({"read", "send"}),
        expires_at_ms=9,
    )


class GrantsContract:
    """An adapter overrides `grants`."""

    @pytest.fixture
    def grants(self) -> Grants:
        """Grants of no connection yet."""
        raise NotImplementedError("the adapter's test class provides the fixture grants")

    async def test_a_grant_is_found_by_its_connection(self, grants: Grants) -> None:
        """As it was kept."""
        await grants.keep("c-1", a_grant())

        assert a_grant() == await grants.find("c-1")

    async def test_a_connection_without_a_grant_finds_none(self, grants: Grants) -> None:
        """Not another's either."""
        await grants.keep("c-1", a_grant())

        assert await grants.find("c-2") is None

    async def test_a_later_grant_takes_the_place_of_an_earlier_one(self, grants: Grants) -> None:
        """A connection has one at most."""
        await grants.keep("c-1", a_grant("alice"))
        await grants.keep("c-1", a_grant("bob"))

        assert a_grant("bob") == await grants.find("c-1")

    async def test_a_grant_ends_with_its_connection(self, grants: Grants) -> None:
        """And no other one does."""
        await grants.keep("c-1", a_grant("alice"))
        await grants.keep("c-2", a_grant("bob"))

        await grants.end("c-1")

        assert await grants.find("c-1") is None
        assert a_grant("bob") == await grants.find("c-2")

    async def test_ending_what_is_not_there_is_no_error(self, grants: Grants) -> None:
        """`$disconnect` comes for connections that never refreshed, and may come twice."""
        await grants.end("c-1")
        await grants.end("c-1")

        assert await grants.find("c-1") is None
