"""Why a handshake was refused: `GET /<stage>` with `Authorization: Bearer <token>`.

A page in a browser cannot see how a WebSocket handshake was answered (the WHATWG's WebSockets section 2.2 keeps it from pages), so
after a refusal it asks here, with the token that it offered. The answer is what a handshake of the same page with the same token
would get at this moment: 426, which is what a GET without an upgrade gets, when it would be accepted.

It tells nobody more than a handshake would: whoever asks has the token, and without one the answer is 426 as ever. That is why any
origin may read it; cookies and other credentials are never looked at.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from talkroom.bootstrap import Application
from talkroom.gateway.plain_http import upgrade_required

PREFLIGHT_TTL_S: Final = 7200
"""How long a browser may remember the preflight's answer; Chrome takes no longer one."""

CORS_HEADERS: Final[Mapping[str, str]] = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
PREFLIGHT_HEADERS: Final[Mapping[str, str]] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "authorization",
    "Access-Control-Max-Age": str(PREFLIGHT_TTL_S),
    "Vary": "Access-Control-Request-Headers",
}

_BEARER: Final = "bearer"


class HandshakeCheck:
    """Answers for one stage."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def routes(self) -> list[web.RouteDef]:
        """For an aiohttp application: the stage's path, with and without a slash at the end."""
        stage = self._application.config.stage
        return [
            route
            for path in (f"/{stage}", f"/{stage}/")
            for route in (web.get(path, self._answer), web.options(path, _answer_preflight))
        ]

    async def _answer(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _BEARER:
            return await upgrade_required(request)
        explanation = await self._application.explain(token.strip(), find_origins(request))
        if explanation is None:
            response = await upgrade_required(request)
        else:
            body = {"name": explanation.name, "detail": explanation.detail}
            response = web.json_response(body, status=explanation.status)
        response.headers.update(CORS_HEADERS)
        return response


def find_origins(request: web.Request) -> list[str]:
    """What the `Origin` of a handshake by the same page may be.

    A browser sends it with every handshake, but with a GET only to another origin (Fetch section 3.2). Where it is missing and
    the browser says `same-origin`, the page's host is this request's. Its scheme is not known behind a proxy with TLS, and its
    host not behind one that rewrites it, unless that says so; so there are several.
    """
    origin = request.headers.get("Origin")
    if origin is not None:
        return [origin]
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    hosts = [request.headers.get(name) for name in ("Host", "X-Forwarded-Host")]
    return [f"{scheme}://{host}" for host in hosts if host for scheme in ("https", "http")]


async def _answer_preflight(_request: web.Request) -> web.Response:
    """An `Authorization` of a page of another origin has to be allowed first (Fetch section 4.8)."""
    return web.Response(status=204, headers=PREFLIGHT_HEADERS)
