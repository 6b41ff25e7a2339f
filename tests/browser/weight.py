"""What a page costs its reader: bytes over the wire, requests, and what moves while it comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, cast
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, Page

OBSERVE_SHIFTS = """
globalThis.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    shifts.push({ value, hadRecentInput, sources: sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? String(node)) });
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Loaded:
    """One answer."""

    url: str
    encoding: str
    encoded_bytes: int = 0
    """Of the body, as it came."""


class Scales:
    """Weighs all that a page loads, from its first request on."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self._session = session
        self._answers: dict[str, Loaded] = {}
        self.sockets = 0

    @classmethod
    async def below(cls, page: Page) -> Self:
        """Before the page is opened; nothing comes from the cache."""
        session = await page.context.new_cdp_session(page)
        scales = cls(page, session)
        session.on("Network.responseReceived", scales._begin)
        session.on("Network.dataReceived", scales._add)
        session.on("Network.webSocketCreated", scales._count_socket)
        await session.send("Network.enable")
        await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        await page.add_init_script(OBSERVE_SHIFTS)
        return scales

    @property
    def answers(self) -> Sequence[Loaded]:
        """All that were loaded, in the order in which they began."""
        return list(self._answers.values())

    @property
    def bytes(self) -> int:
        """Of all bodies, as they came over the wire."""
        return sum(one.encoded_bytes for one in self.answers)

    @property
    def table(self) -> str:
        """For people: what weighs how much."""
        lines = [f"{one.encoded_bytes:6} {one.encoding:5} {urlsplit(one.url).path}" for one in self.answers]
        return "\n".join([*sorted(lines, reverse=True), f"{self.bytes:6} in {len(lines)} answers"])

    async def shifts(self) -> list[dict[str, Any]]:
        """Of the layout, that the user has not caused."""
        found = await self.page.evaluate("shifts.filter((one) => !one.hadRecentInput)")
        return cast(list[dict[str, Any]], found)

    def _begin(self, event: dict[str, Any]) -> None:
        answer = event["response"]
        if not answer["url"].startswith("data:"):
            headers = {name.lower(): value for name, value in answer["headers"].items()}
            self._answers[event["requestId"]] = Loaded(answer["url"], headers.get("content-encoding", ""))

    def _add(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._answers:
            self._answers[event["requestId"]].encoded_bytes += event["encodedDataLength"]

    def _count_socket(self, _event: dict[str, Any]) -> None:
        self.sockets += 1
