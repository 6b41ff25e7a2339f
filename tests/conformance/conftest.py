"""The probe application on `talkroom gateway`, one process for all tests that want it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from talkroom.conformance.deployment import Deployment
from talkroom.conformance.options import Options
from talkroom.conformance.target import Target
from talkroom.entrypoints.conformance_command import make_options
from talkroom.entrypoints.own_gateway import own_gateway


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Options]:
    """The options of a run on it."""
    folder: Path = tmp_path_factory.mktemp("conformance")
    with own_gateway(folder) as own:
        yield make_options(own)


@pytest.fixture
async def target(options: Options) -> AsyncIterator[Target]:
    """As a check gets it."""
    async with Target(Deployment(options)) as made:
        yield made
