"""A folder like `web/`, and routes on a real socket."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from talkroom.conformance.wire import Response, Wire, request
from talkroom.gateway.plain_http import close_after

HOST = "localhost:8080"

FILES: Mapping[str, str] = {
    "page/index.html": '<meta name="talkroom" content="{{settings}}">\n<script src="{{base}}/bundles/page.js"></script>',
    "page/icon.svg": "<svg></svg>\n",
    "bundles/page.js": "console.log(1);\n",
    "bundles/page.css": "main { color: red }\n",
    "bundles/talk-room.js": "export const element = 1;\n",
    "bundles/client.js": "export const client = 1;\n",
}


def write_web(folder: Path, changes: Mapping[str, str | None] | None = None) -> Path:
    """A small `web/` in this folder; a change to None leaves a file out."""
    for path, text in {**FILES, **(changes or {})}.items():
        if text is not None:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return folder


@asynccontextmanager
async def serving(routes: Iterable[web.RouteDef], port: int = 0) -> AsyncIterator[int]:
    """The routes on this port of 127.0.0.1, or on a free one; yields it."""
    app = web.Application()
    app.on_response_prepare.append(close_after)
    app.add_routes(routes)
    runner = web.AppRunner(app, handle_signals=False, access_log=None, auto_decompress=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def ask(
    port: int, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: bytes = b""
) -> Response:
    """One request with exactly these headers and a Host; the Host may be another, and absent when it is empty."""
    sent = {"Host": HOST, **({"Content-Length": str(len(body))} if body else {}), **(headers or {})}
    async with await Wire.connect(port) as wire:
        wire.send(request(path, [one for one in sent.items() if one[1]], method=method, body=body))
        return await wire.response()
