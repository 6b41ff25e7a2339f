"""A site that serves what docs/howto/embed-the-chat.md shows, with the addresses of a real server in place of the page's."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.e2e.server import ServerProcess, issue

STRICT = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' https://chat.example.com;"
    " connect-src 'self' https://chat.example.com wss://chat.example.com; style-src 'self'; img-src data:"
)
HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A page of the documentation</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/site.css">
"""
TAG = """<script type="module" src="http://localhost:8080/talk-room.js"></script>
<talk-room url="ws://localhost:8080/prod" room="lobby" token-url="/chat-token"></talk-room>
"""


class DocsSite:
    """Runs on a free port of 127.0.0.1. What it shows is changed by its attributes, before a page is opened.

    `/chat-token` signs for the user that the cookie `user` names, alice when there is none.
    """

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.body = TAG
        self.policy = STRICT
        self.styles = "talk-room { display: block; height: 30rem; }"
        self.files: Path | None = None
        self.token_headers: list[Mapping[str, str]] = []
        """Of each request for a token."""
        self.origin = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/", self._answer_page)
        app.router.add_get("/site.css", self._answer_styles)
        app.router.add_post("/chat-token", self._answer_token)
        app.router.add_get("/{path:.+}", self._answer_file)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.origin = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://{self.origin}/"

    @property
    def chat(self) -> str:
        """Host and port of the chat."""
        return f"127.0.0.1:{self.server.port}"

    def _here(self, text: str) -> str:
        """With this machine's addresses in place of those of the documentation."""
        for shown, real in (
            ("https://chat.example.com", f"http://{self.chat}"),
            ("wss://chat.example.com", f"ws://{self.chat}"),
            ("wss://API.execute-api.REGION.amazonaws.com", f"ws://{self.chat}"),
            ("localhost:8080", self.chat),
        ):
            text = text.replace(shown, real)
        return text

    async def _answer_page(self, _: web.Request) -> web.Response:
        return web.Response(
            text=self._here(HEAD + self.body),
            content_type="text/html",
            headers={"Content-Security-Policy": self._here(self.policy)},
        )

    async def _answer_styles(self, _: web.Request) -> web.Response:
        return web.Response(text=self.styles, content_type="text/css")

    async def _answer_token(self, request: web.Request) -> web.Response:
        self.token_headers.append(dict(request.headers))
        user = request.cookies.get("user", "alice")
        return web.json_response({"token": issue(user, name=user.capitalize())})

    async def _answer_file(self, request: web.Request) -> web.FileResponse:
        assert self.files is not None, f"nobody has made {request.path}"
        return web.FileResponse(self.files / request.match_info["path"])
