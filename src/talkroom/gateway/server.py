"""The listening socket and the first request head of every TCP connection.

One port serves two protocols. The head is read within a deadline and a size; an Upgrade becomes a gateway connection, and anything
else is handed, bytes and all, to another protocol: the HTTP server's.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import cast

import msgspec
from msgspec import UNSET

from talkroom.contract.errors import FORBIDDEN, TOO_MANY_REQUESTS
from talkroom.contract.events import Identity
from talkroom.gateway.event_factory import Facts, HandshakeRequest
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.handshake import Refusal, Upgrade, check_upgrade, encode_refusal
from talkroom.gateway.listener import MixedListener
from talkroom.gateway.live_connection import Handshake, LiveConnection
from talkroom.gateway.request_head import HeadReader, HeadTooLarge, MalformedHead, RequestHead

HttpProtocolFactory = Callable[[], asyncio.Protocol]


class Server:
    """Listens, and tells WebSocket handshakes from other HTTP requests."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._listeners: list[asyncio.Server | MixedListener] = []

    async def listen(
        self,
        host: str,
        port: int,
        http: HttpProtocolFactory,
        *,
        tls: ssl.SSLContext | None = None,
        plain_too: bool = False,
        backlog: int = 4096,
    ) -> Sequence[tuple[str, int]]:
        """Accept connections, and hand those that are not WebSocket handshakes to `http`.

        With `tls` every client has to speak TLS; with `plain_too` each may begin with it or without. Returns the addresses, with
        the port that the system chose for port 0. Raises OSError.
        """
        if tls is not None and plain_too:
            mixed = MixedListener(self.gateway, lambda: FirstHead(self.gateway, http), tls)
            self._listeners.append(mixed)
            return await mixed.open(host, port, backlog)
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(
            lambda: FirstHead(self.gateway, http),
            host,
            port,
            ssl=tls,
            # Without it a client that never ends its TLS handshake would stay for a minute.
            ssl_handshake_timeout=self.gateway.limits.head_timeout_s if tls else None,
            backlog=backlog,
        )
        self._listeners.append(listener)
        return [socket.getsockname()[:2] for socket in listener.sockets]

    def stop_accepting(self) -> None:
        """Close the listening sockets; what is connected stays."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()


class FirstHead(asyncio.Protocol):
    """Reads one request head, and decides who goes on with the TCP connection."""

    __slots__ = ("_gateway", "_http", "_reader", "_tick", "_transport")

    def __init__(self, gateway: Gateway, http: HttpProtocolFactory) -> None:
        self._gateway = gateway
        self._http = http
        self._reader: HeadReader | None = HeadReader(gateway.limits.head_bytes_max)
        self._transport: asyncio.Transport | None = None
        self._tick = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A TCP connection (after its TLS handshake) was accepted."""
        gateway = self._gateway
        # uvloop's transports have the interface without the base class.
        self._transport = cast(asyncio.Transport, transport)
        self._tick = gateway.wheel.add(self, gateway.monotonic() + gateway.limits.head_timeout_s)

    def data_received(self, data: bytes) -> None:
        """More of the head."""
        if self._reader is None:
            return
        try:
            head = self._reader.feed(data)
        except HeadTooLarge:
            self._answer(431, "Request header fields too large")
        except MalformedHead:
            self._answer(400, "Bad request")
        else:
            if head is not None:
                self._proceed(head, self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left before its head was complete."""
        self._release()

    def deadline_elapsed(self, _now_s: float) -> None:
        """The head did not come in time: the client is slow, or hostile."""
        if self._transport is not None:
            self._transport.abort()

    def _release(self) -> None:
        self._gateway.wheel.remove(self, self._tick)
        self._reader = None

    def _proceed(self, head: RequestHead, reader: HeadReader) -> None:
        if not head.is_upgrade:
            self._hand_over(reader.raw)
            return
        checked = check_upgrade(head)
        if isinstance(checked, Refusal):
            self._answer(checked.status, checked.message, checked.headers)
        elif checked.path.rstrip("/") != self._gateway.api.base_path(checked.host):
            self._answer(403, FORBIDDEN)
        elif not self._gateway.take_request():
            self._answer(429, TOO_MANY_REQUESTS)
        elif self._gateway.draining:
            self._answer(503, "The server is stopping")
        elif len(self._gateway.registry.sockets) >= self._gateway.limits.connections_max:
            self._answer(503, "Too many connections")
        else:
            self._upgrade(checked, reader.rest)

    def _hand_over(self, raw: bytes) -> None:
        transport = self._transport
        assert transport is not None
        self._release()
        protocol = self._http()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(raw)

    def _upgrade(self, upgrade: Upgrade, rest: bytes) -> None:
        transport = self._transport
        assert transport is not None
        self._release()
        gateway = self._gateway
        now_ms = gateway.clock()
        request = self._handshake_request(upgrade, transport)
        facts = Facts(
            connection_id=gateway.events.new_id(now_ms),
            connected_at_ms=now_ms,
            identity=_identity(request),
            domain_name=share(upgrade.host),
        )
        handshake = Handshake(request, upgrade.key, gateway.events.new_id(now_ms), gateway.monotonic(), rest)
        connection = LiveConnection(gateway, transport, facts, handshake)
        transport.set_protocol(connection)
        gateway.spawn(gateway.handshake(connection))

    def _handshake_request(self, upgrade: Upgrade, transport: asyncio.Transport) -> HandshakeRequest:
        peer = transport.get_extra_info("peername")
        local = transport.get_extra_info("sockname")
        return HandshakeRequest(
            target=upgrade.target,
            headers=upgrade.headers,
            query=upgrade.query,
            source_ip=share(peer[0]) if peer else "",
            scheme="https" if transport.get_extra_info("sslcontext") else "http",
            port=local[1] if local else 0,
        )

    def _answer(self, status: int, message: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        assert self._transport is not None
        self._reader = None
        self._gateway.counters.handshakes_refused += 1
        body = msgspec.json.encode({"message": message}).decode()
        self._transport.write(encode_refusal(status, body, headers))
        # To close while the client still sends would reset the connection under its answer. The deadline of the head ends what
        # is left; a transport with TLS cannot end one half, and its close reads on by itself.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()


def _identity(request: HandshakeRequest) -> Identity:
    agent = next((value for name, value in request.headers if name.lower() == "user-agent"), None)
    return Identity(UNSET if agent is None else share(agent), request.source_ip)


@lru_cache(maxsize=1024)
def share(text: str) -> str:
    """One object for equal texts: thousands of connections name the same host and the same browser.

    Not `sys.intern`: Python 3.12 never lets go of what was interned, and clients choose these texts.
    """
    return text
