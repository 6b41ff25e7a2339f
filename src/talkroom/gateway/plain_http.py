"""The HTTP side of the port: what every gateway answers to requests that are no WebSocket handshakes."""

from aiohttp import web


async def upgrade_required(_request: web.Request) -> web.Response:
    """Observed on AWS: a GET of the stage without an upgrade is answered 426."""
    return web.json_response({"message": "Upgrade Required"}, status=426, headers={"Upgrade": "websocket"})


async def close_after(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: have the response close its TCP connection, but for the management API's.

    A proxy that keeps connections for reuse may send an Upgrade on one of them, and only a connection's first head can become a
    WebSocket. Callers of the management API never upgrade, and post often.
    """
    if "@connections" not in request.path:
        response.force_close()
        response.headers["Connection"] = "close"
