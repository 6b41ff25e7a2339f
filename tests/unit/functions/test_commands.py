"""Which command runs a function."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from talkroom.functions.commands import NODE_WORKER, PYTHON_WORKER, make_command
from talkroom.functions.failures import FunctionFailed
from tests.functions.kit import a_spec, some_settings


def command(code: Path, *, path: str = os.defpath, settings: dict[str, Any] | None = None, **fields: Any) -> list[str]:
    """Of a function in this folder."""
    return make_command(a_spec(code, **fields), some_settings(**settings or {}), code=code, path=path)


def refusal(code: Path, **options: Any) -> str:
    """Why there is none."""
    with pytest.raises(FunctionFailed) as raised:
        command(code, **options)
    return raised.value.message


def add_program(folder: Path, name: str) -> Path:
    """An executable file."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def add_client(folder: Path, native: str | None, program: Any = "./index.mjs") -> Path:
    """The npm package aws-lambda-ric, with its native part or without."""
    package = folder / "node_modules/aws-lambda-ric"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "aws-lambda-ric", "bin": program}))
    if native is not None:
        (package / native).parent.mkdir(parents=True, exist_ok=True)
        (package / native).touch()
    return package


# Python


def test_python_functions_are_run_by_this_interpreter(tmp_path: Path) -> None:
    """Unbuffered, so that a process that is killed has printed what it printed."""
    assert [sys.executable, "-u", str(PYTHON_WORKER)] == command(tmp_path)


def test_python_functions_may_have_another_interpreter(tmp_path: Path) -> None:
    """The one of the developer's virtual environment."""
    python = add_program(tmp_path / "venv/bin", "python")
    assert str(python) == command(tmp_path, settings={"python": python})[0]


@pytest.mark.parametrize("handler", ["handler", "app.", ".handler", "../app.handler", ""])
def test_a_malformed_handler_is_refused(tmp_path: Path, handler: str) -> None:
    """With the resource, the property and the form."""
    assert f"Echo: Handler {handler!r} is not of the form module.function" in refusal(tmp_path, handler=handler)


# Node.js


def test_node_functions_are_run_by_the_node_on_the_path(tmp_path: Path) -> None:
    """By the worker here, when there is no client beside the code."""
    node = add_program(tmp_path / "bin", "node")
    given = command(tmp_path, runtime="nodejs22.x", path=str(node.parent))
    assert [str(node), str(NODE_WORKER)] == given


def test_a_missing_node_is_told(tmp_path: Path) -> None:
    """With what to do."""
    told = refusal(tmp_path, runtime="nodejs22.x", path=str(tmp_path))
    assert "Echo: Runtime 'nodejs22.x' is run by node, which is not on the PATH." in told
    assert "--runtime-command nodejs22.x=COMMAND" in told


@pytest.mark.parametrize("native", ["rapid-client.node", "dist/rapid-client.node", "build/Release/rapid-client.node"])
@pytest.mark.parametrize("parent", [".", "src/routes"])
def test_aws_s_client_is_used_where_it_was_built(tmp_path: Path, native: str, parent: str) -> None:
    """In the code's folder or in one above it."""
    package = add_client(tmp_path, native)
    code = tmp_path / parent
    code.mkdir(parents=True, exist_ok=True)
    node = add_program(tmp_path / "bin", "node")
    given = command(code, runtime="nodejs22.x", path=str(node.parent))
    assert [str(node), str(package / "index.mjs"), "app.handler"] == given


def test_aws_s_client_is_not_used_where_it_was_not_built(tmp_path: Path) -> None:
    """On macOS it never is."""
    add_client(tmp_path, None)
    node = add_program(tmp_path / "bin", "node")
    assert str(NODE_WORKER) == command(tmp_path, runtime="nodejs22.x", path=str(node.parent))[1]


@pytest.mark.parametrize("program", [{"aws-lambda-ric": "bin/index.mjs"}, "bin/index.mjs"])
def test_a_package_may_name_its_program_in_two_ways(tmp_path: Path, program: Any) -> None:
    """npm's package.json."""
    package = add_client(tmp_path, "rapid-client.node", program)
    node = add_program(tmp_path / "bin", "node")
    assert str(package / "bin/index.mjs") == command(tmp_path, runtime="nodejs22.x", path=str(node.parent))[1]


@pytest.mark.parametrize("program", [{}, 42])
def test_a_package_without_a_program_is_not_used(tmp_path: Path, program: Any) -> None:
    """It is not what it seems."""
    add_client(tmp_path, "rapid-client.node", program)
    node = add_program(tmp_path / "bin", "node")
    assert str(NODE_WORKER) == command(tmp_path, runtime="nodejs22.x", path=str(node.parent))[1]


# the others


def test_a_bootstrap_runs_itself(tmp_path: Path) -> None:
    """The code's wins over a layer's, and a later layer's over an earlier one's."""
    layers = (tmp_path / "one", tmp_path / "two")
    expected = []
    for folder in (*layers, tmp_path / "code"):
        (tmp_path / "code").mkdir(exist_ok=True)
        bootstrap = add_program(folder, "bootstrap")
        expected.append(str(bootstrap))
        assert expected[-1:] == command(tmp_path / "code", runtime="provided.al2023", layers=layers)


def test_a_missing_bootstrap_is_told(tmp_path: Path) -> None:
    """With what to do."""
    told = refusal(tmp_path, runtime="provided.al2")
    assert f"there is none in {tmp_path}. Build the function (sam build), or correct CodeUri." in told


def test_a_bootstrap_that_is_not_executable_is_told(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "bootstrap").touch()
    assert f"chmod +x {tmp_path}/bootstrap" in refusal(tmp_path, runtime="provided.al2023")


@pytest.mark.parametrize(
    ("runtime", "prefix"), [("java21", "java"), ("ruby3.4", "ruby"), ("dotnet8", "dotnet"), ("go1.x", "go")]
)
def test_a_runtime_without_a_client_is_told(tmp_path: Path, runtime: str, prefix: str) -> None:
    """With the option that helps."""
    told = refusal(tmp_path, runtime=runtime)
    assert f"Echo: there is no runtime client for Runtime '{runtime}' here." in told
    assert f"--runtime-command {prefix}=COMMAND" in told


# commands that the developer gives


def test_the_longest_prefix_counts(tmp_path: Path) -> None:
    """Of a runtime's identifier."""
    commands = {"p": "false", "python3.1": "true", "python": "false", "python3.12.1": "false"}
    assert ["/bin/true"] == command(tmp_path, path="/bin", settings={"runtime_commands": commands})


def test_a_command_may_name_the_handler_and_the_code(tmp_path: Path) -> None:
    """As the official clients want them."""
    commands = {"python": "sh -c 'run it' {handler} {code}/x"}
    given = command(tmp_path, path="/bin", settings={"runtime_commands": commands})
    assert ["/bin/sh", "-c", "run it", "app.handler", f"{tmp_path}/x"] == given


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "is empty"),
        ("sh 'run", "is malformed: No closing quotation"),
        ("nowhere-to-be-found", "is run by nowhere-to-be-found, which is not on the PATH"),
    ],
)
def test_a_command_that_cannot_be_run_is_told(tmp_path: Path, line: str, sentence: str) -> None:
    """With the function and the runtime."""
    told = refusal(tmp_path, settings={"runtime_commands": {"python": line}})
    assert told.startswith("Echo: ")
    assert "'python3.12'" in told
    assert sentence in told
