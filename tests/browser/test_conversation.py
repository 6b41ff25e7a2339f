"""Two people chat in two browsers: through the element on one machine, and the same through the deployment on MiniStack."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.aws.stack import Stack
from tests.browser.conftest import Embed
from tests.browser.conversation import Conversation
from tests.browser.embedding import EmbeddingSite
from tests.browser.past import BEGAN_AT_MS, remember
from tests.browser.person import People
from tests.e2e.server import ServerProcess, issue

DAY_MS = 86_400_000


async def they_talk(people: People, site: EmbeddingSite, room: str) -> tuple[Conversation, Conversation]:
    """Alice and Bob say good morning, each in a browser of their own, and see the same."""
    alice, bob = await people.meet("alice"), await people.meet("bob")
    hers, his = await asyncio.gather(alice.visit(site, room), bob.visit(site, room))
    await hers.say("おはよう, Bob!")
    await his.sees("おはよう, Bob!")
    await his.say("Good morning.")
    await hers.sees_last("Good morning.")
    await hers.say("How are you?")
    for chat in (hers, his):
        await chat.sees("おはよう, Bob!", "Good morning.", "How are you?")
        await chat.is_quiet()
    return hers, his


@pytest_asyncio.fixture(loop_scope="session")
async def site(server: ServerProcess, embed: Embed) -> EmbeddingSite:
    """Embeds the chat of the machine."""
    return await embed(server)


@pytest_asyncio.fixture(loop_scope="session")
async def site_of_stack(stack: Stack, people: People) -> AsyncIterator[EmbeddingSite]:
    """Embeds the chat that is deployed to MiniStack, and serves the element itself, as AWS has no place for it."""
    host = stack.host
    # Functions take their time to begin, one after the other: they have begun when somebody has done what people will do.
    async with await host.open("warmer") as warmer:
        for action in ("join", "history"):
            await warmer.do(action, roomId="warm")
        await warmer.do("sendmessage", roomId="warm", message="warm")
    async with EmbeddingSite(host.url, lambda user: host.issue(user, name=user.capitalize())) as site:
        people.may_talk_to(*site.origins)
        yield site


async def test_two_people_chat(people: People, site: EmbeddingSite, room: str) -> None:
    """Both see the same messages in the same order, each with their own ones marked."""
    hers, his = await they_talk(people, site, room)

    await expect(hers.part("own").locator('[part~="text"]')).to_have_text(["おはよう, Bob!", "How are you?"])
    await expect(his.part("own").locator('[part~="text"]')).to_have_text(["Good morning."])


async def test_two_people_chat_on_aws(people: People, site_of_stack: EmbeddingSite, room: str) -> None:
    """The same conversation with the functions, the tables and the gateway of MiniStack behind the same element."""
    hers, his = await they_talk(people, site_of_stack, room)

    assert [1, 2, 3] == await hers.sequences_in_view()
    assert [1, 2, 3] == await his.sequences_in_view()


async def test_own_messages_are_on_the_other_side(people: People, site: EmbeddingSite, room: str) -> None:
    """As everybody is used to: mine right, theirs left."""
    hers, _ = await they_talk(people, site, room)
    sides = {}
    for sequence in (1, 2):
        text = await hers.stored(sequence).locator('[part~="text"]').bounding_box()
        frame = await hers.log.bounding_box()
        assert text is not None
        assert frame is not None
        sides[sequence] = text["x"] + text["width"] / 2 - frame["x"] - frame["width"] / 2

    assert sides[1] > 0 > sides[2]


async def test_who_says_it_is_written_beside_it(people: People, site: EmbeddingSite, room: str) -> None:
    """By the name of the token; one's own messages need none that others would read."""
    site.issue = lambda user: issue(user, name={"bob": "ボブ 🐢"}.get(user))
    hers, _ = await they_talk(people, site, room)

    await expect(hers.stored(2).locator('[part~="sender"]')).to_have_text("ボブ 🐢")


async def test_messages_in_one_go_are_a_group(people: People, site: EmbeddingSite, room: str) -> None:
    """Only the first of them begins one, and only it shows who says it."""
    alice, bob = await people.meet("alice"), await people.meet("bob")
    hers, his = await alice.visit(site, room), await bob.visit(site, room)
    for text in ("one", "two", "three"):
        await his.say(text)
    await hers.sees("one", "two", "three")
    await hers.say("four")
    await hers.sees("one", "two", "three", "four")

    await expect(hers.part("group").locator('[part~="text"]')).to_have_text(["one", "four"])
    # Screen readers are told every time; what only they are to see is clipped.
    seen = (
        "(names) => names.filter((name) => getComputedStyle(name).clipPath === 'none').map((name) => name.textContent)"
    )
    assert ["bob"] == await hers.part("sender").evaluate_all(seen)


async def test_days_are_separated(people: People, tmp_path_factory: pytest.TempPathFactory, embed: Embed) -> None:
    """By the reader's calendar and language."""
    folder = tmp_path_factory.mktemp("days")
    await remember(folder / "talkroom.db", "lobby", ["old", "older", "oldest"], between_ms=DAY_MS)
    with ServerProcess(folder) as server:
        site = await embed(server)
        alice, haruka = await people.meet("alice"), await people.meet("haruka", locale="ja-JP")
        # The reader's clock stands on the third day.
        for person in (alice, haruka):
            await person.page.clock.set_fixed_time((BEGAN_AT_MS + 2 * DAY_MS) / 1000)
        hers, other = await alice.visit(site, "lobby"), await haruka.visit(site, "lobby", lang="ja")
        await hers.sees("old", "older", "oldest")
        await other.sees("old", "older", "oldest")

        await expect(hers.part("day")).to_have_text(["Thursday, January 1", "Yesterday", "Today"])
        await expect(other.part("day")).to_have_text(["1月1日木曜日", "昨日", "今日"])


async def test_the_same_person_in_two_tabs(people: People, site: EmbeddingSite, room: str) -> None:
    """What one tab says is the other one's own message too, once."""
    alice = await people.meet("alice")
    again = await alice.another_tab()
    one, other = await alice.visit(site, room), await again.visit(site, room)
    await one.say("from the first tab")
    await other.sees("from the first tab")
    await other.say("from the second")

    await one.sees("from the first tab", "from the second")
    await expect(one.part("own")).to_have_count(2)
    await expect(other.part("own")).to_have_count(2)
    await other.is_quiet()
