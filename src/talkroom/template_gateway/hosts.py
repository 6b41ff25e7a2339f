"""The functions of a stack, each on its host, kept in step with the template and the code."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from talkroom.functions.failures import FunctionFailed
from talkroom.functions.host import FunctionHost
from talkroom.functions.specs import FunctionSpec

logger = logging.getLogger("talkroom.functions")


class Hosts:
    """Invokes functions by logical id, from the moment when `apply` has been called for the first time."""

    def __init__(self, make_host: Callable[[FunctionSpec], FunctionHost]) -> None:
        self._make_host = make_host
        self._hosts: dict[str, FunctionHost] = {}
        self._specs: dict[str, FunctionSpec] = {}
        self._applied = asyncio.Event()

    async def apply(self, specs: Mapping[str, FunctionSpec]) -> None:
        """Serve these: new ones are started, changed ones replaced, and those that are gone are stopped."""
        gone = [self._hosts.pop(one) for one in self._hosts.keys() - specs.keys()]
        work = [host.stop() for host in gone]
        for logical_id, spec in specs.items():
            host = self._hosts.get(logical_id)
            if host is None:
                host = self._hosts[logical_id] = self._make_host(spec)
                work.append(host.start())
            elif spec != self._specs[logical_id]:
                work.append(host.replace(spec))
        self._specs = dict(specs)
        self._applied.set()
        await asyncio.gather(*work)

    async def invoke(self, logical_id: str, payload: bytes) -> bytes:
        """The function's result as JSON. Raises FunctionFailed."""
        await self._applied.wait()
        host = self._hosts.get(logical_id)
        if host is None:
            raise FunctionFailed("ResourceNotFoundException", f"the template no longer has the function {logical_id}")
        return await host.invoke(payload)

    async def code_changed(self, paths: Iterable[Path]) -> list[str]:
        """Have the functions whose code or layers are at these paths begin anew; their names."""
        changed = set(paths)
        touched = [one for one, spec in self._specs.items() if _is_made_of(spec, changed)]
        await asyncio.gather(*(self._hosts[one].replace() for one in touched))
        return [self._specs[one].name for one in touched]

    def folders(self) -> set[Path]:
        """Where code and layers are."""
        return {folder for spec in self._specs.values() for folder in _folders(spec)}

    async def stop(self) -> None:
        """End every process."""
        hosts, self._hosts = self._hosts, {}
        await asyncio.gather(*(host.stop() for host in hosts.values()))


def _folders(spec: FunctionSpec) -> list[Path]:
    return [folder for folder in (spec.code, *spec.layers) if isinstance(folder, Path)]


def _is_made_of(spec: FunctionSpec, paths: set[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in _folders(spec) for path in paths)
