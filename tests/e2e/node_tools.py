"""Where the clients from npm are, and what to install when they are not there."""

import shutil
from pathlib import Path

HERE = Path(__file__).parent
NODE_MODULES = HERE / "node" / "node_modules"
BROWSER_SCRIPT = HERE / "browser" / "chat.mjs"


def wscat() -> str:
    """The real wscat."""
    program = NODE_MODULES / ".bin" / "wscat"
    assert program.exists(), (
        "wscat is missing: run `make test`, or `npm ci --prefix tests/e2e/node` (it needs Node.js 20 or newer)"
    )
    return str(program)


def node() -> str:
    """Node.js, with playwright-core installed."""
    program = shutil.which("node")
    assert program is not None, "Node.js 20 or newer is missing: on Debian and Ubuntu, apt-get install nodejs npm"
    assert (NODE_MODULES / "playwright-core").exists(), (
        "playwright-core is missing: run `make test`, or `npm ci --prefix tests/e2e/node`"
    )
    return program


def chromium() -> str:
    """A browser of Chromium's family."""
    programs = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    found = next((program for program in programs if program is not None), None)
    assert found is not None, "Chromium is missing: on Debian and Ubuntu, apt-get install chromium"
    return found
