"""The load generator as the runner sees it: compile it, run it in a mode, read its one line of JSON."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

SOURCES = Path(__file__).parent / "load"
BINARY = Path(__file__).parent / "build" / "load"
COMPILE = ("cc", "-O2", "-std=gnu11", "-Wall", "-Wextra")
TIMEOUT_S = 180

Result = dict[str, float]


class RunFailed(Exception):
    """The generator saw a wrong answer, or none: what it said about it."""


def build() -> None:
    """Compile unless the binary is newer than every source."""
    newest = max(source.stat().st_mtime for source in SOURCES.iterdir())
    if BINARY.exists() and BINARY.stat().st_mtime > newest:
        return
    BINARY.parent.mkdir(exist_ok=True)
    sources = sorted(str(source) for source in SOURCES.glob("*.c"))
    subprocess.run([*COMPILE, "-o", str(BINARY), *sources, "-lm"], check=True)


def run(mode: str, options: Mapping[str, object], token: str) -> Result:
    """One run from beginning to end."""
    try:
        done = subprocess.run(
            _command(mode, options), env=_environment(token), capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise RunFailed(f"no result after {TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise RunFailed(done.stderr.strip() or f"the generator ended with {done.returncode}")
    return _numbers(done.stdout)


class Crowd:
    """Idle connections, held open from entering the context to leaving it."""

    def __init__(self, options: Mapping[str, object], token: str) -> None:
        self._command = _command("idle", options)
        self._environment = _environment(token)

    def __enter__(self) -> Result:
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RunFailed(self._process.communicate()[1].strip())
        return _numbers(line)

    def __exit__(self, kind: object, *_: object) -> None:
        complaint = self._process.communicate(timeout=TIMEOUT_S)[1].strip()
        if self._process.returncode != 0 and kind is None:
            raise RunFailed(complaint)


def _command(mode: str, options: Mapping[str, object]) -> list[str]:
    given = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    return [str(BINARY), mode, *given]


def _environment(token: str) -> dict[str, str]:
    return {**os.environ, "LOAD_TOKEN": token}


def _numbers(line: str) -> Result:
    return {name: value for name, value in json.loads(line).items() if not isinstance(value, str)}
