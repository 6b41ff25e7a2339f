"""Where a reader is in a long conversation, and that nothing but the reader moves it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Embed
from tests.browser.conversation import Conversation
from tests.browser.embedding import EmbeddingSite
from tests.browser.past import numbered, remember
from tests.browser.person import People
from tests.e2e.client import Client
from tests.e2e.server import ServerProcess, issue

MESSAGES = 300
AWAY_PX = 2500
TOLERANCE_PX = 2


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def old_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A machine on which every room of the tests has a past. Each test has a room of its own."""
    folder = tmp_path_factory.mktemp("old")
    for number in range(8):
        await remember(folder / "talkroom.db", f"old-{number}", numbered(MESSAGES))
    with ServerProcess(folder) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def site(old_server: ServerProcess, embed: Embed) -> EmbeddingSite:
    """Embeds its chat."""
    return await embed(old_server)


async def read_back(chat: Conversation) -> tuple[int, float]:
    """Scroll up a good way; the message at the top of the view, and where it begins."""
    await chat.scroll_back(AWAY_PX)
    sequence = (await chat.sequences_in_view())[1]
    return sequence, await chat.top_px(sequence)


async def say_from_elsewhere(server: ServerProcess, room: str, *texts: str) -> None:
    """Bob is at another machine."""
    async with await Client.open(server.port, issue("bob", name="Bob")) as bob:
        for text in texts:
            await bob.do("sendmessage", roomId=room, message=text)


async def test_a_room_begins_at_its_end(people: People, site: EmbeddingSite) -> None:
    """The newest message is in view, and nothing counts as unread for somebody who was never here."""
    chat = await (await people.meet()).visit(site, "old-0")
    await chat.sees_last(f"message {MESSAGES}")
    await chat.is_at_end()

    await expect(chat.part("unread")).to_have_count(0)
    await expect(chat.pill.filter(visible=True)).to_have_count(0)


async def test_a_reload_keeps_the_place(people: People, site: EmbeddingSite) -> None:
    """The same message at the same pixel, though it was loaded by scrolling."""
    alice = await people.meet()
    chat = await alice.visit(site, "old-1")
    await chat.sees_last(f"message {MESSAGES}")
    sequence, top_px = await read_back(chat)
    await alice.reload()

    await chat.shows_at(sequence, top_px, TOLERANCE_PX)
    await chat.connected()
    await chat.shows_at(sequence, top_px, TOLERANCE_PX)


async def test_a_reload_at_the_end_stays_there(people: People, site: EmbeddingSite, old_server: ServerProcess) -> None:
    """Also when something was said in between: then the marker says from where on."""
    alice = await people.meet()
    chat = await alice.visit(site, "old-2")
    await chat.sees_last(f"message {MESSAGES}")
    await chat.is_at_end()
    await alice.reload()
    await chat.sees_last(f"message {MESSAGES}")

    await chat.is_at_end()


async def test_what_comes_does_not_move_a_reader(
    people: People, site: EmbeddingSite, old_server: ServerProcess
) -> None:
    """Who reads the past stays where they are; the pill counts, and leads to the end."""
    alice = await people.meet()
    chat = await alice.visit(site, "old-3")
    await chat.sees_last(f"message {MESSAGES}")
    sequence, top_px = await read_back(chat)
    await say_from_elsewhere(old_server, "old-3", "one", "two", "three")

    await expect(chat.pill).to_contain_text("3 new messages")
    await chat.shows_at(sequence, top_px, TOLERANCE_PX)
    assert 3 == await chat.property("unread")
    await chat.pill.click()
    await chat.sees_last("three")
    await chat.is_at_end()
    await expect(chat.pill.filter(visible=True)).to_have_count(0)
    assert 0 == await chat.property("unread")


async def test_who_is_at_the_end_follows(people: People, site: EmbeddingSite, old_server: ServerProcess) -> None:
    """New messages come into view by themselves."""
    chat = await (await people.meet()).visit(site, "old-4")
    await chat.sees_last(f"message {MESSAGES}")
    await chat.is_at_end()
    await say_from_elsewhere(old_server, "old-4", *(f"line {number}\nand another" for number in range(20)))
    await chat.sees_last("line 19 and another")

    await chat.is_at_end()
    await expect(chat.pill.filter(visible=True)).to_have_count(0)


async def test_what_was_said_meanwhile_is_marked_unread(
    people: People, site: EmbeddingSite, old_server: ServerProcess
) -> None:
    """Who comes back sees where the new ones begin."""
    alice = await people.meet()
    chat = await alice.visit(site, "old-5")
    await chat.sees_last(f"message {MESSAGES}")
    await chat.is_at_end()
    await alice.open("about:blank")
    await say_from_elsewhere(old_server, "old-5", "one", "two")
    chat = await alice.visit(site, "old-5")
    await chat.sees_last("two")

    await expect(chat.part("unread")).to_have_text("New messages")
    assert await is_between(chat, MESSAGES, MESSAGES + 1)


async def is_between(chat: Conversation, sequence: int, next_sequence: int) -> bool:
    """Whether the unread marker is there."""
    marker = await chat.part("unread").bounding_box()
    assert marker is not None
    frame = await chat.log.bounding_box()
    assert frame is not None
    middle_px = marker["y"] + marker["height"] / 2 - frame["y"]
    return await chat.top_px(sequence) < middle_px < await chat.top_px(next_sequence) + TOLERANCE_PX


async def test_writing_leads_to_the_end(people: People, site: EmbeddingSite) -> None:
    """Whoever answers from far up sees what they have written."""
    chat = await (await people.meet()).visit(site, "old-6")
    await chat.sees_last(f"message {MESSAGES}")
    await read_back(chat)
    await chat.say("an answer")
    await chat.sees_last("an answer")

    await chat.is_at_end()


async def test_the_beginning_says_so(people: People, site: EmbeddingSite) -> None:
    """Above the first message there is nothing more to load."""
    chat = await (await people.meet()).visit(site, "old-7")
    await chat.sees_last(f"message {MESSAGES}")
    await chat.scroll_to_beginning()

    await expect(chat.part("notice").filter(has_text="This is where the conversation begins.")).to_be_visible()
    assert 1 == (await chat.sequences_in_view())[0]
