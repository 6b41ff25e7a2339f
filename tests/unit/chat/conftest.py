"""What the tests of the chat share: a chat to talk to."""

from collections.abc import AsyncIterator

import pytest

from talkroom.testing import ChatForTests, a_chat


@pytest.fixture
async def chat() -> AsyncIterator[ChatForTests]:
    """A chat in memory with the default limits."""
    async with await a_chat() as chat:
        yield chat
