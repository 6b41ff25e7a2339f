"""Our own gateway with a key for its management API, and clients that read what they are sent, in a process of its own.

Prints one line of JSON (port and connection ids) when all clients are connected, and ends when its standard input does.
"""

import asyncio
import base64
import json
import os
import sys

import aiohttp.web
import uvloop

from talkroom.contract.events import ConnectEvent, Event
from talkroom.contract.integration import IntegrationResult
from talkroom.gateway.api import Api, GatewayLimits, Route
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.management import InProcessManagement
from talkroom.gateway.management_http import ManagementHttp
from talkroom.gateway.registry import Registry, wall_clock_ms
from talkroom.gateway.server import Server
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signing_keys import ManagementKey

HANDSHAKE = (
    b"GET /prod HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: %s\r\n\r\n"
)


class Recorder:
    """The integration of `$connect`: keeps the ids."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def invoke(self, event: Event) -> IntegrationResult:
        """Accept."""
        if isinstance(event, ConnectEvent):
            self.ids.append(event.request_context.connection_id)
        return IntegrationResult(200)


async def discard(port: int) -> asyncio.Task[None]:
    """A client, connected: it reads whatever comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE % base64.b64encode(os.urandom(16)))
    await reader.readuntil(b"\r\n\r\n")

    async def read() -> None:
        while await reader.read(65536):
            pass
        writer.close()

    return asyncio.create_task(read())


async def main(key_id: str, key: str, clients: int) -> None:
    """Serve until told to end."""
    recorder, registry = Recorder(), Registry(GatewayLimits(), clock=wall_clock_ms)
    gateway = Gateway(Api(routes={"$connect": Route(recorder), "$default": Route(recorder)}, stage="prod"), registry)
    application = aiohttp.web.Application()
    verifier = SignatureVerifier([ManagementKey(key_id, key)], wall_clock_ms)
    ManagementHttp(InProcessManagement(registry), verifier, lambda: gateway.api).add_to(application)
    http = aiohttp.web.AppRunner(application, handle_signals=False, access_log=None, auto_decompress=False)
    await http.setup()
    assert http.server is not None
    gateway.start()
    ((_, port),) = await Server(gateway).listen("127.0.0.1", 0, http.server)
    reading = [await discard(port) for _ in range(clients)]
    print(json.dumps({"port": port, "ids": recorder.ids}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in reading:
        task.cancel()


uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
