"""Which command runs a function: an interpreter with a runtime client, or what the developer has built."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from talkroom.functions.failures import cannot_begin
from talkroom.functions.settings import HostSettings
from talkroom.functions.specs import FunctionSpec
from talkroom.functions.variables import WORKERS

PYTHON_WORKER: Final = WORKERS / "python_worker.py"
NODE_WORKER: Final = WORKERS / "node_worker.mjs"

_RIC: Final = Path("node_modules/aws-lambda-ric")
_RIC_NATIVE: Final = ("rapid-client.node", "dist/rapid-client.node", "build/Release/rapid-client.node")
"""Where the versions of aws-lambda-ric keep what its installation compiles; without it none of them runs."""


def make_command(spec: FunctionSpec, settings: HostSettings, *, code: Path, path: str) -> list[str]:
    """The words of the command; programs are looked for on `path`.

    Raises FunctionFailed with a sentence for the developer when there is none.
    """
    given = _find_given(spec.runtime, settings.runtime_commands)
    if given is not None:
        return _split(spec, given, code=code, path=path)
    if spec.runtime.startswith("provided"):
        return [_find_bootstrap(spec, code)]
    if spec.runtime.startswith("python"):
        _check_handler(spec, "module.function")
        python = settings.python or sys.executable
        return [_find_program(spec, str(python), path), "-u", str(PYTHON_WORKER)]
    if spec.runtime.startswith("nodejs"):
        _check_handler(spec, "file.function")
        node = _find_program(spec, str(settings.node or "node"), path)
        client = _find_ric(code)
        return [node, str(NODE_WORKER)] if client is None else [node, str(client), spec.handler]
    prefix = spec.runtime.rstrip("0123456789.x") or spec.runtime
    raise cannot_begin(
        f"{spec.logical_id}: there is no runtime client for Runtime {spec.runtime!r} here. Say how to start one that speaks"
        f" the Lambda Runtime API: --runtime-command {prefix}=COMMAND, with {{handler}} where the handler's name goes."
    )


def _find_given(runtime: str, commands: Mapping[str, str]) -> str | None:
    fitting = [prefix for prefix in commands if runtime.startswith(prefix)]
    return commands[max(fitting, key=len)] if fitting else None


def _split(spec: FunctionSpec, command: str, *, code: Path, path: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise cannot_begin(
            f"{spec.logical_id}: the command for Runtime {spec.runtime!r} is malformed: {error}."
        ) from error
    if not words:
        raise cannot_begin(f"{spec.logical_id}: the command for Runtime {spec.runtime!r} is empty.")
    words = [word.replace("{handler}", spec.handler).replace("{code}", str(code)) for word in words]
    return [_find_program(spec, words[0], path), *words[1:]]


def _find_program(spec: FunctionSpec, name: str, path: str) -> str:
    found = shutil.which(name, path=path)
    if found is None:
        where = "is not an executable file" if os.sep in name else "is not on the PATH"
        raise cannot_begin(
            f"{spec.logical_id}: Runtime {spec.runtime!r} is run by {name}, which {where}. Install it, or say what to run"
            f" instead: --runtime-command {spec.runtime}=COMMAND."
        )
    return found


def _check_handler(spec: FunctionSpec, form: str) -> None:
    module, _, function = spec.handler.rpartition(".")
    if not module or not function or ".." in spec.handler:
        raise cannot_begin(
            f"{spec.logical_id}: Handler {spec.handler!r} is not of the form {form}, such as app.handler or src/app.handler.",
            "Runtime.MalformedHandlerName",
        )


def _find_bootstrap(spec: FunctionSpec, code: Path) -> str:
    for folder in (code, *reversed(spec.layers)):
        bootstrap = folder / "bootstrap"
        if os.access(bootstrap, os.X_OK) and bootstrap.is_file():
            return str(bootstrap)
        if bootstrap.is_file():
            raise cannot_begin(f"{spec.logical_id}: {bootstrap} is not executable. Make it so: chmod +x {bootstrap}")
    raise cannot_begin(
        f"{spec.logical_id}: Runtime {spec.runtime!r} needs an executable file named bootstrap, and there is none in {code}."
        " Build the function (sam build), or correct CodeUri."
    )


def _find_ric(code: Path) -> Path | None:
    """The program of aws-lambda-ric, where Node.js would find the package, if its native part was built."""
    for folder in (code, *code.parents):
        package = folder / _RIC
        if any((package / native).is_file() for native in _RIC_NATIVE):
            return _read_program(package)
    return None


def _read_program(package: Path) -> Path | None:
    try:
        program = msgspec.json.decode((package / "package.json").read_bytes(), type=_Package).bin
    except (OSError, msgspec.DecodeError):
        return None
    name = program if isinstance(program, str) else program.get("aws-lambda-ric")
    return None if name is None else package / name


class _Package(msgspec.Struct):
    """What npm's package.json says of a package's programs."""

    bin: str | dict[str, str] = msgspec.field(default_factory=dict)
