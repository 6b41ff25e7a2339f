"""The page at `/` of `talkroom serve`: signing in, rooms, settings, leaving."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.complaints import OUTAGE
from tests.browser.conftest import Serve
from tests.browser.page import sign_in
from tests.browser.person import DESKTOP, PHONE, People, Person
from tests.e2e.server import ServerProcess, issue

NARROW = {"width": 320, "height": 640}


@pytest.fixture
def address(development_server: ServerProcess, people: People) -> str:
    """Of the page on a machine as `make run` starts it."""
    people.may_talk_to(f"127.0.0.1:{development_server.port}")
    return f"http://127.0.0.1:{development_server.port}/"


@pytest_asyncio.fixture(loop_scope="session")
async def alice(people: People, address: str) -> Person:
    """Who has opened it."""
    person = await people.meet("alice")
    await person.open(address)
    return person


async def test_two_people_chat_on_the_page(people: People, address: str, room: str) -> None:
    """In two browsers, with nothing but a name each."""
    alice, bob = await people.meet("alice"), await people.meet("bob")
    await alice.open(address)
    await bob.open(address)
    hers, his = await sign_in(alice.page, "alice", room), await sign_in(bob.page, "ボブ", room)
    await hers.say("おはよう")
    await his.sees("おはよう")
    await his.say("Good morning")

    await hers.sees("おはよう", "Good morning")
    await expect(hers.stored(2).locator('[part~="sender"]')).to_have_text("ボブ")
    await expect(his.part("own")).to_have_count(1)


async def test_two_tabs_are_two_people(alice: Person, address: str, room: str) -> None:
    """To try the chat alone: each tab has a name of its own, in one browser."""
    other = await alice.another_tab()
    await other.open(address)
    hers, his = await sign_in(alice.page, "alice", room), await sign_in(other.page, "bob", room)
    await hers.say("hello, other tab")
    await his.sees("hello, other tab")
    await his.say("hello")

    await hers.sees("hello, other tab", "hello")
    await expect(hers.part("own")).to_have_count(1)
    await expect(his.part("own")).to_have_count(1)


async def test_a_form_without_a_name_says_so(alice: Person) -> None:
    """There, and without asking the server: the browser's console stays empty."""
    await alice.chat_page.name.fill("  ")
    await alice.chat_page.enter.click()

    await expect(alice.page.locator("#name-error")).not_to_be_empty()
    await expect(alice.chat_page.name).to_be_focused()


async def test_a_reload_stays_signed_in(alice: Person, room: str) -> None:
    """In the same room, with what was said."""
    chat = await sign_in(alice.page, "alice", room)
    await chat.say("before")
    await chat.is_quiet()
    await alice.reload()

    await chat.sees("before")
    await expect(alice.chat_page.title).to_contain_text(room)


async def test_several_rooms(people: People, alice: Person, address: str, room: str) -> None:
    """Those that are open are listed; what comes in another one is counted there."""
    bob = await people.meet("bob")
    await bob.open(address)
    his = await sign_in(bob.page, "bob", room)
    await sign_in(alice.page, "alice", room)
    await alice.chat.connected()
    await alice.chat_page.open_room(f"{room}-2")
    await expect(alice.chat_page.rooms).to_have_count(2)
    await his.say("are you there?")
    first = alice.chat_page.rooms.filter(has_text=re.compile(rf"^{room}\s*1$"))
    await expect(first).to_be_visible()
    await first.click()

    await alice.chat.sees("are you there?")
    await expect(alice.chat_page.title).to_contain_text(room)
    await expect(alice.chat_page.rooms.filter(has_text=re.compile(rf"^{room}\s*$"))).to_have_count(1)


async def test_a_name_is_needed(alice: Person, room: str) -> None:
    """The form says what is wrong, beside the field, and where one writes."""
    alice.complaints.expect("status of 400")
    await alice.chat_page.room.fill(room)
    await alice.chat_page.enter.click()

    field = alice.chat_page.name
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(alice.page.locator("talk-room:visible")).to_have_count(0)


async def test_the_keyboard_is_enough(alice: Person, room: str) -> None:
    """From opening the page to a message that is sent."""
    keyboard = alice.page.keyboard
    await alice.chat_page.name.focus()
    await keyboard.press("ControlOrMeta+A")
    await keyboard.type("alice")
    await keyboard.press("Tab")
    await keyboard.press("ControlOrMeta+A")
    await keyboard.type(room)
    await keyboard.press("Enter")
    await expect(alice.chat.input).to_be_focused()
    await keyboard.type("no mouse was harmed")
    await keyboard.press("Enter")

    await alice.chat.sees("no mouse was harmed")


async def test_sign_out_forgets(alice: Person, room: str) -> None:
    """The form is back, also after a reload."""
    await sign_in(alice.page, "alice", room)
    await alice.chat.connected()
    await alice.chat_page.sign_out.click()
    await expect(alice.chat_page.enter).to_be_visible()
    await alice.reload()

    await expect(alice.chat_page.enter).to_be_visible()
    await expect(alice.page.locator("talk-room:visible")).to_have_count(0)


async def test_a_server_with_a_secret_wants_a_token(people: People, server: ServerProcess, room: str) -> None:
    """The page takes one, and says how to get it; a wrong one is said."""
    people.may_talk_to(f"127.0.0.1:{server.port}")
    alice = await people.meet("alice")
    await alice.open(f"http://127.0.0.1:{server.port}/")
    await expect(alice.page.get_by_text("talkroom token")).to_be_visible()
    token = alice.chat_page.token
    await token.fill("this is none")
    await alice.chat_page.room.fill(room)
    await alice.chat_page.enter.click()
    await expect(token).to_have_attribute("aria-invalid", "true")
    await token.fill(issue("alice", name="Alice"))
    await alice.chat_page.enter.click()
    await alice.chat.say("with a token")

    await alice.chat.sees("with a token")


async def test_the_theme_is_kept(alice: Person, room: str) -> None:
    """Dark, though the system is light; also after a reload."""
    await sign_in(alice.page, "alice", room)
    await alice.chat_page.settings_button.click()
    await alice.chat_page.settings.get_by_label("Theme").select_option("dark")
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    assert "dark" == await alice.page.evaluate(scheme)
    await alice.reload()
    await alice.chat.connected()

    assert "dark" == await alice.page.evaluate(scheme)


async def test_the_language_can_be_chosen(alice: Person, room: str) -> None:
    """Of the page and of the conversation in it, at once."""
    chat = await sign_in(alice.page, "alice", room)
    await alice.chat_page.settings_button.click()
    await alice.chat_page.settings.get_by_label("Language").select_option("ja")

    await expect(alice.page.locator("html")).to_have_attribute("lang", "ja")
    await expect(chat.part("empty")).to_contain_text("まだメッセージはありません")
    await expect(alice.chat_page.sign_out).to_have_text("ログアウト")


async def test_the_page_survives_a_restart(people: People, serve: Serve, room: str) -> None:
    """Also one that changes nothing but the server's process: the development secret is kept beside the database."""
    server = serve(secret=None)
    people.may_talk_to(f"127.0.0.1:{server.port}")
    alice = await people.meet("alice")
    alice.complaints.expect(*OUTAGE)
    await alice.open(f"http://127.0.0.1:{server.port}/")
    chat = await sign_in(alice.page, "alice", room)
    await chat.say("before")
    await chat.is_quiet()
    server.kill()
    await chat.say("meanwhile")
    server.start()

    await chat.is_quiet()
    await chat.sees("before", "meanwhile")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, NARROW], ids=["desktop", "phone", "narrow"])
async def test_axe_finds_nothing(
    people: People, address: str, room: str, scheme: str, viewport: dict[str, int]
) -> None:
    """On the form, in the chat, with the settings open, and with the list of rooms open on a phone."""
    alice = await people.meet("alice", color_scheme=scheme, viewport=viewport)
    await alice.open(address)
    await expect(alice.chat_page.enter).to_be_visible()
    found = {"form": await violations(alice.page)}
    chat = await sign_in(alice.page, "alice", room)
    await chat.say("hello")
    await chat.is_quiet()
    found["chat"] = await violations(alice.page)
    await alice.chat_page.settings_button.click()
    found["settings"] = await violations(alice.page)
    await alice.page.keyboard.press("Escape")
    if viewport != DESKTOP:
        await alice.chat_page.menu.click()
        await expect(alice.chat_page.sign_out).to_be_visible()
        found["rooms"] = await violations(alice.page)
    assert await alice.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]

    assert {} == {state: problems for state, problems in found.items() if problems}
