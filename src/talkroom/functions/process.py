"""A process with a group of its own: started, frozen, thawed, killed with all that it started.

A group and not a session: when the gateway itself is killed, its functions' groups become orphans of its session, and
POSIX has the system send SIGHUP and SIGCONT to an orphaned group that has a stopped member (setpgid, "orphaned process
group"; exit, "Consequences of Process Termination"). So frozen functions do not outlive the gateway. A new session would
take that away, and nothing else is won by it: who has no controlling terminal's foreground gets no Ctrl-C either way.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import Final

HAS_PIDFD: Final = hasattr(os, "pidfd_open")
"""Linux says on a descriptor that a process has ended; elsewhere a thread waits for it."""


class FunctionProcess:
    """A child process, from its start.

    `on_exit` is called once, on the event loop, when the process has ended and the rest of its group has been killed; with
    the exit status, or with the number of the signal that ended it as a negative number. Raises OSError when there is nothing
    to start.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        variables: Mapping[str, str],
        output: int,
        on_exit: Callable[[int], None],
        has_pidfd: bool = HAS_PIDFD,
    ) -> None:
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        self._exited = asyncio.Event()
        self._is_frozen = False
        self._popen = subprocess.Popen(  # noqa: S603  # the developer's own function
            list(command),
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
        if has_pidfd:
            self._pidfd = os.pidfd_open(self.pid)
            self._loop.add_reader(self._pidfd, self._pidfd_readable)
        else:
            Thread(target=self._wait, name=f"wait for {self.pid}", daemon=True).start()

    @property
    def pid(self) -> int:
        """Also the id of the group."""
        return self._popen.pid

    def freeze(self) -> None:
        """Stop the whole group, which does not notice."""
        if not self._is_frozen:
            self._is_frozen = True
            self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen group go on."""
        if self._is_frozen:
            self._is_frozen = False
            self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the whole group, frozen or not."""
        self._signal(signal.SIGKILL)

    async def wait(self) -> None:
        """Return when the process has ended."""
        await self._exited.wait()

    def _signal(self, number: signal.Signals) -> None:
        # A process that was waited for may have left its id to another one.
        if self._popen.returncode is None:
            self._signal_group(number)

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group that has only ended processes
            pass

    def _pidfd_readable(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        # It has ended and was not waited for, so that its id, the group's, is still its own: the others are killed first.
        self._signal_group(signal.SIGKILL)
        self._end(self._popen.wait())

    def _wait(self) -> None:
        returncode = self._popen.wait()
        try:
            self._loop.call_soon_threadsafe(self._waited, returncode)
        except RuntimeError:  # the event loop was closed
            pass

    def _waited(self, returncode: int) -> None:
        self._signal_group(signal.SIGKILL)
        self._end(returncode)

    def _end(self, returncode: int) -> None:
        self._exited.set()
        self._on_exit(returncode)
