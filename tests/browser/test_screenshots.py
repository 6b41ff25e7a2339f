"""Pictures of the main states in `build/screenshots/`, for people to look at; and that there is something on them."""

import struct
import zlib
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Embed
from tests.browser.page import sign_in
from tests.browser.person import DESKTOP, PHONE, People, Person
from tests.browser.states import LINES, STATES
from tests.e2e.server import ServerProcess

FOLDER = Path(__file__).parents[2] / "build" / "screenshots"
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "device_scale_factor": 2, "has_touch": True, "is_mobile": True},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LOCALES = {"en": "en-US", "ja": "ja-JP"}
COLOURS_MIN = 8
"""Of a picture that shows something: text alone has more, by its smoothed edges."""


async def take(person: Person, name: str) -> None:
    """Write the picture, and check that it has its size and is not empty."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{name}.png"
    await person.page.screenshot(path=file, animations="disabled")
    width, height, colours = look_at(file.read_bytes())
    viewport = person.page.viewport_size
    assert viewport is not None
    scale = await person.page.evaluate("devicePixelRatio")

    assert (viewport["width"] * scale, viewport["height"] * scale) == (width, height)
    assert colours >= COLOURS_MIN, f"{file} shows nothing"


def look_at(png: bytes) -> tuple[int, int, int]:
    """Width, height, and how many different groups of four bytes a part of its rows has: a measure of what there is to see."""
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    pixels = zlib.decompress(data)
    return width, height, len({pixels[i : i + 4] for i in range(0, len(pixels), 28)})


@pytest.mark.parametrize("lang", LOCALES)
@pytest.mark.parametrize("screen", SCREENS)
async def test_pictures_of_the_element(
    people: People, server: ServerProcess, embed: Embed, room: str, screen: str, lang: str
) -> None:
    """In every main state, light and dark."""
    for state, enter in STATES.items():
        site = await embed(server, wired=True)
        person = await people.meet("alice", **SCREENS[screen], locale=LOCALES[lang])
        chat = await enter(person, site, f"{room}-{state}", lang)
        await expect(chat.input).to_be_visible()
        for scheme in SCHEMES:
            await person.page.emulate_media(color_scheme=scheme)
            await take(person, f"element-{state}-{screen}-{scheme}-{lang}")


@pytest.mark.parametrize("lang", LOCALES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("screen", SCREENS)
async def test_pictures_of_the_page(
    people: People, development_server: ServerProcess, room: str, screen: str, scheme: str, lang: str
) -> None:
    """The form, a conversation, the settings, and on a phone the list of rooms."""
    people.may_talk_to(f"127.0.0.1:{development_server.port}")
    person = await people.meet("alice", **SCREENS[screen], color_scheme=scheme, locale=LOCALES[lang])
    await person.open(f"http://127.0.0.1:{development_server.port}/")
    await expect(person.chat_page.name).to_be_visible()
    await take(person, f"page-form-{screen}-{scheme}-{lang}")
    name = {"en": "Alice", "ja": "アリス"}[lang]
    chat = await sign_in(person.page, name, room)
    for text in (text for _, _, text in LINES):
        await chat.element.evaluate("(element, text) => { element.send(text); }", text)
    await chat.is_quiet()
    await take(person, f"page-chat-{screen}-{scheme}-{lang}")
    await person.chat_page.settings_button.click()
    await expect(person.chat_page.settings).to_be_visible()
    await take(person, f"page-settings-{screen}-{scheme}-{lang}")
    await person.page.keyboard.press("Escape")
    if screen == "phone":
        await person.chat_page.menu.click()
        await expect(person.chat_page.rooms.first).to_be_in_viewport()
        await take(person, f"page-rooms-{screen}-{scheme}-{lang}")
