"""Input methods: what is being converted is never sent and never rewritten, in whatever order the browser says so."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import CDPSession, expect

from tests.browser.conftest import Embed
from tests.browser.conversation import Conversation
from tests.browser.embedding import EmbeddingSite
from tests.browser.person import PHONE, People, Person
from tests.e2e.server import ServerProcess

RECORDED: Final = json.loads(
    (Path(__file__).parents[1] / "web" / "element" / "key-sequences.json").read_text(encoding="utf-8")
)
CONTROL: Final = 2
"""The modifier, as the browser's debugging protocol has it."""
PHONE_OPTIONS: Final = {"viewport": PHONE, "has_touch": True, "is_mobile": True}

REPLAY: Final = """
(field, { events, text }) => {
  const kinds = { key: KeyboardEvent, com: CompositionEvent, inp: InputEvent, blu: FocusEvent, foc: FocusEvent };
  for (const init of events) {
    if (init.type === "keydown" && !field.value) field.value = text;
    const Kind = kinds[init.type.slice(0, 3)];
    field.dispatchEvent(new Kind(init.type, { bubbles: true, composed: true, cancelable: true, ...init }));
  }
}
"""
"""Says the recorded events. There is always something to send, so that sending twice would be seen."""

WATCH: Final = """
(field) => {
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  field.written = [];
  Object.defineProperty(field, "value", {
    get,
    set(text) { field.written.push(text); set.call(field, text); },
  });
}
"""
"""Notes what a script writes into the field."""


class Writer:
    """Somebody who writes Japanese: an input method that Chromium drives as the system's would."""

    def __init__(self, person: Person, chat: Conversation, browser: CDPSession) -> None:
        self.person = person
        self.chat = chat
        self.browser = browser

    async def compose(self, *readings: str) -> None:
        """Type what is to be converted; the last of these is what the field shows, underlined."""
        for reading in readings:
            await self._key("rawKeyDown", "Process", 229)
            await self.browser.send(
                "Input.imeSetComposition",
                {"text": reading, "selectionStart": len(reading), "selectionEnd": len(reading)},
            )
            await self._key("keyUp", "Process", 229)

    async def commit(self, text: str, *, key: str = "Enter", modifiers: int = 0) -> None:
        """Confirm the conversion by a key, in Chrome's order: keydown, the end of the composition, keyup."""
        await self._key("rawKeyDown", key, 229, modifiers)
        await self.browser.send("Input.insertText", {"text": text})
        await self._key("keyUp", "Enter", 13, modifiers)

    async def sent(self) -> list[str]:
        """The texts that the element says it has sent since the page was opened."""
        return list(await self.chat.element.evaluate("(element) => element.sentTexts"))

    async def _key(self, kind: str, key: str, code: int, modifiers: int = 0) -> None:
        await self.browser.send(
            "Input.dispatchKeyEvent",
            {"type": kind, "key": key, "code": "Enter", "windowsVirtualKeyCode": code, "modifiers": modifiers},
        )


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: ServerProcess, embed: Embed) -> EmbeddingSite:
    """Embeds the chat of the machine."""
    return await embed(server)


async def sit_down(
    people: People, site: EmbeddingSite, room: str, options: dict[str, Any] | None = None, **attributes: str
) -> Writer:
    """Somebody with the cursor in the field of a room."""
    haruka = await people.meet("haruka", **(options or {}))
    chat = await haruka.visit(site, room, lang="ja", **attributes)
    await chat.element.evaluate(
        "(element) => { element.sentTexts = [];"
        " element.addEventListener('sent', ({ detail }) => element.sentTexts.push(detail.text)); }"
    )
    await chat.input.focus()
    return Writer(haruka, chat, await haruka.context.new_cdp_session(haruka.page))


@pytest_asyncio.fixture(loop_scope="session")
async def haruka(people: People, site: EmbeddingSite, room: str) -> Writer:
    """At a machine with a keyboard."""
    return await sit_down(people, site, room)


async def test_enter_that_confirms_does_not_send(haruka: Writer) -> None:
    """It belongs to the input method; the next one sends, once."""
    await haruka.compose("に", "にほ", "にほん", "にほんご", "日本語")
    await haruka.commit("日本語")
    assert [] == await haruka.sent()
    await expect(haruka.chat.input).to_have_value("日本語")
    await haruka.chat.input.press("Enter")

    await haruka.chat.sees("日本語")
    assert ["日本語"] == await haruka.sent()
    await expect(haruka.chat.input).to_have_value("")


async def test_enter_named_by_the_input_method_does_not_send(haruka: Writer) -> None:
    """On Windows the key is called Process."""
    await haruka.compose("にほんご", "日本語")
    await haruka.commit("日本語", key="Process")

    assert [] == await haruka.sent()
    await expect(haruka.chat.input).to_have_value("日本語")


async def test_a_sentence_of_several_conversions(haruka: Writer) -> None:
    """Each is confirmed by Enter, and nothing is lost or doubled."""
    for reading, text in (("きょうは", "今日は"), ("いい", "いい"), ("てんき", "天気"), ("ですね", "ですね")):
        await haruka.compose(reading, text)
        await haruka.commit(text)
    await expect(haruka.chat.input).to_have_value("今日はいい天気ですね")
    assert [] == await haruka.sent()
    await haruka.chat.input.press("NumpadEnter")

    await haruka.chat.sees("今日はいい天気ですね")
    assert ["今日はいい天気ですね"] == await haruka.sent()


async def test_control_enter_while_composing_does_not_send(people: People, site: EmbeddingSite, room: str) -> None:
    """Not even where it is the key that sends."""
    haruka = await sit_down(people, site, room, send_key="modifier-enter")
    await haruka.compose("にほんご", "日本語")
    await haruka.commit("日本語", modifiers=CONTROL)
    assert [] == await haruka.sent()
    await haruka.chat.input.press("Enter")
    assert [] == await haruka.sent()
    await haruka.chat.input.press("Control+Enter")

    await haruka.chat.sees("日本語")


async def test_the_button_sends_what_is_being_composed(haruka: Writer) -> None:
    """As it stands in the field; the composition is over then, and one can go on writing."""
    await haruka.compose("てすと", "テスト")
    await haruka.chat.send_button.click()
    await haruka.chat.sees("テスト")
    assert ["テスト"] == await haruka.sent()
    await expect(haruka.chat.input).to_have_value("")
    await expect(haruka.chat.input).to_be_focused()
    await haruka.compose("つぎ", "次")
    await haruka.commit("次")
    await haruka.chat.input.press("Enter")

    await haruka.chat.sees("テスト", "次")


async def test_the_button_of_a_phone_sends_what_is_being_composed(
    people: People, site: EmbeddingSite, room: str
) -> None:
    """Its keyboard composes every word, and stays open."""
    haruka = await sit_down(people, site, room, PHONE_OPTIONS)
    await haruka.compose("こんにちは")
    await haruka.chat.send_button.tap()
    await haruka.chat.sees("こんにちは")

    assert ["こんにちは"] == await haruka.sent()
    await expect(haruka.chat.input).to_have_value("")
    await expect(haruka.chat.input).to_be_focused()


async def test_a_field_that_lost_the_focus_while_composing_is_not_locked(haruka: Writer) -> None:
    """Whether the browser has said the end of the composition or not."""
    await haruka.compose("てすと", "テスト")
    await haruka.chat.log.focus()
    await expect(haruka.chat.input).to_have_value("テスト")
    assert [] == await haruka.sent()
    await haruka.chat.input.press("Enter")

    await haruka.chat.sees("テスト")


async def test_nothing_writes_the_field_while_composing(haruka: Writer, room: str) -> None:
    """Another room, another limit, another language: what has to be written waits for the end of the composition."""
    field = haruka.chat.input
    await haruka.compose("にほんご", "日本語")
    await field.evaluate(WATCH)
    await haruka.chat.element.evaluate(
        "(element, room) => { Object.assign(element, { room, maxlength: 10, lang: 'en', sendKey: 'modifier-enter' }); }",
        f"{room}-other",
    )
    await expect(haruka.chat.send_button).to_have_attribute("aria-label", "Send")
    await haruka.chat.connected()
    await haruka.compose("日本語を")
    assert [] == await field.evaluate("(field) => field.written")
    await expect(field).to_have_value("日本語を")
    await haruka.commit("日本語を")

    await expect(field).to_have_value("")
    assert [] == await haruka.sent()
    await haruka.chat.element.evaluate("(element, room) => { element.room = room; }", room)
    await expect(field).to_have_value("日本語を")


async def test_typing_never_writes_the_field(haruka: Writer) -> None:
    """Neither do keys, nor the counter: the caret stays where the input method put it."""
    await haruka.chat.input.evaluate(WATCH)
    await haruka.chat.input.press_sequentially("ab")
    await haruka.chat.input.press("ArrowLeft")
    await haruka.compose("か", "かん", "かんじ", "漢字")
    await haruka.commit("漢字")

    await expect(haruka.chat.input).to_have_value("a漢字b")
    assert 3 == await haruka.chat.input.evaluate("(field) => field.selectionStart")
    assert [] == await haruka.chat.input.evaluate("(field) => field.written")


@pytest.mark.parametrize("sequence", RECORDED["sequences"], ids=lambda sequence: sequence["name"])
async def test_recorded_orders(people: People, site: EmbeddingSite, room: str, sequence: dict[str, Any]) -> None:
    """The events of other browsers and systems, said to this one. Their sources are in the file."""
    options = PHONE_OPTIONS if sequence.get("touch") else None
    haruka = await sit_down(people, site, room, options, send_key=sequence.get("sendKey", "enter"))
    events = [RECORDED["events"][name] for name in sequence["events"]]
    await haruka.chat.input.evaluate(REPLAY, {"events": events, "text": "日本語"})

    assert ["日本語"] * sequence["sends"] == await haruka.sent()


async def test_alt_enter_makes_a_new_line(haruka: Writer) -> None:
    """Where the caret is; undo takes it back."""
    field = haruka.chat.input
    await field.press_sequentially("12")
    await field.press("ArrowLeft")
    await field.press("Alt+Enter")
    await expect(field).to_have_value("1\n2")
    await field.press("Control+z")

    await expect(field).to_have_value("12")
    assert [] == await haruka.sent()


async def test_enter_that_is_held_sends_once(haruka: Writer) -> None:
    """The repetitions of the key do nothing."""
    await haruka.chat.input.fill("一回だけ")
    await haruka.person.page.keyboard.down("Enter")
    await haruka.chat.input.evaluate("(field) => { field.value = '次'; }")
    for _ in range(3):
        await haruka.person.page.keyboard.down("Enter")
    await haruka.person.page.keyboard.up("Enter")

    assert ["一回だけ"] == await haruka.sent()
    await expect(haruka.chat.input).to_have_value("次")


async def test_the_hint_names_the_key_that_sends(people: People, site: EmbeddingSite, room: str) -> None:
    """And the phone's keyboard shows what its Enter does."""
    desktop = await sit_down(people, site, room)
    other = await sit_down(people, site, room, send_key="modifier-enter")
    phone = await sit_down(people, site, room, PHONE_OPTIONS)
    await expect(desktop.chat.part("hint")).to_have_text("Enterで送信、Shift+Enterで改行")
    await expect(other.chat.part("hint")).to_have_text("Ctrl+Enterで送信")

    await expect(phone.chat.part("hint").filter(visible=True)).to_have_count(0)
    await expect(desktop.chat.input).to_have_attribute("enterkeyhint", "send")
    await expect(other.chat.input).to_have_attribute("enterkeyhint", "enter")
    await expect(phone.chat.input).to_have_attribute("enterkeyhint", "enter")


async def test_the_counter_is_announced_at_thresholds_only(haruka: Writer) -> None:
    """A screen reader does not hear every key."""
    announced = haruka.chat.element.locator("form [aria-live]")
    said = []
    for left in (201, 199, 150, 101, 99, 98, 49, 19, 0, -1, -2):
        await haruka.chat.input.fill("字" * (4000 - left))
        said.append(await announced.text_content())

    assert "残り0文字" not in said
    assert ["", "残り199文字", "残り99文字", "残り49文字", "残り19文字", "1文字超過しています"] == list(
        dict.fromkeys(said)
    )
    await expect(haruka.chat.part("counter")).to_have_text("2文字超過しています")


async def test_a_draft_in_japanese_survives_a_reload(haruka: Writer) -> None:
    """Also what was not yet confirmed."""
    await haruka.compose("にほんご", "日本語")
    await haruka.person.reload()

    await expect(haruka.chat.input).to_have_value("日本語")
