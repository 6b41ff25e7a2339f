"""What the tests of the pages about the web client share: what its files say of themselves, and Node to run them."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.docs.support import DEADLINE_S, ROOT

WEB = ROOT / "web"
TYPES = WEB / "client" / "types.js"

BROWSER = """
globalThis.HTMLElement ??= class {};
globalThis.CSSStyleSheet ??= class { replaceSync() {} };
globalThis.customElements ??= { define: (name, element) => (globalThis.defined = { name, element }), get: () => undefined };
globalThis.document ??= { createElement: () => ({}), documentElement: {} };
globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} });
globalThis.ResizeObserver ??= class {};
"""
"""As much of a browser as importing the element needs."""


def evaluate(module: str, expression: str) -> Any:
    """What an expression over the exports of a file of `web/`, called `it`, comes to in Node."""
    script = (
        f"{BROWSER}const it = await import({(WEB / module).as_uri()!r}); console.log(JSON.stringify({expression}));"
    )
    run = subprocess.run(
        ["node", "--input-type=module", "--eval", script],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def members(class_: str) -> str:
    """An expression for the public names of a class: methods, and accessors of properties."""
    return f"Object.getOwnPropertyNames({class_}.prototype).filter((name) => name !== 'constructor')"


def properties(typedef: str) -> list[str]:
    """The names of the properties of one type of types.js."""
    comments = re.findall(r"/\*\*.*?\*/", TYPES.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [one for one in comments if re.search(rf"@typedef \{{object\}} {typedef}$", one, re.MULTILINE)]
    return re.findall(r"@property \{.*?\} \[?(\w+)\]?(?=[ \n])", found)


def literals(typedef: str) -> list[str]:
    """The strings of a union in types.js, from the name of the type to the end of its line or braces."""
    text = TYPES.read_text(encoding="utf-8")
    found = re.search(rf"@typedef \{{([^{{}}]*)\}} {typedef}$", text, re.MULTILINE)
    assert found is not None, typedef
    return re.findall(r'"(\w+)"', found[1])


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of all rows of the tables under one heading, those of column names left out."""
    text = page.read_text(encoding="utf-8")
    section = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section is not None, heading
    lines = [line for line in section[1].splitlines() if line.startswith("|")]
    rules = {index for index, line in enumerate(lines) if set(line) <= set("|- ")}
    kept = [line for index, line in enumerate(lines) if index not in rules and index + 1 not in rules]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in kept]


def names(page: Path, heading: str) -> list[str]:
    """What stands in code in the first cells of those rows, functions without their parentheses."""
    return [re.sub(r"\(.*", "", name) for row in rows(page, heading) for name in re.findall(r"`([^`]+)`", row[0])]
