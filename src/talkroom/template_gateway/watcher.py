"""Notices that the template or a function's code has changed."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final

from watchfiles import Change, DefaultFilter, awatch

CODE_SUFFIXES: Final = frozenset(
    [
        ".cfg",
        ".cjs",
        ".class",
        ".css",
        ".dll",
        ".html",
        ".ini",
        ".jar",
        ".js",
        ".json",
        ".jsx",
        ".mjs",
        ".node",
        ".properties",
        ".py",
        ".pyd",
        ".rb",
        ".so",
        ".sql",
        ".toml",
        ".ts",
        ".tsx",
        ".wasm",
        ".xml",
        ".yaml",
        ".yml",
    ]
)
"""What code is made of. Not every file: a log or a database in the same folder is written for every message, and each time the
functions would begin anew.
"""
CODE_NAMES: Final = frozenset({"bootstrap"})
"""The program of a runtime of one's own has no suffix."""

QUIET_MS: Final = 100
"""Editors write a file in several steps: a change is told when nothing more has changed for so long."""
LATEST_MS: Final = 2_000
"""However busy the folder is, what has changed is told after so long."""


class CodeFilter(DefaultFilter):
    """Code, and nothing that tools leave behind (`__pycache__`, `node_modules`, `.git` and the like)."""

    def __call__(self, change: Change, path: str) -> bool:
        """Whether it is told."""
        name = Path(path)
        return (name.suffix in CODE_SUFFIXES or name.name in CODE_NAMES) and super().__call__(change, path)


async def changes(folders: Iterable[Path], stop: asyncio.Event, *, recursive: bool = True) -> AsyncIterator[set[Path]]:
    """Sets of paths of code that were written, made or removed, until `stop` is set.

    The operating system's own notifications are used; docs/topics/dependencies.md says why by watchfiles.
    """
    existing = [folder for folder in folders if folder.is_dir()]
    if not existing:
        await stop.wait()
        return
    async for batch in awatch(
        *existing,
        watch_filter=CodeFilter(),
        stop_event=stop,
        step=QUIET_MS,
        debounce=LATEST_MS,
        recursive=recursive,
        ignore_permission_denied=True,
    ):
        yield {Path(text) for _, text in batch}
