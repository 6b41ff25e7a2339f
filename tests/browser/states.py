"""The main states of the element, each as a test or a picture wants to see it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from playwright.async_api import expect

from tests.browser.complaints import OUTAGE, REFUSAL
from tests.browser.conversation import Conversation
from tests.browser.embedding import EmbeddingSite
from tests.browser.person import Person
from tests.e2e.client import Client
from tests.e2e.server import issue

Enter = Callable[[Person, EmbeddingSite, str, str], Awaitable[Conversation]]

LINES: Final = (
    ("haruka", "春香", "おはようございます。今日の打ち合わせは10時からです。"),
    ("haruka", "春香", "資料はこちら: https://example.com/docs/2026?page=3"),
    ("bob", "Bob", "Thanks! I have read it on the train.\nTwo questions, which I will bring with me."),
    ("alice", "Alice", "See you there."),
    ("haruka", "春香", "よろしくお願いします!"),
)
"""A conversation of three people in two languages, of which one is whoever looks at it."""


async def they_said(site: EmbeddingSite, room: str) -> None:
    """What is in the room's log."""
    for sender, name, text in LINES:
        async with await Client.connect(site.url, issue(sender, name=name)) as client:
            await client.do("sendmessage", roomId=room, message=text)


async def write(chat: Conversation, text: str) -> None:
    """By the button, as on a phone Enter makes a new line."""
    await chat.input.fill(text)
    await chat.send_button.click()


async def enter_empty(person: Person, site: EmbeddingSite, room: str, lang: str) -> Conversation:
    """A room in which nothing was ever said."""
    chat = await person.visit(site, room, lang=lang)
    await expect(chat.part("empty")).to_be_visible()
    return chat


async def enter_chat(person: Person, site: EmbeddingSite, room: str, lang: str) -> Conversation:
    """In the middle of a conversation."""
    await they_said(site, room)
    chat = await person.visit(site, room, lang=lang)
    await chat.sees_last(LINES[-1][-1])
    return chat


async def enter_failed(person: Person, site: EmbeddingSite, room: str, lang: str) -> Conversation:
    """With a message that was refused."""
    await they_said(site, room)
    site.issue = lambda user: issue(user, can=["read"])
    chat = await person.visit(site, room, lang=lang)
    await write(chat, "May I?")
    await expect(chat.part("retry")).to_be_visible()
    return chat


async def enter_refused(person: Person, site: EmbeddingSite, room: str, lang: str) -> Conversation:
    """With a token that the server does not take."""
    person.complaints.expect(*REFUSAL)
    site.issue = lambda user: issue(user, secret="a secret of somebody else's, also long enough")
    await person.open(site.page(person.name, room, lang=lang))
    await expect(person.chat.element).to_have_js_property("state.name", "refused")
    return person.chat


async def enter_offline(person: Person, site: EmbeddingSite, room: str, lang: str) -> Conversation:
    """With a message that waits for a connection."""
    person.complaints.expect(*OUTAGE)
    chat = await enter_chat(person, site, room, lang)
    await person.context.set_offline(True)
    # The browser leaves open sockets alone when it is told to be offline, and the client notices only later.
    assert site.wire is not None, "the site is to be embedded with a wire"
    site.wire.cut()
    await expect(chat.banner).to_be_visible()
    await write(chat, "From a tunnel")
    await expect(chat.unsent).to_have_count(1)
    # Between its attempts, of which the first ones follow closely.
    await expect(chat.element).to_have_js_property("state.reason", "offline")
    return chat


async def enter_over_limit(person: Person, site: EmbeddingSite, room: str, lang: str) -> Conversation:
    """With a text that is too long."""
    await they_said(site, room)
    chat = await person.visit(site, room, lang=lang, maxlength="20")
    await chat.input.fill("This is longer than twenty.")
    await expect(chat.part("counter")).to_be_visible()
    return chat


STATES: Final[Mapping[str, Enter]] = {
    "empty": enter_empty,
    "chat": enter_chat,
    "failed": enter_failed,
    "refused": enter_refused,
    "offline": enter_offline,
    "over-limit": enter_over_limit,
}
