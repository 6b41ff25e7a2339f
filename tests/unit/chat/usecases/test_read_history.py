"""`history`: a page of a room's messages."""

import pytest

from talkroom.chat.model.limits import Limits
from talkroom.chat.protocol.frames import HistoryPage, MessageBody
from talkroom.contract.quotas import MESSAGE_BYTES_MAX
from talkroom.testing import ChatForTests, FaultyLog, V1Client, a_chat
from talkroom.testing.clock import START_MS


async def a_reader(count: int, limits: Limits | None = None, text: str = "hi") -> V1Client:
    """Alice, in a chat where `count` messages were sent to the lobby."""
    chat = await a_chat(limits=limits)
    bob = await chat.connect("bob")
    for _ in range(count):
        await bob.say("lobby", text)
    return await chat.connect("alice")


def sequences(page: HistoryPage) -> list[int]:
    """What a page holds."""
    return [body.sequence for body in page.messages]


async def all_pages(client: V1Client, **data: object) -> list[list[int]]:
    """The sequences of all pages, following cursors."""
    page = await client.ask("history", roomId="lobby", **data)
    pages = [sequences(page)]
    while page.cursor is not None:
        page = await client.ask("history", roomId="lobby", cursor=page.cursor)
        pages.append(sequences(page))
    return pages


async def test_the_reply_holds_the_newest_messages_and_where_the_log_stands():
    """In ascending order."""
    alice = await a_reader(2)

    ref = await alice.send("history", roomId="lobby")

    assert HistoryPage(
        "lobby",
        "e1",
        2,
        1,
        [MessageBody(1, "m1", "bob", "Bob", START_MS, "hi"), MessageBody(2, "m2", "bob", "Bob", START_MS, "hi")],
    ) == alice.reply_to(ref)


async def test_a_room_without_messages_has_an_empty_page():
    """And no cursor."""
    alice = await a_reader(0)

    assert HistoryPage("lobby", "e1", 0, 1, []) == await alice.ask("history", roomId="lobby")


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ([4, 5], {"limit": 2}),
        ([1, 2, 3, 4, 5], {"limit": 5}),
        ([1, 2, 3, 4, 5], {"limit": 2**53 - 1}),
        ([2, 3], {"before": 4, "limit": 2}),
        ([1, 2], {"before": 3}),
        ([], {"before": 1}),
        ([], {"before": 0}),
        ([4, 5], {"before": 2**53 - 1, "limit": 2}),
        ([3, 4], {"after": 2, "limit": 2}),
        ([4, 5], {"after": 3}),
        ([1, 2], {"after": 0, "limit": 2}),
        ([], {"after": 5}),
        ([], {"after": 2**53 - 1}),
    ],
)
async def test_a_page_begins_where_it_is_asked_to(expected: list[int], data: dict[str, object]):
    """Before or after a sequence, as many as wished."""
    alice = await a_reader(5)

    assert expected == sequences(await alice.ask("history", roomId="lobby", **data))


async def test_a_larger_limit_is_lowered():
    """To the server's; the cursor says that there is more."""
    alice = await a_reader(3, Limits(page_messages_max=2))

    page = await alice.ask("history", roomId="lobby", limit=100)

    assert ([2, 3], True) == (sequences(page), page.cursor is not None)


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ([[4, 5], [2, 3], [1]], {"limit": 2}),
        ([[2, 3], [1]], {"before": 4, "limit": 2}),
        ([[1, 2], [3, 4], [5]], {"after": 0, "limit": 2}),
        ([[4, 5]], {"after": 3, "limit": 2}),
        ([[4, 5], [2, 3], [1]], {}),
    ],
)
async def test_cursors_lead_through_everything_in_one_direction(expected: list[list[int]], data: dict[str, object]):
    """The last page has none."""
    alice = await a_reader(5, Limits(page_messages_max=2))

    assert expected == await all_pages(alice, **data)


@pytest.mark.parametrize(("expected", "data"), [([[4, 5], [2, 3], [1]], {}), ([[1, 2], [3, 4], [5]], {"after": 0})])
async def test_pages_end_at_their_bytes(expected: list[list[int]], data: dict[str, object]):
    """In both directions, and nothing is skipped."""
    alice = await a_reader(5, Limits(page_bytes_max=200))

    assert expected == await all_pages(alice, **data)


@pytest.mark.parametrize("text", ["x" * 4000, "あ" * 4000, "🦊" * 4000, "\x01" * 4000, '"' * 4000])
async def test_a_reply_fits_into_one_message(text: str):
    """However long the texts are and however they are escaped."""
    alice = await a_reader(40, text=text)

    await alice.ask("history", roomId="lobby")

    assert True is (len(alice.texts[-1].encode()) <= MESSAGE_BYTES_MAX)


async def test_the_room_need_not_be_joined(chat: ChatForTests):
    """Reading does not subscribe either."""
    alice = await chat.connect("alice")
    await alice.ask("history", roomId="lobby")

    await alice.say("lobby", "hi")

    assert [] == alice.pushes


async def test_another_room_s_messages_are_not_read(chat: ChatForTests):
    """Rooms are apart."""
    alice = await chat.connect("alice")
    await alice.say("secret", "hi")

    assert [] == (await alice.ask("history", roomId="lobby")).messages


@pytest.mark.parametrize("data", [{"before": 2}, {"after": 1}, {}])
async def test_an_epoch_that_is_over_is_said(data: dict[str, object]):
    """A sequence of the old log means nothing in the new one."""
    alice = await a_reader(3)

    error = alice.error_to(await alice.send("history", roomId="lobby", epoch="e0", **data))

    assert ("epochChanged", False) == (error.name, error.retry)


async def test_the_epoch_of_now_is_accepted():
    """It makes sure that the sequence means what the client thinks."""
    alice = await a_reader(3)

    assert [2, 3] == sequences(await alice.ask("history", roomId="lobby", after=1, epoch="e1"))


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ("invalidCommand", {"roomId": "lobby", "before": 2, "after": 1}),
        ("invalidCommand", {"roomId": "lobby", "before": 2, "cursor": "x"}),
        ("invalidCommand", {"roomId": "lobby", "after": 0, "cursor": "x"}),
        ("invalidCommand", {"roomId": "lobby", "limit": 0}),
        ("invalidCommand", {"roomId": "lobby", "before": -1}),
        ("invalidCommand", {}),
        ("invalidCursor", {"roomId": "lobby", "cursor": ""}),
        ("invalidCursor", {"roomId": "lobby", "cursor": "nonsense"}),
        ("invalidRoomId", {"roomId": ""}),
        ("forbidden", {"roomId": "secret"}),
    ],
)
async def test_a_wrong_command_is_refused(chat: ChatForTests, expected: str, data: dict[str, object]):
    """The error has the name."""
    alice = await chat.connect("alice", rooms=["lobby"])

    assert expected == alice.error_to(await alice.send("history", **data)).name


async def test_a_cursor_of_another_room_is_refused():
    """Even where the token would allow to read both."""
    alice = await a_reader(3, Limits(page_messages_max=1))
    cursor = (await alice.ask("history", roomId="lobby")).cursor

    assert "invalidCursor" == alice.error_to(await alice.send("history", roomId="other", cursor=cursor)).name


async def test_a_cursor_gives_no_permission(chat: ChatForTests):
    """Policy is checked on every page."""
    bob = await chat.connect("bob")
    for _ in range(2):
        await bob.say("secret", "hi")
    cursor = (await bob.ask("history", roomId="secret", limit=1)).cursor
    alice = await chat.connect("alice", rooms=["lobby"])

    assert "forbidden" == alice.error_to(await alice.send("history", roomId="secret", cursor=cursor)).name


async def test_a_token_without_read_may_not(chat: ChatForTests):
    """Sending is another capability."""
    bot = await chat.connect("bot", can=["send"])

    assert "forbidden" == bot.error_to(await bot.send("history", roomId="lobby")).name


async def test_an_expired_token_may_not(chat: ChatForTests):
    """It is told to refresh."""
    alice = await chat.connect("alice", expires_in_ms=1000)
    chat.clock.advance(1000)

    assert "tokenExpired" == alice.error_to(await alice.send("history", roomId="lobby")).name


async def test_a_log_that_is_down_is_said():
    """`unavailable`, to be retried."""
    log = FaultyLog((await a_chat()).log)
    chat = await a_chat(log=log)
    alice = await chat.connect("alice")
    log.break_down()

    error = alice.error_to(await alice.send("history", roomId="lobby"))

    assert ("unavailable", True) == (error.name, error.retry)
