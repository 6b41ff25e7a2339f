"""One browser for all tests of this folder, servers, and people with browser contexts of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import launched
from tests.browser.embedding import EmbeddingSite
from tests.browser.person import People
from tests.browser.wire import Wire
from tests.e2e.server import ServerProcess

HERE = Path(__file__).parent
PATIENCE_MS = 20_000
"""How long a locator waits for what must come: the machine may be busy."""

Serve = Callable[..., ServerProcess]
Embed = Callable[..., Awaitable[EmbeddingSite]]
Connect = Callable[[ServerProcess], Awaitable[Wire]]


def pytest_collectstart(collector: pytest.Collector) -> None:
    """All tests of this folder run on one event loop: that of the browser. Marked later, each test would start its own browser."""
    if isinstance(collector, pytest.Module) and HERE in collector.path.parents:
        collector.add_marker(pytest.mark.asyncio(loop_scope="session"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; each person gets a context of their own in it."""
    expect.set_options(timeout=PATIENCE_MS)
    async with launched() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def people(browser: Browser) -> AsyncIterator[People]:
    """Whom the test meets. It fails for whatever their pages complain about."""
    async with People(browser) as those:
        yield those


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One machine with a secret, for tests that only chat; rooms tell them apart."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def development_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One machine as `make run` starts it: without a secret, so that the page can sign people in."""
    with ServerProcess(tmp_path_factory.mktemp("development"), secret=None) as running:
        yield running


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers of a test's own in its folder, and kills what is left of them."""
    with ExitStack() as stack:

        def start(*options: str, **more: str | None) -> ServerProcess:
            return stack.enter_context(ServerProcess(tmp_path, *options, **more))

        yield start


@pytest_asyncio.fixture(loop_scope="session")
async def connect(people: People) -> AsyncIterator[Connect]:
    """Lays a wire to a server that the test can cut."""
    async with AsyncExitStack() as stack:

        async def lay(server: ServerProcess) -> Wire:
            wire = await stack.enter_async_context(Wire(server.port))
            people.may_talk_to(wire.origin)
            return wire

        yield lay


@pytest_asyncio.fixture(loop_scope="session")
async def embed(people: People, connect: Connect) -> AsyncIterator[Embed]:
    """Opens web sites that embed the chat of a server, and lets people talk to them; `wired` ones can be cut off from it."""
    async with AsyncExitStack() as stack:

        async def open_site(server: ServerProcess, url: str | None = None, *, wired: bool = False) -> EmbeddingSite:
            wire = await connect(server) if wired else None
            site = await stack.enter_async_context(
                EmbeddingSite.of(server, f"ws://{wire.origin}/prod" if wire else url)
            )
            site.wire = wire
            people.may_talk_to(*site.origins)
            return site

        yield open_site
