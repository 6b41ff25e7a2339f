"""All of it is small, comes in few requests, and moves nothing while it comes."""

from typing import Any

from playwright.async_api import expect

from tests.browser.conftest import Embed
from tests.browser.page import sign_in
from tests.browser.person import People
from tests.browser.states import they_said
from tests.browser.weight import Scales
from tests.e2e.server import ServerProcess

BYTES_MAX = 30 * 1024
"""Of the page, the element and the client: all that a first visit loads, gzipped."""
SHIFT_MAX = 0.01
"""Google's Core Web Vitals call 0.1 good; nothing jumping is less."""


async def test_the_page_is_small(
    people: People, development_server: ServerProcess, room: str, record_property: Any
) -> None:
    """Over the wire, from the first byte to the first message; and no layout shift on the way."""
    people.may_talk_to(f"127.0.0.1:{development_server.port}")
    alice = await people.meet("alice")
    scales = await Scales.below(alice.page)
    await alice.open(f"http://127.0.0.1:{development_server.port}/")
    chat = await sign_in(alice.page, "alice", room)
    await chat.connected()
    await expect(chat.part("empty")).to_be_visible()
    await chat.say("the first message")
    await chat.is_quiet()
    shifts = await scales.shifts()
    record_property("answers", scales.table)

    assert scales.bytes <= BYTES_MAX, scales.table
    assert 1 == scales.sockets
    assert {"gzip"} == {one.encoding for one in scales.answers if one.encoded_bytes > 500}, scales.table
    assert sum(shift["value"] for shift in shifts) <= SHIFT_MAX, shifts


async def test_an_embedded_room_shows_its_first_message_soon(
    people: People, server: ServerProcess, embed: Embed, room: str, record_property: Any
) -> None:
    """One connection, one token, the files of the element once each; nothing that is there moves."""
    site = await embed(server)
    await they_said(site, room)
    alice = await people.meet("alice")
    scales = await Scales.below(alice.page)
    await alice.open(site.page(room=room))
    await expect(alice.chat.messages.first).to_be_visible()
    record_property("ms to first message", await alice.page.evaluate("Math.round(performance.now())"))
    await alice.chat.is_quiet()
    shifts = await scales.shifts()
    record_property("answers", scales.table)
    urls = [one.url for one in scales.answers]

    assert sorted(set(urls)) == sorted(urls)
    assert 1 == scales.sockets
    assert 1 == site.tokens_issued
    assert sum(shift["value"] for shift in shifts) <= SHIFT_MAX, shifts
    assert scales.bytes <= BYTES_MAX, scales.table
