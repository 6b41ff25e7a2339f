"""One port for connections that begin with TLS and for those that do not.

Every TCP connection is looked at, without taking anything from it, until its first byte is there; then it is handed to the event
loop as it is, or for a TLS handshake. This is for a developer's machine: a deployment speaks one of the two, and pays for no look.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final

from talkroom.gateway.gateway import Gateway

TLS_HANDSHAKE: Final = b"\x16"
"""What a TLS connection begins with (RFC 8446 section 5.1: the content type of a record); no HTTP method does."""

ACCEPTED_PER_TURN_MAX: Final = 64
"""Connections taken from the system before others have their turn; the rest is there in the next."""

ACCEPT_PAUSE_S: Final = 1.0
"""Seconds without accepting after the system could not give a connection, for want of files for one; the backlog keeps them."""

log = logging.getLogger("talkroom.gateway")


class MixedListener:
    """Accepts connections, and gives each to a protocol of its own: after a TLS handshake, if the client begins one."""

    def __init__(self, gateway: Gateway, protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext) -> None:
        """The gateway's limits and deadlines count; its event loop must be running."""
        self._gateway = gateway
        self._protocol = protocol
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._listening: dict[socket.socket, asyncio.TimerHandle | None] = {}
        self._undecided: set[Undecided] = set()
        self._handing_over: set[asyncio.Task[None]] = set()
        self._handshakes: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int, backlog: int) -> Sequence[tuple[str, int]]:
        """Listen at every address of the host, and return them. Raises OSError when one of them is taken."""
        for listening in await _bind(host, port, backlog):
            self._resume(listening)
        return [listening.getsockname()[:2] for listening in self._listening]

    def close(self) -> None:
        """Stop accepting, and drop the connections that have sent nothing or are in their TLS handshake."""
        for listening, pause in self._listening.items():
            if pause is not None:
                pause.cancel()
            self._loop.remove_reader(listening)
            listening.close()
        self._listening.clear()
        for undecided in list(self._undecided):
            undecided.drop()
        for task in self._handshakes:
            # Later in this turn: a task that is cancelled before it began would never look at its socket again.
            self._loop.call_soon(task.cancel)

    def _resume(self, listening: socket.socket) -> None:
        self._listening[listening] = None
        self._loop.add_reader(listening, self._accept, listening)

    def _pause(self, listening: socket.socket, error: OSError) -> None:
        """To go on at once would only fail again, as often as the processor can."""
        log.warning("cannot accept connections, trying again in %g s: %s", ACCEPT_PAUSE_S, error.strerror)
        self._loop.remove_reader(listening)
        self._listening[listening] = self._loop.call_later(ACCEPT_PAUSE_S, self._resume, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTED_PER_TURN_MAX):
            try:
                accepted, _address = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):  # there are no more, or one has left again
                return
            except OSError as error:
                self._pause(listening, error)
                return
            self._begin(accepted)

    def _begin(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        try:
            # As `loop.create_server` does; `connect_accepted_socket` of asyncio's own loop leaves it to us.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # macOS, when the client has left again
            accepted.close()
        else:
            self._undecided.add(Undecided(self, accepted))

    def begin_wait(self, undecided: "Undecided", accepted: socket.socket) -> int:
        """Look at the connection when something has come, and at its deadline; returns the wheel's tick."""
        self._loop.add_reader(accepted, undecided.look)
        gateway = self._gateway
        return gateway.wheel.add(undecided, gateway.monotonic() + gateway.limits.head_timeout_s)

    def end_wait(self, undecided: "Undecided", accepted: socket.socket, tick: int) -> None:
        """Look at it no more."""
        self._loop.remove_reader(accepted)
        self._gateway.wheel.remove(undecided, tick)
        self._undecided.discard(undecided)

    def take(self, accepted: socket.socket, first: bytes) -> None:
        """Go on with a connection whose first byte is known."""
        has_tls = first == TLS_HANDSHAKE
        tasks = self._handshakes if has_tls else self._handing_over
        task = self._loop.create_task(self._hand_over(accepted, has_tls=has_tls))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _hand_over(self, accepted: socket.socket, *, has_tls: bool) -> None:
        """To the event loop, whose transport has the socket from then on, and closes it when the TLS handshake fails."""
        connect = self._loop.connect_accepted_socket
        try:
            if has_tls:
                timeout_s = self._gateway.limits.head_timeout_s
                await connect(self._protocol, accepted, ssl=self._tls, ssl_handshake_timeout=timeout_s)
            else:
                await connect(self._protocol, accepted)
        except OSError as error:
            log.debug("a connection could not begin: %s", getattr(error, "reason", None) or type(error).__name__)


class Undecided:
    """An accepted TCP connection of which nothing has been seen yet."""

    __slots__ = ("_accepted", "_listener", "_tick")

    def __init__(self, listener: MixedListener, accepted: socket.socket) -> None:
        self._listener = listener
        self._accepted = accepted
        self._tick = listener.begin_wait(self, accepted)

    def look(self) -> None:
        """Something has come; it stays where it is, for whoever goes on with the connection."""
        try:
            first = self._accepted.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            first = b""
        if first:
            self._listener.end_wait(self, self._accepted, self._tick)
            self._listener.take(self._accepted, first)
        else:  # the client has left without a word
            self.drop()

    def deadline_elapsed(self, _now_s: float) -> None:
        """Nothing came in time."""
        self.drop()

    def drop(self) -> None:
        """End the connection."""
        self._listener.end_wait(self, self._accepted, self._tick)
        self._accepted.close()


async def _bind(host: str, port: int, backlog: int) -> list[socket.socket]:
    """A listening socket for every address of the host that this machine has, as `loop.create_server` would make them."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    made: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
            try:
                listening = socket.create_server(address, family=family, backlog=backlog)
            except OSError as error:
                # `localhost` has an address of IPv6 on machines that have no IPv6.
                if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                    raise
                absent = error
                continue
            listening.setblocking(False)
            made.append(listening)
        if not made and absent is not None:
            raise absent
    except BaseException:
        for listening in made:
            listening.close()
        raise
    return made
