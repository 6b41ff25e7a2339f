"""Servers for the end-to-end tests."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.client import Client
from tests.e2e.server import ServerProcess, issue

Serve = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests that only look at how it answers; it must survive every one of them."""
    with ServerProcess(tmp_path_factory.mktemp("server"), "--log-level", "debug") as running:
        yield running


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers of a test's own, each in a folder of its own, and kills what is left of them."""
    with ExitStack() as stack:
        numbers = iter(range(100))

        def start(*options: str, **more: str | None) -> ServerProcess:
            folder = tmp_path / f"server-{next(numbers)}"
            folder.mkdir()
            return stack.enter_context(ServerProcess(folder, *options, **more))

        yield start


@pytest.fixture
async def bystanders(server: ServerProcess) -> AsyncIterator[tuple[Client, Client]]:
    """Two people who were there before the test, and who must be able to talk after it."""
    async with (
        await Client.open(server.port, issue("bystander-1"), "bystanders") as one,
        await Client.open(server.port, issue("bystander-2"), "bystanders") as other,
    ):
        yield one, other
        await one.do("sendmessage", roomId="bystanders", message="still there?")
        assert await other.said() == "still there?"
        async with await Client.open(server.port, issue("newcomer"), "bystanders") as newcomer:
            assert (await newcomer.do("ping"))["now"] > 0
