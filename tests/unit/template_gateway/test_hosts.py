"""The functions of a stack follow the template and the code."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from talkroom.functions.failures import FunctionFailed
from talkroom.functions.host import Credentials, FunctionHost, HostSettings
from talkroom.functions.specs import FunctionSpec
from talkroom.template_gateway.hosts import Hosts

SETTINGS = HostSettings(
    region="us-east-1",
    account_id="000000000000",
    credentials=Credentials(access_key_id="AKID", secret_access_key="secret"),
)


def spec(folder: Path, logical_id: str = "F", **environment: str) -> FunctionSpec:
    """A function that says its name, its mark and the number of its process."""
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(
        "import os\ndef f(event, context):\n    return [context.function_name, os.environ.get('MARK'), os.getpid()]\n"
    )
    return FunctionSpec(
        logical_id=logical_id,
        name=f"the-{logical_id}",
        arn=f"arn:aws:lambda:us-east-1:000000000000:function:the-{logical_id}",
        runtime="python3.13",
        handler="app.f",
        code=folder,
        environment=environment,
        timeout_s=30,
    )


class Stack:
    """Hosts of a test, and what their functions say."""

    def __init__(self) -> None:
        self.hosts = Hosts(lambda one: FunctionHost(one, SETTINGS))

    async def apply(self, **specs: FunctionSpec) -> None:
        """As a template."""
        await self.hosts.apply(specs)

    async def ask(self, logical_id: str = "F") -> list[object]:
        """Name, mark and process."""
        said: list[object] = msgspec.json.decode(await self.hosts.invoke(logical_id, b"{}"))
        return said


@pytest.fixture
async def stack() -> object:
    """Stopped with the test."""
    made = Stack()
    yield made
    await made.hosts.stop()


async def test_a_function_is_invoked_by_its_logical_id(stack: Stack, tmp_path: Path) -> None:
    """Whatever its name."""
    await stack.apply(F=spec(tmp_path / "f"), G=spec(tmp_path / "g", "G"))

    assert ["the-F", "the-G"] == [(await stack.ask("F"))[0], (await stack.ask("G"))[0]]


async def test_an_unchanged_function_stays_warm_when_the_template_is_applied_again(
    stack: Stack, tmp_path: Path
) -> None:
    """The same process answers."""
    await stack.apply(F=spec(tmp_path / "f"))
    before = await stack.ask()
    await stack.apply(F=spec(tmp_path / "f"), G=spec(tmp_path / "g", "G"))

    assert before == await stack.ask()


async def test_a_changed_function_begins_anew(stack: Stack, tmp_path: Path) -> None:
    """With its new variables."""
    await stack.apply(F=spec(tmp_path / "f", MARK="old"))
    await stack.apply(F=spec(tmp_path / "f", MARK="new"))

    assert "new" == (await stack.ask())[1]


async def test_a_function_that_is_gone_fails_and_says_so(stack: Stack, tmp_path: Path) -> None:
    """An invocation may still be on its way when the template changes."""
    await stack.apply(F=spec(tmp_path / "f"))
    await stack.apply()

    with pytest.raises(FunctionFailed, match="the template no longer has the function F"):
        await stack.ask()


async def test_code_that_changed_concerns_the_functions_made_of_it(stack: Stack, tmp_path: Path) -> None:
    """And no others: those stay warm."""
    await stack.apply(F=spec(tmp_path / "f"), G=spec(tmp_path / "g", "G"))
    before: Mapping[str, object] = {one: (await stack.ask(one))[2] for one in "FG"}
    names = await stack.hosts.code_changed([tmp_path / "f" / "deep" / "module.py", tmp_path / "elsewhere.py"])
    after = {one: (await stack.ask(one))[2] for one in "FG"}

    assert ["the-F"] == names
    assert (False, True) == (before["F"] == after["F"], before["G"] == after["G"])


def test_folders_are_those_of_code_and_layers(tmp_path: Path) -> None:
    """Inline code has none."""
    hosts = Hosts(lambda one: FunctionHost(one, SETTINGS))

    assert set() == hosts.folders()
