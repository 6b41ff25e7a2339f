"""What every test shares: the event loop that runs in production."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Async tests run on uvloop, as `talkroom serve` does."""
    return {"uvloop": uvloop.new_event_loop}
