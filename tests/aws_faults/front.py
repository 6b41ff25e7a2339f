"""What stands in front of a service of AWS: it passes every request on, unless it is told to do something worse with it."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote

import httptools

from tests.aws_faults.faults import Request, Rule

TARGET = "x-amz-target"
TOKEN = "x-amz-security-token"
_CONNECTIONS = "/@connections/"


class Front:
    """Listens on a free port of 127.0.0.1, and asks its rule about every request."""

    def __init__(self, service: str, port: int, rule: Rule, kill: Callable[[str], None]) -> None:
        """`port` is where the service itself is; `kill` ends an execution environment."""
        self.service = service
        self.rule = rule
        self.kill = kill
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._callers: set[_Caller] = set()

    async def start(self) -> str:
        """The URL to call in the service's place."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Caller(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close every connection; what is to be carried out is carried out before."""
        assert self._server is not None
        self._server.close()
        for caller in list(self._callers):
            caller.cut()
        await self.settle()
        await self._server.wait_closed()

    async def settle(self) -> None:
        """Return when no request is under way: those that hang end when their callers have given up."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def opened(self, caller: "_Caller") -> None:
        """A connection was made."""
        self._callers.add(caller)

    def closed(self, caller: "_Caller") -> None:
        """It has ended."""
        self._callers.discard(caller)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Deal with a request to its end, whatever becomes of its caller."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def connect(self) -> "_Service":
        """A connection to the service."""
        _, service = await asyncio.get_running_loop().create_connection(_Service, "127.0.0.1", self._port)
        return service


class _Caller(asyncio.Protocol):
    """A connection from an execution environment: one request after the other, as HTTP/1.1 without pipelining has it."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._transport: asyncio.Transport | None = None
        self._service: _Service | None = None
        self._has_left = asyncio.Event()
        self._begin()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._front.opened(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._has_left.set()
        self._front.closed(self)
        if self._service is not None:
            self._service.leave()

    def data_received(self, data: bytes) -> None:
        self._raw += data
        self._parser.feed_data(data)
        if self._message.is_whole:
            raw = bytes(self._raw)
            request = _describe(self._front.service, self._parser, self._message)
            self._begin()
            self._front.spawn(self._answer(raw, request))

    def cut(self) -> None:
        """End the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _begin(self) -> None:
        self._raw = bytearray()
        self._message = _Message()
        self._parser = httptools.HttpRequestParser(self._message)

    async def _answer(self, raw: bytes, request: Request) -> None:
        fault = self._front.rule(request)
        if fault is None:
            self._say(await self._carry_out(raw))
            return
        if fault.hangs:
            await self._has_left.wait()
        if fault.is_carried_out:
            await self._carry_out(raw)
        if fault.kills:
            self._front.kill(request.environment)
        self._say(fault.answer)

    async def _carry_out(self, raw: bytes) -> bytes | None:
        """The service's answer, by the connection to it that belongs to this one; None when there was none."""
        if self._service is None or self._service.is_closed:
            self._service = await self._front.connect()
        answer = await self._service.ask(raw)
        if self._transport is None:
            self._service.leave()
        return answer

    def _say(self, answer: bytes | None) -> None:
        if answer is None:
            self.cut()
        elif self._transport is not None:
            self._transport.write(answer)


class _Service(asyncio.Protocol):
    """A connection to the service."""

    def __init__(self) -> None:
        self.is_closed = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes | None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_closed = True
        self._resolve(None)

    def data_received(self, data: bytes) -> None:
        self._raw += data
        self._parser.feed_data(data)
        # A status 1xx would be a message of its own; neither service says one.
        if self._message.is_whole:
            self._resolve(bytes(self._raw))

    async def ask(self, raw: bytes) -> bytes | None:
        """The whole answer as it came; None when the connection ends before."""
        assert self._transport is not None
        self._raw = bytearray()
        self._message = _Message()
        self._parser = httptools.HttpResponseParser(self._message)
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return await self._answer

    def leave(self) -> None:
        """Close it, when it has nothing to answer any more: what was asked is carried out."""
        if self._transport is not None and (self._answer is None or self._answer.done()):
            self.is_closed = True
            self._transport.close()

    def _resolve(self, answer: bytes | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


class _Message:
    """Collects what httptools finds in one message, with the names of headers in lower case."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: dict[str, str] = {}
        self.body = b""
        self.is_whole = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = True


def _describe(service: str, parser: httptools.HttpRequestParser, message: _Message) -> Request:
    path = unquote(message.url.decode("latin-1"))
    _, _, connection_id = path.partition(_CONNECTIONS)
    action = parser.get_method().decode()
    if TARGET in message.headers:
        action = message.headers[TARGET].rpartition(".")[2]
    elif path.endswith("/invocations"):
        action = "Invoke"
    return Request(
        service=service,
        action=action,
        table=_find_table(message.body) if service == "dynamodb" else "",
        target=connection_id,
        environment=message.headers.get(TOKEN, ""),
        body=message.body,
    )


def _find_table(body: bytes) -> str:
    """Of a batch, its first table: ours have one each."""
    asked = json.loads(body)
    return asked.get("TableName") or next(iter(asked.get("RequestItems", {})), "")
