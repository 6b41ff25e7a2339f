"""The browser of these tests: the system's Chromium, as Playwright drives it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, async_playwright

from tests.e2e.node_tools import chromium

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-software-rasterizer",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The wheel moves a list at once, so a test can say by how much.
    "--disable-smooth-scrolling",
    # A tab that nobody looks at must go on as if somebody did: two people share this machine's one screen.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """One browser, closed at the end. Fails with what to install when there is none."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()
