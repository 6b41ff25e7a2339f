"""Tokens for whoever opens the page: `POST /development/token`, of a server that signs with a development secret.

Such a server listens on loopback only, but that alone does not keep the Internet out: every page that a developer opens can send
requests to 127.0.0.1 from the developer's browser. Three things keep such pages from a token:

- A page of another origin cannot set `Content-Type: application/json` without a preflight, which nothing here answers, and says
  `Sec-Fetch-Site: cross-site` or an `Origin` of its own.
- A page whose name was made to lead to 127.0.0.1 after it was loaded (DNS rebinding) is of the same origin for the browser. It
  cannot change `Host`, which then names the attacker's domain and not a loopback host.
- A proxy or a tunnel on this machine makes a server on loopback public. It leaves its own headers in the request.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web

from talkroom.auth.errors import InvalidClaims
from talkroom.auth.issue import TokenIssuer
from talkroom.chat.ports import Clock

PATH: Final = "/development/token"
TOKEN_TTL_S: Final = 12 * 3600
BODY_BYTES_MAX: Final = 4096
"""A longer body is answered 413."""
BODY_TIMEOUT_S: Final = 10.0
"""Seconds from the end of a request's head to the end of its body; then it is answered 408."""

_LOOPBACK_HOST: Final = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_PROXY_HEADERS: Final = frozenset({"forwarded", "via", "x-real-ip"})
_NOT_ANOTHER_SITE: Final = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` of the server's own page, and of what a person has typed. Programs that are no browsers send none."""


class TokenRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Who somebody wants to be."""

    user: str
    name: str | None = None


class DevelopmentTokens:
    """Issues tokens for every room and 12 hours."""

    def __init__(self, issuer: TokenIssuer, clock: Clock, body_timeout_s: float = BODY_TIMEOUT_S) -> None:
        self._issuer = issuer
        self._clock = clock
        self._body_timeout_s = body_timeout_s

    def routes(self) -> list[web.RouteDef]:
        """For an aiohttp application."""
        return [web.post(PATH, self.answer)]

    async def answer(self, request: web.Request) -> web.Response:
        """200 with a token; 403, 400, 408 or 413 with `name` and `detail`."""
        for is_refused, detail in _RULES:
            if is_refused(request):
                return _refuse(403, "forbidden", detail)
        try:
            wanted = msgspec.json.decode(await self._read_body(request), type=TokenRequest)
            token = self.issue(wanted.user, wanted.name)
        except _BodyTooLarge:
            return _refuse(413, "invalidRequest", f"The body is larger than {BODY_BYTES_MAX} bytes.")
        except TimeoutError:
            return _refuse(408, "invalidRequest", f"The body did not come within {self._body_timeout_s:g} seconds.")
        except (web.RequestPayloadError, ConnectionError):
            return _refuse(400, "invalidRequest", "The body could not be read to its end.")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _refuse(400, "invalidRequest", f'The body is not {{"user": text, "name"?: text}}: {error}')
        except InvalidClaims as error:
            return _refuse(400, "invalidRequest", str(error))
        return web.json_response({"token": token}, headers={"Cache-Control": "no-store"})

    def issue(self, user: str, name: str | None = None) -> str:
        """Raises InvalidClaims."""
        return self._issuer.issue(user, name=name, rooms=("*",), ttl_s=TOKEN_TTL_S, now_ms=self._clock())

    async def _read_body(self, request: web.Request) -> bytes:
        try:
            async with asyncio.timeout(self._body_timeout_s):
                await request.content.readexactly(BODY_BYTES_MAX + 1)
        except asyncio.IncompleteReadError as ended:
            return ended.partial
        raise _BodyTooLarge


class _BodyTooLarge(Exception):
    """There is more than is read."""


def _has_foreign_host(request: web.Request) -> bool:
    return _LOOPBACK_HOST.fullmatch(request.headers.get("Host", "")) is None


def _came_through_proxy(request: web.Request) -> bool:
    names = [name.lower() for name in request.headers]
    return any(name in _PROXY_HEADERS or name.startswith("x-forwarded-") for name in names)


def _is_of_another_site(request: web.Request) -> bool:
    """Not every browser sends `Sec-Fetch-Site`; those that do not send `Origin` with every POST."""
    origin = request.headers.get("Origin")
    own = {f"{scheme}://{request.headers.get('Host', '')}" for scheme in ("http", "https")}
    return (origin is not None and origin not in own) or (
        request.headers.get("Sec-Fetch-Site", "none") not in _NOT_ANOTHER_SITE
    )


def _is_no_json(request: web.Request) -> bool:
    return request.content_type != "application/json"


_RULES: Final[tuple[tuple[Callable[[web.Request], bool], str], ...]] = (
    (
        _has_foreign_host,
        "Development tokens are for this machine: open the page as http://localhost, not by another name.",
    ),
    (
        _came_through_proxy,
        "Development tokens are for this machine, and this request came through a proxy: configure a token secret.",
    ),
    (_is_of_another_site, "Development tokens are for the server's own page, and a page of another origin asked."),
    (_is_no_json, "The Content-Type must be application/json."),
)


def _refuse(status: int, name: str, detail: str) -> web.Response:
    return web.json_response({"name": name, "detail": detail}, status=status, headers={"Cache-Control": "no-store"})
