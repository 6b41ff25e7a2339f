"""Signed HTTPS calls to AWS services, over one aiohttp session that lives as long as the process.

A call ends in one of three ways, which its caller must be able to tell apart, because some calls must not be made twice: there
is an answer (whatever its status), the request was never executed (NotSent), or nobody knows (NoAnswer).
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from talkroom.aws.credentials import Credentials
from talkroom.aws.response import HttpResponse
from talkroom.aws.signer import HOST, RequestSigner

CONNECT_TIMEOUT_S: Final = 2.0
"""Seconds for the TCP connection (each address of the host) and as many for TLS."""

RESPONSE_BYTES_MAX: Final = 1024 * 1024
"""Bytes of an answer that are read; a longer one is not whole."""

IDLE_S: Final = 6.0
"""Seconds after which a kept connection that dies at its next request counts as one that had died before, because nobody had
noticed. One that was in use a moment ago died of this request, perhaps after it was executed."""

RECEIVED_AT_ONCE: Final = 16 * 1024
"""Bytes that asyncio asks the system for at a time on a connection without TLS. Its own 256 KiB are more than malloc keeps: each
answer then costs three system calls to map, shrink and unmap memory, a sixth of a post's CPU."""

DNS_CACHE_S: Final = 60
"""Seconds for which addresses are kept; AWS's own names have this time to live."""

_NO_HEADERS: Final[Mapping[str, str]] = {}
_NOT_SENT_BY_AIOHTTP: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that no answer of ours depends on; each would be made and sent with every request."""


class HttpFailed(Exception):
    """There is no answer. The message names the kind of failure and the host, and nothing of the request."""


class NotSent(HttpFailed):
    """The request was not executed, so that it may be repeated whatever it does.

    No connection could be made, or the one that was kept alive had been closed by the server before it read the request: that is
    what happens when Lambda has frozen the process for a while.
    """


class NoAnswer(HttpFailed):
    """The request was sent, at least in part, and no answer came, or none that is HTTP: it may have been executed."""


def open_session(connections_max: int, *, clock_s: Callable[[], float] = time.time) -> aiohttp.ClientSession:
    """The session to make all calls on; whoever opened it closes it. Must be called within the event loop.

    No more than `connections_max` connections are open at a time; calls beyond that wait, within their timeouts. `clock_s` tells
    how long a kept connection was idle; it is the wall's, because that one goes on while Lambda has frozen the process.
    """
    return aiohttp.ClientSession(
        connector=_TellingConnector(clock_s, limit=connections_max, ttl_dns_cache=DNS_CACHE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        # Every call has a timeout of its own; aiohttp's would be a second timer for each.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
        skip_auto_headers=_NOT_SENT_BY_AIOHTTP,
    )


class _Progress:
    """How far a request has come."""

    __slots__ = ("is_connected", "is_reused", "was_idle")

    def __init__(self) -> None:
        self.is_connected = False
        self.is_reused = True
        self.was_idle = False


_progress: Final[ContextVar[_Progress]] = ContextVar("progress")


class _TellingConnector(aiohttp.TCPConnector):
    """aiohttp's connector, which tells the request that asks for a connection what it gets.

    aiohttp's tracing tells that too, at the cost of several calls for each request.
    """

    def __init__(self, clock_s: Callable[[], float], **named: Any) -> None:
        super().__init__(**named)
        self._clock_s = clock_s
        self._used_at_s: WeakKeyDictionary[object, float] = WeakKeyDictionary()

    async def connect(self, *args: Any, **named: Any) -> Any:
        connection = await super().connect(*args, **named)
        now_s = self._clock_s()
        progress = _progress.get(None)
        if progress is not None:
            progress.is_connected = True
            progress.was_idle = now_s - self._used_at_s.get(connection.protocol, now_s) >= IDLE_S
        self._used_at_s[connection.protocol] = now_s
        return connection

    async def _create_connection(self, *args: Any, **named: Any) -> Any:
        progress = _progress.get(None)
        if progress is not None:
            progress.is_reused = False
        protocol = await super()._create_connection(*args, **named)
        transport: Any = protocol.transport
        if hasattr(transport, "max_size"):
            transport.max_size = RECEIVED_AT_ONCE
        return protocol


class SignedHttp:
    """Makes calls, each signed at the moment when it is made."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: Credentials,
        region: str,
        *,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        """`session` is from `open_session`; `clock_s` gives seconds since the epoch, for signatures."""
        self._session = session
        self._credentials = credentials
        self._region = region
        self._clock_s = clock_s
        self._signers: dict[tuple[str, str], RequestSigner] = {}

    async def request(
        self,
        method: str,
        url: str,
        *,
        service: str,
        timeout_s: float,
        body: bytes = b"",
        headers: Mapping[str, str] = _NO_HEADERS,
        region: str | None = None,
    ) -> HttpResponse:
        """One attempt, for at most `timeout_s` seconds from beginning to end; redirects are not followed.

        `url` is percent-encoded already and is signed and sent exactly so. `service` is the signing name (`execute-api`, `lambda`);
        `region` is for what lives in another region. Raises NotSent, NoAnswer.
        """
        target = URL(url, encoded=True)
        headers = {HOST: target.host_port_subcomponent or "", **headers}
        signed = self._get_signer(service, region or self._region).sign(method, url, headers, body)
        progress = _Progress()
        _progress.set(progress)
        head: aiohttp.ClientResponse | None = None
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._session.request(method, target, data=body or None, headers=signed, allow_redirects=False) as head,
            ):
                whole = await _read_body(head)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            if head is None:
                raise _failure(error, progress, target) from error
            whole = None
        return HttpResponse(head.status, head.headers, whole or b"", whole is not None)

    def _get_signer(self, service: str, region: str) -> RequestSigner:
        signer = self._signers.get((service, region))
        if signer is None:
            signer = RequestSigner(self._credentials, service, region, clock_s=self._clock_s)
            self._signers[service, region] = signer
        return signer


async def _read_body(response: aiohttp.ClientResponse) -> bytes | None:
    """The body; None when it is too long."""
    length = response.content_length
    if length is not None:
        return await response.read() if length <= RESPONSE_BYTES_MAX else None
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > RESPONSE_BYTES_MAX:
            return None
    return bytes(body)


def _failure(error: Exception, progress: _Progress, target: URL) -> HttpFailed:
    """Which of the two it is."""
    words = f"{type(error).__name__} in a call to {target.host_port_subcomponent}"
    if not progress.is_connected:
        return NotSent(words)
    has_died = isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
    return NotSent(words) if has_died and progress.is_reused and progress.was_idle else NoAnswer(words)
