"""The tests of `web/` that need no browser, and what is checked of its source, as part of the whole suite."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PATIENCE_S = 240
TESTS = sorted(
    str(path.relative_to(HERE))
    for path in HERE.rglob("*.test.js")
    if "node_modules" not in path.relative_to(HERE).parts
)


def node() -> str:
    """Node.js."""
    program = shutil.which("node")
    assert program is not None, "Node.js 20 or newer is missing: on Debian and Ubuntu, apt-get install nodejs npm"
    return program


def tool(name: str) -> str:
    """A program from npm."""
    program = HERE / "node" / "node_modules" / ".bin" / name
    assert program.exists(), f"{name} is missing: run `make test`, or `npm ci --prefix tests/web/node`"
    return str(program)


def check(*command: str) -> None:
    """Run it; fails with all that it says."""
    ran = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert 0 == ran.returncode, ran.stdout


@pytest.mark.parametrize("file", TESTS)
def test_node_runs(file: str) -> None:
    """Every test of that file passes, by Node's own runner."""
    check(node(), "--test", str(HERE / file))


def test_there_are_tests() -> None:
    """A glob that finds nothing is no success."""
    assert {"client", "element"} <= {Path(file).parts[0] for file in TESTS}


def test_types_are_right() -> None:
    """As `make check` asks; JSDoc is all that is needed."""
    check(tool("tsc"), "--project", "web")


def test_format_is_right() -> None:
    """Nobody argues about it."""
    check(tool("prettier"), "--check", "--print-width", "120", "web", "tests/web", "!**/*.json")


def test_bundles_are_of_these_modules(tmp_path: Path) -> None:
    """What is served is what is here to read."""
    make = shutil.which("make")
    assert make is not None, "make is missing: on Debian and Ubuntu, apt-get install make"
    check(make, "--silent", "web", f"FOLDER={tmp_path}")
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert made == {path.name: path.read_bytes() for path in (ROOT / "web" / "bundles").iterdir()}, "run `make web`"
