"""Whatever people write, are called, or call their rooms: it is text, and is shown as they wrote it."""

import json

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Embed
from tests.browser.embedding import EmbeddingSite
from tests.browser.payloads import NAMES, PAYLOADS, ROOMS
from tests.browser.person import People, Person
from tests.e2e.client import Client
from tests.e2e.server import ServerProcess, issue

INVENTORY = """
(element) => [...element.shadowRoot.querySelectorAll('[part~="message"]')].map((message) => ({
  text: message.querySelector('[part~="text"]').textContent,
  sender: message.querySelector('[part~="sender"]').textContent,
  inside: [...message.querySelectorAll('[part~="text"] *, [part~="sender"] *')].map((one) => one.localName),
  links: [...message.querySelectorAll("a")].map(({ href, target, rel }) => ({ href, target, rel })),
  handlers: [...message.querySelectorAll("*")].flatMap((one) => one.getAttributeNames().filter((name) => /^on/i.test(name))),
}))
"""
KINDS = """
(element) => [...new Set([...element.shadowRoot.querySelectorAll("*")].map((one) => one.localName))].sort()
"""
DANGEROUS = {"script", "img", "iframe", "object", "embed", "base", "meta", "link", "video", "audio", "template", "slot"}


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: ServerProcess, embed: Embed) -> EmbeddingSite:
    """Embeds the chat of the machine."""
    return await embed(server)


async def is_unharmed(person: Person) -> None:
    """No script ran, and no element came to be that the component does not make."""
    assert await person.page.evaluate("globalThis.pwned") is None
    kinds = set(await person.chat.element.evaluate(KINDS))
    assert set() == kinds & DANGEROUS
    assert [] == await person.page.evaluate(
        "[...document.body.querySelectorAll('talk-room *')].map((one) => one.localName)"
    )


async def test_texts_stay_text(people: People, server: ServerProcess, site: EmbeddingSite, room: str) -> None:
    """Character by character, in history and as they come."""
    alice = await people.meet("alice")
    half = len(PAYLOADS) // 2
    async with await Client.open(server.port, issue("bob", name="Bob")) as bob:
        for text in PAYLOADS[:half]:
            await bob.do("sendmessage", roomId=room, message=text)
        await alice.visit(site, room)
        await expect(alice.chat.messages).to_have_count(half)
        for text in PAYLOADS[half:]:
            await bob.do("sendmessage", roomId=room, message=text)
    await expect(alice.chat.messages).to_have_count(len(PAYLOADS))
    shown = await alice.chat.element.evaluate(INVENTORY)

    assert list(PAYLOADS) == [message["text"] for message in shown]
    assert {"a"} >= {kind for message in shown for kind in message["inside"]}
    assert [] == [name for message in shown for name in message["handlers"]]
    for link in [link for message in shown for link in message["links"]]:
        assert link["href"].startswith(("http://", "https://")), link
        assert "@" not in link["href"], "a host that is a user's name deceives"
        assert "_blank" == link["target"]
        assert {"noopener", "noreferrer"} <= set(link["rel"].split())
    await is_unharmed(alice)


async def test_what_one_writes_stays_text(people: People, site: EmbeddingSite, room: str) -> None:
    """Also before the server has it, and after a reload."""
    texts = [text for text in PAYLOADS if "\n" not in text and "\u2028" not in text and len(text) < 1000]
    texts = [text for text in texts if text == text.strip()]
    alice = await people.meet("alice")
    chat = await alice.visit(site, room)
    for text in texts:
        await chat.say(text)
    await chat.is_quiet()
    before = await chat.element.evaluate(INVENTORY)
    await alice.reload()
    await expect(chat.messages).to_have_count(min(len(texts), 50))

    assert texts == [message["text"] for message in before]
    assert texts[-50:] == [message["text"] for message in await chat.element.evaluate(INVENTORY)]
    await is_unharmed(alice)


async def test_names_stay_text(people: People, server: ServerProcess, site: EmbeddingSite, room: str) -> None:
    """The token says them; whoever issues tokens may have let people choose."""
    alice = await people.meet("alice")
    chat = await alice.visit(site, room)
    for number, name in enumerate(NAMES):
        async with await Client.open(server.port, issue(f"user-{number}", name=name)) as somebody:
            await somebody.do("sendmessage", roomId=room, message="hello")
    await expect(chat.messages).to_have_count(len(NAMES))
    shown = await chat.element.evaluate(INVENTORY)

    assert list(NAMES) == [message["sender"] for message in shown]
    assert [] == [kind for message in shown for kind in message["inside"]]
    await is_unharmed(alice)


@pytest.mark.parametrize("room_id", ROOMS)
async def test_room_names_stay_text(people: People, site: EmbeddingSite, room_id: str) -> None:
    """They are used in storage keys, too: what was not sent is found again after a reload."""
    alice = await people.meet("alice")
    chat = await alice.visit(site, room_id)
    await chat.input.fill("half a sentence")
    await alice.reload()
    await chat.connected()

    await expect(chat.input).to_have_value("half a sentence")
    await chat.say(f"hello from {room_id}")
    await chat.sees_last(f"hello from {room_id}")
    await is_unharmed(alice)


@pytest.mark.parametrize("payload", ["<img src=x onerror=pwned=true>", '"onfocus="pwned=true', "{{pwned=true}}"])
async def test_attributes_stay_text(people: People, site: EmbeddingSite, payload: str) -> None:
    """Of the element: a language that does not exist, a theme that is none."""
    alice = await people.meet("alice")
    await alice.visit(site, "lobby", lang="en", theme=payload, send_key=payload, maxlength=payload)

    await is_unharmed(alice)


async def test_rotten_storage_is_survived(people: People, site: EmbeddingSite, room: str) -> None:
    """Somebody else's values under the keys that the client reads: they are ignored, and nothing is executed."""
    alice = await people.meet("alice")
    chat = await alice.visit(site, room)
    await chat.say("first")
    await chat.is_quiet()
    rotten = [
        "<img src=x onerror=pwned=true>",
        "null",
        "[]",
        "{}",
        json.dumps({"text": {"a": 1}, "id": ["x"]}),
        "1e999",
    ]
    await alice.page.evaluate(
        """(rotten) => {
          for (const storage of [localStorage, sessionStorage]) {
            for (const key of Object.keys(storage)) storage[key] = rotten[key.length % rotten.length];
          }
          const url = encodeURIComponent(document.querySelector("talk-room").getAttribute("url"));
          rotten.forEach((value, number) => {
            for (const room of [document.querySelector("talk-room").getAttribute("room"), "other"]) {
              localStorage[`talkroom.outbox/${url}/alice/${encodeURIComponent(room)}/${number}`] = value;
            }
          });
        }""",
        rotten,
    )
    await alice.reload()
    await chat.sees("first")
    await chat.say("second")

    await chat.sees("first", "second")
    await chat.is_quiet()
    await is_unharmed(alice)
