"""Somebody's own web site that embeds the chat: a page of a few lines, and a back end that signs tokens."""

import asyncio
import html
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from tests.browser.wire import Wire
from tests.e2e.server import ServerProcess, issue

WEB = Path(__file__).parents[2] / "web"

PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<title>A page of somebody else's</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/site.css">
</head>
<body>
{content}
</body>
</html>
"""

STYLES = """
:root { color-scheme: light dark; }
html, body { margin: 0; height: 100%; }
talk-room { display: block; height: 100dvh; }
"""


class EmbeddingSite:
    """Runs on a free port of 127.0.0.1. Its policy forbids whatever an embedding page need not allow.

    `script` is the URL of the element's module; by default the site serves the folder `web` itself. `url` is the chat's, and
    `issue` signs a token for a user.
    """

    def __init__(self, url: str, issue: Callable[[str], str], script: str = "/web/element/talk-room.js") -> None:
        self.url = url
        self.issue = issue
        self.script = script
        self.wire: Wire | None = None
        """By which its pages connect, when it can be cut."""
        self.tokens_issued = 0
        self._issued = asyncio.Condition()
        self.also_connects_to: set[str] = set()
        """`host:port` of other servers that its policy allows."""
        self.refuses = False
        """Whether the back end answers 500 in place of a token."""
        self._runner: web.AppRunner | None = None
        self.origin = ""

    @classmethod
    def of(cls, server: ServerProcess, url: str | None = None) -> Self:
        """A site that takes the script from `talkroom serve`; `url` when it connects by another way."""
        return cls(url or f"ws://127.0.0.1:{server.port}/prod", issue, f"http://127.0.0.1:{server.port}/talk-room.js")

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/", self._answer_page)
        app.router.add_get("/site.css", self._answer_styles)
        app.router.add_post("/token", self._answer_token)
        app.router.add_static("/web", WEB)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.origin = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def origins(self) -> set[str]:
        """That the page may talk to: its own, the script's and the chat's."""
        return {self.origin, urlsplit(self.url).netloc} | ({urlsplit(self.script).netloc} - {""})

    def page(self, user: str = "alice", room: str = "lobby", *, lang: str = "en", **attributes: str | None) -> str:
        """The URL of a page with the element. An attribute that is None is left out; `_` in names is `-`."""
        given: Mapping[str, str | None] = {
            "url": self.url,
            "room": room,
            "token_url": f"/token?{urlencode({'user': user})}",
            **attributes,
        }
        said = {name.replace("_", "-"): value for name, value in given.items() if value is not None}
        return f"http://{self.origin}/?{urlencode({'lang': lang, **said})}"

    async def has_issued(self, count: int) -> None:
        """Wait until so many tokens were asked for."""
        async with self._issued:
            await self._issued.wait_for(lambda: self.tokens_issued >= count)

    @property
    def bare_page(self) -> str:
        """The URL of a page without the element, for tests that make it by script."""
        return f"http://{self.origin}/?lang=en"

    async def _answer_page(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        lang = query.pop("lang")
        attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in query.items())
        embedded = f'<script type="module" src="{self.script}"></script>\n<talk-room{attributes}></talk-room>'
        return web.Response(
            text=PAGE.format(lang=lang, content=embedded if query else ""),
            content_type="text/html",
            headers={"Content-Security-Policy": self._policy()},
        )

    async def _answer_styles(self, request: web.Request) -> web.Response:
        return web.Response(text=STYLES, content_type="text/css")

    async def _answer_token(self, request: web.Request) -> web.Response:
        if self.refuses:
            raise web.HTTPInternalServerError
        async with self._issued:
            self.tokens_issued += 1
            self._issued.notify_all()
        return web.json_response({"token": self.issue(request.query["user"])})

    def _policy(self) -> str:
        chats = {urlsplit(self.url).netloc, *self.also_connects_to}
        connects = " ".join(f"ws://{chat} http://{chat}" for chat in sorted(chats))
        script = urlsplit(self.script).netloc or "'self'"
        return (
            f"default-src 'none'; script-src {script}; style-src 'self'; img-src data:;"
            f" connect-src 'self' {connects}; base-uri 'none'; form-action 'none';"
            " require-trusted-types-for 'script'"
        )
