"""Screens and settings: narrow ones, phones with their keyboard, less motion, forced colours, themes."""

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Embed
from tests.browser.conversation import Conversation
from tests.browser.embedding import EmbeddingSite
from tests.browser.payloads import PAYLOADS
from tests.browser.person import PHONE, People
from tests.browser.states import STATES, enter_chat
from tests.e2e.client import Client
from tests.e2e.server import ServerProcess, issue

NARROW = {"width": 320, "height": 568}
KEYBOARD_PX = 336
NAME_CHARACTERS_MAX = 64
"""Of a token's `name`."""


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: ServerProcess, embed: Embed) -> EmbeddingSite:
    """Embeds the chat of the machine."""
    return await embed(server, wired=True)


@pytest.mark.parametrize("state", STATES)
async def test_nothing_is_wider_than_a_narrow_screen(
    people: People, site: EmbeddingSite, room: str, state: str
) -> None:
    """320 pixels: neither the page nor the list scrolls sideways."""
    alice = await people.meet("alice", viewport=NARROW)
    chat = await STATES[state](alice, site, room, "en")

    assert await alice.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert await chat.log.evaluate("(list) => list.scrollWidth <= list.clientWidth")
    await expect(chat.send_button).to_be_in_viewport(ratio=1)
    await expect(chat.input).to_be_in_viewport(ratio=1)


async def test_the_longest_word_fits(people: People, server: ServerProcess, site: EmbeddingSite, room: str) -> None:
    """A text without a space is broken, whatever its length."""
    async with await Client.open(server.port, issue("bob", name="x" * NAME_CHARACTERS_MAX)) as bob:
        for text in ("x" * 4000, "https://example.com/" + "y" * 2000, "高" * 500, *PAYLOADS[-12:]):
            await bob.do("sendmessage", roomId=room, message=text)
    chat = await (await people.meet("alice", viewport=NARROW)).visit(site, room)
    await expect(chat.messages).to_have_count(15)

    assert await chat.log.evaluate("(list) => list.scrollWidth <= list.clientWidth")
    assert await chat.element.evaluate("(element) => element.scrollWidth <= element.clientWidth")


@pytest.mark.parametrize("fields", [{"viewport": NARROW}, {"viewport": PHONE, "has_touch": True, "is_mobile": True}])
async def test_the_input_stays_above_the_keyboard(
    people: People, site: EmbeddingSite, room: str, fields: dict[str, Any]
) -> None:
    """When a phone's keyboard takes half of the screen, the last message and the input stay in view."""
    alice = await people.meet("alice", **fields)
    chat = await enter_chat(alice, site, room, "en")
    for number in range(20):
        await chat.say(f"message {number}") if not fields.get("is_mobile") else await chat.element.evaluate(
            "(element, text) => { element.send(text); }", f"message {number}"
        )
    await chat.sees_last("message 19")
    await chat.is_at_end()
    width, height = fields["viewport"].values()
    await alice.page.set_viewport_size({"width": width, "height": height - KEYBOARD_PX})

    await chat.is_at_end()
    await expect(chat.texts.last).to_be_in_viewport()
    await expect(chat.input).to_be_in_viewport(ratio=1)
    await expect(chat.send_button).to_be_in_viewport(ratio=1)


async def test_text_can_be_twice_as_large(people: People, site: EmbeddingSite, room: str) -> None:
    """WCAG 1.4.4: nothing is cut off at 200 %."""
    alice = await people.meet("alice", viewport={"width": 640, "height": 900})
    chat = await enter_chat(alice, site, room, "en")
    await chat.element.evaluate("(element) => element.style.setProperty('--talkroom-font-size', '32px')")

    assert await chat.log.evaluate("(list) => list.scrollWidth <= list.clientWidth")
    await expect(chat.input).to_be_in_viewport(ratio=1)
    await expect(chat.send_button).to_be_in_viewport(ratio=1)


async def test_less_motion_is_none(people: People, site: EmbeddingSite, room: str) -> None:
    """Who asks the system for less motion sees no animation, and no scrolling that takes time."""
    alice = await people.meet("alice", reduced_motion="reduce")
    chat = await enter_chat(alice, site, room, "en")
    await chat.say("hello")
    moving = await chat.element.evaluate(
        """(element) => [...element.shadowRoot.querySelectorAll("*")].filter((one) => {
          const { transitionDuration, animationName, animationDuration, scrollBehavior } = getComputedStyle(one);
          const lasts = (durations) => durations.split(",").some((duration) => parseFloat(duration) > 0.01);
          return lasts(transitionDuration) || (animationName !== "none" && lasts(animationDuration)) || scrollBehavior === "smooth";
        }).map((one) => one.className || one.localName)"""
    )

    assert [] == moving


async def test_forced_colours_show_everything(people: People, site: EmbeddingSite, room: str) -> None:
    """Windows' contrast themes take away backgrounds: messages and fields keep borders, icons keep a colour."""
    alice = await people.meet("alice", forced_colors="active")
    chat = await enter_chat(alice, site, room, "en")
    await chat.input.fill("hello")
    framed = """(one) => {
      const { borderTopStyle, borderTopWidth, outlineStyle } = getComputedStyle(one);
      return (borderTopStyle !== "none" && parseFloat(borderTopWidth) > 0) || outlineStyle !== "none";
    }"""
    around_input = f"(one) => [one, one.parentElement, one.closest('form')].some({framed})"

    assert await chat.input.evaluate(around_input)
    bubble = f"(one) => [one, one.parentElement, one.closest('[part~=\"message\"]')].some({framed})"
    assert await chat.texts.first.evaluate(bubble)
    assert await chat.send_button.evaluate(
        """(button) => {
          const icon = button.querySelector("svg *") ?? button;
          const { color, backgroundColor } = getComputedStyle(button);
          const { stroke, fill } = getComputedStyle(icon);
          return [color, stroke, fill].some((ink) => ink !== backgroundColor && ink !== "none");
        }"""
    )


async def colours(chat: Conversation) -> tuple[str, str]:
    """Of the list's text and of what is behind it."""
    found: list[str] = await chat.element.evaluate(
        """(element) => {
          const list = element.shadowRoot.querySelector('[part~="list"]');
          let behind = list;
          const clear = "rgba(0, 0, 0, 0)";
          while (getComputedStyle(behind).backgroundColor === clear) {
            behind = behind.parentElement ?? behind.getRootNode().host;
          }
          return [getComputedStyle(list).color, getComputedStyle(behind).backgroundColor];
        }"""
    )
    return found[0], found[1]


async def test_themes_differ(people: People, site: EmbeddingSite, room: str) -> None:
    """`theme` says light or dark; without it the system does."""
    seen = {}
    for scheme in ("light", "dark"):
        person = await people.meet("alice", color_scheme=scheme)
        for theme in ("light", "dark", "auto"):
            seen[scheme, theme] = await colours(await person.visit(site, room, theme=theme))

    assert seen["light", "auto"] == seen["light", "light"] == seen["dark", "light"]
    assert seen["dark", "auto"] == seen["dark", "dark"] == seen["light", "dark"]
    assert seen["light", "auto"] != seen["dark", "auto"]


async def test_parts_and_variables_can_be_styled(people: People, site: EmbeddingSite, room: str) -> None:
    """From the embedding page, as its documentation says."""
    alice = await people.meet("alice")
    chat = await enter_chat(alice, site, room, "en")
    await alice.page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`
            talk-room { --talkroom-accent: rgb(1, 2, 3); --talkroom-own-background: rgb(4, 5, 6); --talkroom-font-size: 21px; }
            talk-room::part(text) { letter-spacing: 3px; }
            talk-room::part(input) { letter-spacing: 5px; }
          `);
          document.adoptedStyleSheets = [sheet];
        }"""
    )

    await expect(chat.texts.first).to_have_css("letter-spacing", "3px")
    await expect(chat.input).to_have_css("letter-spacing", "5px")
    await expect(chat.texts.first).to_have_css("font-size", "21px")
    own = chat.part("own").locator('[part~="text"]')
    assert "rgb(4, 5, 6)" in await own.evaluate(
        "(text) => [text, text.parentElement].map((one) => getComputedStyle(one).backgroundColor)"
    )
