"""What a page must not do without a test having said so: errors, failed requests, dialogs, requests to strangers."""

import asyncio
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, WebSocket

REPORT_VIOLATIONS: Final = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`violates ${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
"""Runs in every page before its own scripts. What it prints is a complaint like every error on the console."""

OUTAGE: Final = (
    r"^console: WebSocket connection to .* failed",
    r"^console: Failed to load resource: net::",
    r"^console: Failed to load resource: the server responded with a status of 426",
    r"^request: .* net::",
)
"""What Chromium says of a server that does not answer, whatever the page does about it. 426: the server came back between
the handshake that failed and the request that asks why, which says that it would be accepted now."""

LEFT: Final = r"^request: GET \S+/icon\.svg net::ERR_ABORTED$"
"""Chromium loads a page's icon last, whenever it likes, and gives that up when the page is left or loaded again."""

REFUSAL: Final = (
    r"^console: WebSocket connection to .* failed",
    r"^console: Failed to load resource: the server responded with a status of (401|403|426|503)",
)
"""What Chromium says of a handshake that is refused, and of the request that finds out why."""


class Complaints:
    """Collects what went wrong on one person's pages. `expect` names what a test provokes."""

    def __init__(self, allowed_origins: Iterable[str]) -> None:
        self.allowed_origins = set(allowed_origins)
        """`host:port` of the servers that the pages may talk to."""
        self._heard: list[str] = []
        self._expected: list[str] = []
        self._news = asyncio.Event()

    async def listen(self, context: BrowserContext) -> None:
        """To every page of a context, from its first request on."""
        await context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._hear_console)
        context.on("weberror", lambda error: self._hear(f"page: {error.error}"))
        context.on("request", lambda request: self._check_origin(request.url))
        context.on("requestfailed", self._hear_failure)
        context.on("dialog", self._hear_dialog)
        context.on("page", self._listen_to_sockets)

    def expect(self, *patterns: str) -> None:
        """From now on these are no complaints, and those that were heard already are forgotten. Regular expressions."""
        self._expected += patterns
        self._heard = [one for one in self._heard if not self._is_expected(one)]

    async def hear(self, pattern: str) -> None:
        """Wait for a complaint."""
        while not any(re.search(pattern, one) for one in self._heard):
            self._news.clear()
            await self._news.wait()

    @property
    def heard(self) -> list[str]:
        """What nobody expected."""
        return list(self._heard)

    def _hear(self, complaint: str) -> None:
        if not self._is_expected(complaint):
            self._heard.append(complaint)
            self._news.set()

    def _is_expected(self, complaint: str) -> bool:
        return any(re.search(pattern, complaint) for pattern in (LEFT, *self._expected))

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._hear(f"console: {message.text} ({message.location.get('url', '')})")

    def _hear_failure(self, request: Request) -> None:
        self._hear(f"request: {request.method} {request.url} {request.failure}")

    async def _hear_dialog(self, dialog: Dialog) -> None:
        self._hear(f"dialog: {dialog.type} {dialog.message}")
        await dialog.dismiss()

    def _listen_to_sockets(self, page: Page) -> None:
        def check(socket: WebSocket) -> None:
            self._check_origin(socket.url)

        page.on("websocket", check)

    def _check_origin(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in self.allowed_origins:
            self._hear(f"stranger: {url}")
