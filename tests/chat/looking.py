"""What a client can look at from where it is: who is in a room, whether nothing has come, and what becomes so with time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.e2e.client import PATIENCE_S, Client

T = TypeVar("T")

PAUSE_S = 0.05
"""Between two looks: far below the rate at which commands are refused."""


async def becomes(expected: T, look: Callable[[], Awaitable[T]]) -> None:
    """Return when it is so: for what happens behind a client's back, of which nothing tells when it was."""
    seen: T | None = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (seen := await look()) != expected:  # noqa: ASYNC110 - it is in another process
                await asyncio.sleep(PAUSE_S)
    except TimeoutError:
        raise AssertionError(f"it is {seen!r} and does not become {expected!r}") from None


async def member_ids(client: Client, room: str) -> list[str]:
    """Who is there now."""
    return [member["id"] for member in (await client.do("members", roomId=room))["members"]]


async def members_become(client: Client, room: str, expected: list[str]) -> None:
    """Return when these are there and nobody else."""
    await becomes(expected, lambda: member_ids(client, room))


async def nothing_came(client: Client) -> bool:
    """Whether no push is before the answer to a ping sent now."""
    await client.do("ping")
    return not client.pushes
