"""What tests of several folders share: the event loop that runs in production, and the stack on MiniStack."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import uvloop

SHARED_STACK = {"built_template", "stack", "runtime_client_gateway"}
HOSTS_OF_STACK = {"ministack", "runtime-client"}

if TYPE_CHECKING:
    from tests.aws.runtime_client import RuntimeClientGateway
    from tests.aws.stack import Stack


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Async tests run on uvloop, as `talkroom serve` does."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes that run the tests, one runs all of a file, and one all that use the stack: it is deployed once."""
    for item in items:
        uses_stack = SHARED_STACK.intersection(getattr(item, "fixturenames", ())) or _host(item) in HOSTS_OF_STACK
        item.add_marker(pytest.mark.xdist_group("stack" if uses_stack else str(item.path)))


def _host(item: pytest.Item) -> object:
    """The host that a test of tests/chat is for."""
    return item.callspec.params.get("host") if hasattr(item, "callspec") else None


@pytest.fixture
def room() -> str:
    """A room in which nothing was ever said, on a host that may be older than the test."""
    return f"room-{uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def built_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes of infra/aws/template.yaml, for this machine's Python and processor."""
    # Imported by the tests that need it: nobody else waits for boto3.
    from tests.aws.stack import build

    return build(tmp_path_factory.mktemp("sam"))


@pytest.fixture(scope="session")
def stack(built_template: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Stack]":
    """The chat on MiniStack with permissions enforced, deployed once for all tests."""
    from tests.aws.cloud import Cloud
    from tests.aws.stack import deploy

    with Cloud(tmp_path_factory.mktemp("cloud")) as cloud:
        yield deploy(cloud, built_template)


@pytest.fixture(scope="session")
def runtime_client_gateway(
    built_template: Path, stack: "Stack", tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[RuntimeClientGateway]":
    """The same functions and tables, with this machine's gateway in place of MiniStack's."""
    from tests.aws.runtime_client import RuntimeClientGateway

    with RuntimeClientGateway(tmp_path_factory.mktemp("gateway"), built_template, stack) as running:
        yield running
