"""The management API over HTTP on a real socket, with a fake behind it, and the ways to call it: signed, raw, by boto3."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import boto3  # type: ignore[import-untyped]  # its stubs are larger than itself
from aiohttp import web
from aiohttp.typedefs import Handler
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from yarl import URL

from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded
from talkroom.contract.ids import is_well_formed
from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries
from talkroom.gateway.api import Api
from talkroom.gateway.management_http import ManagementHttp
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signing_keys import ManagementKey

KEY = ManagementKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
OPEN = "R0oXAdfD0kwCH6w="
CLOSED = "R1oXAdfD0kwCH6w="
SLOW = "R2oXAdfD0kwCH6w="
MALFORMED = "cjy8i76bx002884le6n17d49b"
BROKEN = "R3oXAdfD0kwCH6w="
PATH = f"/prod/@connections/{OPEN}"
ENCODED = "/prod/%40connections/R0oXAdfD0kwCH6w%3D"
PAYLOAD_BYTES_MAX = 131_072


class FakeManagement:
    """A management API that knows one open connection, one that does not read, and one on which it fails."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, bytes]] = []
        self.deleted: list[str] = []
        self.calls = 0

    async def post_to_connection(self, connection_id: str, payload: bytes) -> None:
        """Recorded."""
        self._find(connection_id)
        if connection_id == SLOW:
            raise LimitExceeded("the client does not read")
        if connection_id == BROKEN:
            raise RuntimeError(payload.decode())
        self.posts.append((connection_id, payload))

    async def post_many(self, connection_ids: Sequence[str], payload: bytes) -> Deliveries:
        """Not reachable over HTTP."""
        raise AssertionError("HTTP has no such call")

    async def get_connection(self, connection_id: str) -> ConnectionInfo:
        """As captured in AWS's guide: this client sent no User-Agent."""
        self._find(connection_id)
        identity = ConnectionIdentity("192.0.2.1", None)
        return ConnectionInfo("2022-01-25T18:50:04.673Z", identity, "2022-01-25T18:50:07.642Z")

    async def delete_connection(self, connection_id: str) -> None:
        """Recorded."""
        self._find(connection_id)
        self.deleted.append(connection_id)

    def _find(self, connection_id: str) -> None:
        self.calls += 1
        if not is_well_formed(connection_id):
            raise InvalidConnectionId(f"Invalid connectionId: {connection_id}")
        if connection_id == CLOSED:
            raise Gone(f"connection {connection_id} is not open")


class Served:
    """A management API that listens on `port`, the statuses that it answered, and an HTTP client."""

    def __init__(
        self, management: FakeManagement, port: int, statuses: asyncio.Queue[int], http: aiohttp.ClientSession
    ) -> None:
        self.management = management
        self.port = port
        self.statuses = statuses
        self.http = http

    def url(self, target: str) -> URL:
        """With the target spelled as given: aiohttp would decode it otherwise."""
        return URL(f"http://127.0.0.1:{self.port}{target}", encoded=True)

    def sign(self, method: str, target: str, body: bytes = b"", key: ManagementKey = KEY) -> dict[str, str]:
        """The headers that botocore would send with a request."""
        return self.sign_for(f"127.0.0.1:{self.port}", method, target, body, key)

    def sign_for(
        self, host: str, method: str, target: str, body: bytes = b"", key: ManagementKey = KEY
    ) -> dict[str, str]:
        """The same, for a server that has another name."""
        request = AWSRequest(method, str(self.url(target)), headers={"Host": host}, data=body)
        credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token)
        SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
        return dict(request.headers.items())

    def request(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """A request, signed unless headers are given."""
        signed = self.sign(method, target, body) if headers is None else headers
        return self.http.request(method, self.url(target), data=body, headers=signed)


@asynccontextmanager
async def serve(
    *,
    keys: Sequence[ManagementKey] | None = (KEY,),
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    body_timeout_s: float = 10,
    throttle: Callable[[], bool] | None = None,
    **api: Any,
) -> AsyncIterator[Served]:
    """A real server on a port of the system's choice; without `keys` it has nothing to verify with."""
    management = FakeManagement()
    statuses: asyncio.Queue[int] = asyncio.Queue()

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        statuses.put_nowait(response.status)
        return response

    deployed = Api(routes={}, **api)
    application = web.Application(middlewares=[record])
    ManagementHttp(
        management,
        None if keys is None else SignatureVerifier(keys, clock),
        lambda: deployed,
        PAYLOAD_BYTES_MAX,
        throttle=throttle,
        body_timeout_s=body_timeout_s,
        new_request_id=lambda: "request-1",
    ).add_to(application)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Served(management, runner.addresses[0][1], statuses, http)
    finally:
        await runner.cleanup()


def make_client(served: Served, key: ManagementKey) -> Any:
    """boto3's, given its endpoint as the guide says: with the stage in it."""
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"http://127.0.0.1:{served.port}/prod",
        region_name="eu-west-1",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        aws_session_token=key.session_token,
        config=Config(retries={"total_max_attempts": 1}),
    )


@asynccontextmanager
async def talk(served: Served, sent: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A TCP connection by hand, on which this was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(sent)
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def read_status(reader: asyncio.StreamReader) -> int:
    """Of the answer that begins here."""
    return int((await reader.readuntil(b"\r\n\r\n")).split()[1])


async def raw(served: Served, head: bytes, body: bytes = b"") -> int:
    """The status of the answer to bytes sent by hand; nothing follows them."""
    async with talk(served, head + body) as (reader, _):
        return await read_status(reader)


def head_of(method: str, target: str, headers: dict[str, str]) -> bytes:
    """A request head by hand."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode()
