"""The hosts on which the suite of this folder runs: the server of one machine, and the functions of the template on MiniStack and
under Lambda's own runtime client.

With `TALKROOM_TEST_URL` and `TALKROOM_TEST_SECRET` it runs against the chat at that URL instead, on AWS too. `-k one-machine`
leaves the functions out.
"""

import os
from collections.abc import Iterator, Mapping

import pytest

from tests.aws.runtime_client import RuntimeClientGateway
from tests.aws.stack import Stack
from tests.chat.host import Ability, Host, read_lacking
from tests.e2e.server import SECRET, ServerProcess

ONE_MACHINE, MINISTACK, RUNTIME_CLIENT, BY_URL = "one-machine", "ministack", "runtime-client", "url"


def lacking() -> Mapping[str, frozenset[Ability]]:
    """The hosts of this run, and what each lacks."""
    if Host.read(os.environ) is not None:
        return {BY_URL: read_lacking(os.environ)}
    # MiniStack takes frames that API Gateway refuses, and no client outruns the refilling of a bucket in one of several processes.
    return {
        ONE_MACHINE: frozenset(),
        MINISTACK: frozenset({Ability.FRAME_RULES, Ability.RATE_LIMIT}),
        RUNTIME_CLIENT: frozenset({Ability.RATE_LIMIT}),
    }


def pytest_configure(config: pytest.Config) -> None:
    """The mark of this folder."""
    config.addinivalue_line("markers", "needs(ability): is not run on hosts that lack this ability")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test runs on every host."""
    if "host" in metafunc.fixturenames:
        metafunc.parametrize("host", list(lacking()), indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """But for those that need what the host lawfully lacks."""
    lacks = lacking()

    def fits(item: pytest.Item) -> bool:
        host = (
            item.callspec.params.get("host")
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            else None
        )
        return not any(mark.args[0] in lacks.get(str(host), ()) for mark in item.iter_markers("needs"))

    unfit = [item for item in items if not fits(item)]
    if unfit:
        config.hook.pytest_deselected(items=unfit)
        items[:] = [item for item in items if fits(item)]


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One for all tests; it must survive every one of them."""
    match request.param:
        case "one-machine":
            with ServerProcess(tmp_path_factory.mktemp("chat")) as running:
                yield Host(url=f"ws://127.0.0.1:{running.port}/prod", secret=SECRET)
        case "ministack":
            stack: Stack = request.getfixturevalue("stack")
            yield stack.host
        case "runtime-client":
            gateway: RuntimeClientGateway = request.getfixturevalue("runtime_client_gateway")
            yield gateway.host
        case _:
            named = Host.read(os.environ)
            assert named is not None
            yield named
