"""Tokens without cryptography."""

import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.policy import Grant
from talkroom.testing import FakeClock, FakeTokens
from talkroom.testing.clock import START_MS


async def test_an_issued_token_is_the_grant_that_it_was_issued_for():
    """By default for everything, for an hour."""
    tokens = FakeTokens(FakeClock())

    assert Grant(
        principal_id="alice",
        name="Alice",
        rooms=("*",),
        can=frozenset({"read", "send"}),
        expires_at_ms=START_MS + 3_600_000,
    ) == await tokens.verify(tokens.issue("alice"))


async def test_everything_about_a_token_can_be_chosen():
    """Name, rooms, capabilities and life."""
    tokens = FakeTokens(FakeClock())

    token = tokens.issue("alice", name="アリス", rooms=["lobby"], can=["read"], expires_in_ms=5)

    assert Grant(
        principal_id="alice",
        name="アリス",
        rooms=("lobby",),
        can=frozenset({"read"}),
        expires_at_ms=START_MS + 5,
    ) == await tokens.verify(token)


async def test_a_token_that_was_not_issued_is_invalid():
    """Whatever it looks like."""
    with pytest.raises(ClientError) as caught:
        await FakeTokens(FakeClock()).verify("token-1")

    assert ErrorCode.INVALID_TOKEN is caught.value.code


async def test_a_token_expires():
    """When its time has come."""
    clock = FakeClock()
    tokens = FakeTokens(clock)
    token = tokens.issue("alice", expires_in_ms=5)
    clock.advance(5)

    with pytest.raises(ClientError) as caught:
        await tokens.verify(token)

    assert ErrorCode.TOKEN_EXPIRED is caught.value.code


async def test_a_token_can_stand_in_a_header():
    """Subprotocols are HTTP tokens."""
    assert "token-1" == FakeTokens(FakeClock()).issue("alice")
