"""Notices that the template or a function's code has changed."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final

from watchfiles import DefaultFilter, awatch

QUIET_MS: Final = 100
"""Editors write a file in several steps: a change is told when nothing more has changed for so long."""
LATEST_MS: Final = 2_000
"""However busy the folder is, what has changed is told after so long."""


async def changes(folders: Iterable[Path], stop: asyncio.Event, *, recursive: bool = True) -> AsyncIterator[set[Path]]:
    """Sets of paths that were written, made or removed, until `stop` is set.

    Without what tools leave behind (`__pycache__`, `node_modules`, `.git` and the like). The operating system's own
    notifications are used; docs/topics/dependencies.md says why by watchfiles.
    """
    existing = [folder for folder in folders if folder.is_dir()]
    if not existing:
        await stop.wait()
        return
    async for batch in awatch(
        *existing,
        watch_filter=DefaultFilter(),
        stop_event=stop,
        step=QUIET_MS,
        debounce=LATEST_MS,
        recursive=recursive,
        ignore_permission_denied=True,
    ):
        yield {Path(text) for _, text in batch}
