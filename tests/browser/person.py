"""A person with a browser of their own."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from tests.browser.complaints import Complaints
from tests.browser.conversation import Conversation
from tests.browser.embedding import EmbeddingSite
from tests.browser.page import ChatPage

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


class Person:
    """A browser context (cookies and storage of its own) with one tab open; more tabs by `another_tab`."""

    def __init__(self, name: str, context: BrowserContext, page: Page, complaints: Complaints) -> None:
        self.name = name
        self.context = context
        self.page = page
        self.complaints = complaints

    @property
    def chat(self) -> Conversation:
        """The conversation that is in front of them."""
        return Conversation(self.page.locator("talk-room:visible"))

    @property
    def chat_page(self) -> ChatPage:
        """The product's own page, when that is what they have opened."""
        return ChatPage(self.page)

    async def open(self, url: str) -> None:
        """Go there."""
        await self.page.goto(url)

    async def visit(
        self, site: EmbeddingSite, room: str, *, lang: str = "en", **attributes: str | None
    ) -> Conversation:
        """Open a page of somebody's site that embeds a room, as oneself, and wait for the connection. The conversation."""
        await self.open(site.page(self.name, room, lang=lang, **attributes))
        await self.chat.connected()
        return self.chat

    async def make(
        self,
        site: EmbeddingSite,
        properties: Mapping[str, Any],
        *,
        get_token: str | None = None,
        client: Mapping[str, Any] | None = None,
    ) -> None:
        """Make the element by script, as a framework does.

        `get_token` is the source of a function; by default the site's back end is asked. `client` has more options for a client of
        one's own.
        """
        token = (
            get_token
            or f"async () => (await (await fetch('/token?user={self.name}', {{method: 'POST'}})).json()).token"
        )
        await self.page.evaluate(
            """async ([script, url, properties, client]) => {
              await import(script);
              const getToken = GET_TOKEN;
              const element = document.createElement("talk-room");
              if (client) {
                const { ChatClient } = await import(new URL("/client.js", script));
                element.client = new ChatClient({ url, getToken, ...client });
                element.client.connect();
              } else {
                element.getToken = getToken;
              }
              Object.assign(element, properties);
              document.body.append(element);
            }""".replace("GET_TOKEN", token),
            [site.script, site.url, dict(properties), client],
        )

    async def reload(self) -> None:
        """As F5 does."""
        await self.page.reload()

    async def another_tab(self) -> "Person":
        """The same person in another tab of the same browser."""
        return Person(self.name, self.context, await self.context.new_page(), self.complaints)


class People:
    """Gives browsers to people, and takes them away. Whatever their pages complain about is an error of the test."""

    def __init__(self, browser: Browser, *allowed_origins: str) -> None:
        self._browser = browser
        self._allowed_origins = set(allowed_origins)
        self._persons: list[Person] = []
        self._contexts = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What the browser says when its pages are torn down is nobody's fault.
        heard = {person.name: person.complaints.heard for person in self._persons if person.complaints.heard}
        await self._contexts.aclose()
        if error is None:
            assert not heard, f"pages complained: {heard}"
        elif heard:
            error.add_note(f"pages complained: {heard}")

    def may_talk_to(self, *origins: str) -> None:
        """`host:port` of servers; everything else is a stranger."""
        self._allowed_origins.update(origins)
        for person in self._persons:
            person.complaints.allowed_origins.update(origins)

    async def meet(self, name: str = "alice", **options: Any) -> Person:
        """Somebody new. `options` are those of Playwright's `new_context`: viewport, locale, color_scheme and so on."""
        settings = {"viewport": DESKTOP, "locale": "en-US", "timezone_id": "Asia/Tokyo", **options}
        context = await self._browser.new_context(**settings)
        self._contexts.push_async_callback(context.close)
        complaints = Complaints(self._allowed_origins)
        await complaints.listen(context)
        person = Person(name, context, await context.new_page(), complaints)
        self._persons.append(person)
        return person
