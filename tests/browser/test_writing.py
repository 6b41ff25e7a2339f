"""The composer and what becomes of a message: keys, limits, links, failures."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.complaints import OUTAGE
from tests.browser.conftest import Embed
from tests.browser.conversation import Conversation
from tests.browser.embedding import EmbeddingSite
from tests.browser.person import PHONE, People
from tests.e2e.server import ServerProcess, issue


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: ServerProcess, embed: Embed) -> EmbeddingSite:
    """Embeds the chat of the machine."""
    return await embed(server)


@pytest_asyncio.fixture(loop_scope="session")
async def chat(people: People, site: EmbeddingSite, room: str) -> Conversation:
    """Alice's."""
    return await (await people.meet("alice")).visit(site, room)


async def test_shift_enter_makes_a_new_line(chat: Conversation) -> None:
    """And Enter sends all of them; they are shown as lines."""
    await chat.input.press_sequentially("one")
    await chat.input.press("Shift+Enter")
    await chat.input.press_sequentially("two")
    await chat.input.press("Enter")
    await chat.is_quiet()

    assert "one\ntwo" == await chat.texts.last.evaluate("(text) => text.innerText")
    await expect(chat.input).to_have_value("")


async def test_the_button_sends(chat: Conversation) -> None:
    """For those who use a pointer; afterwards one can go on writing."""
    await chat.input.fill("by the button")
    await chat.send_button.click()
    await chat.sees("by the button")

    await expect(chat.input).to_be_focused()


async def test_enter_on_a_phone_makes_a_new_line(people: People, site: EmbeddingSite, room: str) -> None:
    """There is no Shift there."""
    alice = await people.meet("alice", viewport=PHONE, has_touch=True, is_mobile=True)
    chat = await alice.visit(site, room)
    await chat.input.press_sequentially("one")
    await chat.input.press("Enter")
    await chat.input.press_sequentially("two")
    await expect(chat.input).to_have_value("one\ntwo")
    await chat.send_button.tap()

    await chat.is_quiet()
    assert "one\ntwo" == await chat.texts.last.evaluate("(text) => text.innerText")


async def test_the_other_key_sends_when_it_is_set(people: People, site: EmbeddingSite, room: str) -> None:
    """`send-key="modifier-enter"`."""
    chat = await (await people.meet("alice")).visit(site, room, send_key="modifier-enter")
    await chat.input.press_sequentially("one")
    await chat.input.press("Enter")
    await chat.input.press_sequentially("two")
    await expect(chat.input).to_have_value("one\ntwo")
    await chat.input.press("Control+Enter")

    await chat.is_quiet()
    await expect(chat.texts).to_have_count(1)


async def test_white_space_is_not_sent(chat: Conversation) -> None:
    """There is nothing to see in it."""
    await chat.say("  \n ")
    await chat.say("something")

    await chat.sees("something")


async def test_a_counter_shows_near_the_limit(people: People, site: EmbeddingSite, room: str) -> None:
    """Not before. An emoji is one character."""
    chat = await (await people.meet("alice")).visit(site, room, maxlength="100")
    counter = chat.part("counter").filter(visible=True)
    await chat.input.fill("x" * 50)
    await expect(counter).to_have_count(0)
    await chat.input.fill("🐢" * 99)

    await expect(counter).to_contain_text("1 character left")


async def test_a_text_over_the_limit_is_not_sent(people: People, site: EmbeddingSite, room: str) -> None:
    """It stays, so that it can be made shorter."""
    chat = await (await people.meet("alice")).visit(site, room, maxlength="100")
    await chat.say("x" * 103)
    await expect(chat.part("counter")).to_contain_text("3 characters too many")
    await expect(chat.input).to_have_value("x" * 103)
    await expect(chat.messages).to_have_count(0)
    await chat.say("x" * 100)

    await chat.sees("x" * 100)


async def test_what_is_not_allowed_fails(people: People, site: EmbeddingSite, room: str) -> None:
    """Says why, and can be tried again or deleted by keyboard alone."""
    read_only = issue("alice", can=["read"])
    chat = await (await people.meet("alice")).visit(site, room, token_url=None, token=read_only)
    await chat.say("may I?")
    await chat.say("and this?")
    failed = chat.unsent.first
    await expect(failed).to_contain_text("You may not write in this room.")
    await expect(failed.locator('[part~="status"]')).to_contain_text("Not sent")
    await expect(chat.part("discard")).to_have_count(2)
    await chat.part("discard").nth(1).focus()
    await chat.element.page.keyboard.press("Enter")
    await chat.sees("may I?")
    await chat.element.evaluate("(element, token) => { element.token = token; }", issue("alice"))
    await chat.connected()
    await chat.part("retry").focus()
    await chat.element.page.keyboard.press("Space")

    await chat.is_quiet()
    await chat.sees("may I?")


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("see https://example.com/a?b=c#d.", "https://example.com/a?b=c#d"),
        ("(http://example.com/wiki/A_(b))", "http://example.com/wiki/A_(b)"),
        ("詳しくはhttps://example.com/案内、どうぞ", "https://example.com/"),
    ],
)
async def test_links_lead_there(chat: Conversation, text: str, href: str) -> None:
    """In a tab of their own, which learns nothing about this one."""
    await chat.say(text)
    link = chat.part("link")
    await expect(link).to_have_js_property("href", href)

    await expect(link).to_have_attribute("target", "_blank")
    assert {"noopener", "noreferrer"} <= set((await link.get_attribute("rel") or "").split())
    await chat.sees(text)


async def test_a_link_is_followed(people: People, site: EmbeddingSite, room: str) -> None:
    """By a click, and by the keyboard; the new tab cannot reach back."""
    alice = await people.meet("alice")
    chat = await alice.visit(site, room)
    await chat.say(f"look: {site.bare_page}")
    async with alice.context.expect_page() as by_click:
        await chat.part("link").click()
    async with alice.context.expect_page() as by_key:
        await chat.part("link").press("Enter")

    for opened in (await by_click.value, await by_key.value):
        await opened.wait_for_url(site.bare_page)
        assert await opened.evaluate("window.opener === null && document.referrer === ''")


async def test_a_draft_survives_a_reload(people: People, site: EmbeddingSite, room: str) -> None:
    """And belongs to its room."""
    alice = await people.meet("alice")
    chat = await alice.visit(site, room)
    await chat.input.fill("half a sent")
    await alice.reload()
    await expect(chat.input).to_have_value("half a sent")
    await alice.visit(site, f"{room}-other")

    await expect(chat.input).to_have_value("")


async def test_a_draft_survives_reloads_while_the_server_is_away(
    people: People, server: ServerProcess, embed: Embed, room: str
) -> None:
    """Who writes before the room is there keeps what was written."""
    site = await embed(server, wired=True)
    assert site.wire is not None
    site.wire.cut()
    alice = await people.meet("alice")
    alice.complaints.expect(*OUTAGE)
    await alice.open(site.page("alice", room))
    await expect(alice.chat.element).to_have_js_property("state.name", "waiting")
    await alice.chat.input.fill("written in a tunnel")
    await alice.reload()

    await expect(alice.chat.input).to_have_value("written in a tunnel")
    await site.wire.mend()
    await alice.chat.say("written in a tunnel")
    await alice.chat.sees_last("written in a tunnel")
