"""What the server answers over plain HTTP: health, readiness, metrics, the stage's GET and the chat page.

The management API is added by the composition root.
"""

from collections.abc import Iterable

from aiohttp import web

from talkroom.bootstrap import Application
from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.room import RoomId
from talkroom.entrypoints.handshake_check import HandshakeCheck
from talkroom.entrypoints.metrics import CONTENT_TYPE, Metrics
from talkroom.gateway.plain_http import close_after

PROBE_ROOM = RoomId("readyz")
"""Looked up and never written to."""


class Status:
    """Whether the process should get traffic."""

    def __init__(self) -> None:
        self.ready = False


def make_http(application: Application, status: Status, more: Iterable[web.RouteDef] = ()) -> web.Application:
    """The routes of the HTTP side of the port; `more` are those of the page, when it is served."""
    metrics = Metrics(application)

    async def healthz(_request: web.Request) -> web.Response:
        """The process is alive: its event loop answers."""
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        """The process wants traffic: it has started, it is not draining, and its log answers."""
        if not status.ready:
            return web.json_response({"status": "draining"}, status=503)
        try:
            await application.log.position(PROBE_ROOM)
        except Unavailable:
            return web.json_response({"status": "log unavailable"}, status=503)
        return web.json_response({"status": "ready"})

    async def show_metrics(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.on_response_prepare.append(close_after)
    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", show_metrics),
            *HandshakeCheck(application).routes(),
            *more,
        ]
    )
    return app
