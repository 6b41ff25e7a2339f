"""For those who do not see the page, or use no pointer, or see it otherwise."""

from collections.abc import Sequence
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.conftest import Embed
from tests.browser.embedding import EmbeddingSite
from tests.browser.person import DESKTOP, People
from tests.browser.states import LINES, STATES, enter_chat
from tests.e2e.client import Client
from tests.e2e.server import ServerProcess, issue

NARROW: ViewportSize = {"width": 320, "height": 640}
LOOKS: dict[str, Sequence[tuple[Literal["light", "dark"], ViewportSize]]] = {
    "en": [("light", DESKTOP), ("dark", DESKTOP), ("light", NARROW)],
    "ja": [("dark", NARROW)],
}

STOPS_MAX = 12
"""Of the Tab key, on a page with nothing but the element."""
FIND_FOCUSED = """
() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}
"""
LOOKS_FOCUSED = """
(at) => {
  const around = [at, at.parentElement ?? at, at.closest("form") ?? at];
  const looks = () => around.map((one) => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(one);
    return [outlineStyle !== "none" && parseFloat(outlineWidth) > 0, boxShadow, borderColor];
  });
  const focused = looks();
  at.blur();
  const blurred = looks();
  at.focus({ focusVisible: true });
  return JSON.stringify(focused) !== JSON.stringify(blurred);
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: ServerProcess, embed: Embed) -> EmbeddingSite:
    """Embeds the chat of the machine."""
    return await embed(server, wired=True)


@pytest.mark.parametrize("lang", LOOKS)
@pytest.mark.parametrize("state", STATES)
async def test_axe_finds_nothing(people: People, site: EmbeddingSite, room: str, state: str, lang: str) -> None:
    """Contrast, names, roles, landmarks: in every main state, light and dark, on a narrow screen, in both languages."""
    alice = await people.meet("alice", locale=lang)
    await STATES[state](alice, site, room, lang)
    for scheme, viewport in LOOKS[lang]:
        await alice.page.emulate_media(color_scheme=scheme)
        await alice.page.set_viewport_size(viewport)

        # Landmarks and headings are the embedding page's own affair.
        assert [] == await violations(alice.page, "talk-room"), (scheme, viewport)


async def test_all_of_it_by_keyboard(people: People, site: EmbeddingSite, room: str) -> None:
    """From the page's first Tab to a message that is sent, and back into the list to read on."""
    alice = await people.meet("alice")
    chat = await alice.visit(site, room)
    keyboard = alice.page.keyboard
    await alice.page.evaluate("document.activeElement.blur()")
    for _ in range(10):
        await keyboard.press("Tab")
        if await chat.input.evaluate("(input) => input.matches(':focus')"):
            break
    await keyboard.type("by keyboard")
    await keyboard.press("Enter")
    await chat.sees("by keyboard")
    await expect(chat.input).to_be_focused()
    while not await chat.log.evaluate("(list) => list.matches(':focus')"):
        await keyboard.press("Shift+Tab")

    await expect(chat.log).to_be_focused()


async def test_focus_can_be_seen(people: People, site: EmbeddingSite, room: str) -> None:
    """Whatever the keyboard reaches is drawn otherwise while it has the focus."""
    alice = await people.meet("alice")
    await enter_chat(alice, site, room, "en")
    await alice.page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(STOPS_MAX):
        await alice.page.keyboard.press("Tab")
        focused = await alice.page.evaluate_handle(FIND_FOCUSED)
        if await focused.evaluate("(at) => at === null || at === document.body"):
            break
        name = await focused.evaluate("(at) => at.getAttribute('part') ?? at.localName")
        assert await focused.evaluate(LOOKS_FOCUSED), f"nobody can see that {name} has the focus"
        reached.add(name.split()[0])

    assert {"list", "input"} <= reached


async def test_new_messages_of_others_are_announced(
    people: People, server: ServerProcess, site: EmbeddingSite, room: str
) -> None:
    """By a polite live region, with who said it; neither history nor one's own."""
    alice = await people.meet("alice")
    chat = await enter_chat(alice, site, room, "en")
    polite = chat.element.locator('[role="log"][aria-live="polite"]')
    await chat.say("my own")
    await chat.is_quiet()
    async with await Client.open(server.port, issue("bob", name="Bob")) as bob:
        await bob.do("sendmessage", roomId=room, message="a new one")

    await expect(polite).to_have_text("Bob: a new one")


async def test_a_rush_is_announced_as_a_number(
    people: People, server: ServerProcess, site: EmbeddingSite, room: str
) -> None:
    """Nobody can listen to twenty messages a second."""
    alice = await people.meet("alice")
    chat = await STATES["empty"](alice, site, room, "en")
    async with await Client.open(server.port, issue("bob", name="Bob")) as bob:
        for ref in [await bob.send("sendmessage", roomId=room, message=f"message {number}") for number in range(20)]:
            await bob.answer(ref)
    await chat.sees_last("message 19")

    await expect(chat.element.locator('[role="log"][aria-live="polite"]')).to_contain_text("new messages")


async def test_a_failure_is_announced_at_once(people: People, site: EmbeddingSite, room: str) -> None:
    """By an assertive region."""
    alice = await people.meet("alice")
    chat = await STATES["failed"](alice, site, room, "en")

    await expect(chat.element.get_by_role("alert")).to_contain_text("Not sent")


async def test_the_list_says_what_it_is(people: People, site: EmbeddingSite, room: str) -> None:
    """A log with a name, in the language of the element; its changes are announced by another region."""
    alice = await people.meet("haruka", locale="ja-JP")
    chat = await enter_chat(alice, site, room, "ja")

    await expect(chat.log).to_have_role("log")
    await expect(chat.log).to_have_accessible_name("メッセージ")
    await expect(chat.log).to_have_attribute("aria-live", "off")
    await expect(chat.input).to_have_accessible_name("メッセージ")
    await expect(chat.texts).to_have_count(len(LINES))
