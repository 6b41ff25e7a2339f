"""`members`: who is in a room now."""

import pytest

from talkroom.chat.model.limits import Limits
from talkroom.chat.protocol.frames import MemberBody, MembersPage
from talkroom.chat.protocol.pages import MemberCursor, encode_cursor
from talkroom.contract.quotas import MESSAGE_BYTES_MAX
from talkroom.testing import ChatForTests, V1Client, a_chat


async def all_pages(client: V1Client, **data: object) -> list[list[str]]:
    """The ids of all pages, following cursors."""
    page = await client.ask("members", roomId="lobby", **data)
    pages = [[member.id for member in page.members]]
    while page.cursor is not None:
        page = await client.ask("members", roomId="lobby", cursor=page.cursor, **data)
        pages.append([member.id for member in page.members])
    return pages


async def test_the_reply_lists_members_by_ascending_id(chat: ChatForTests):
    """With the names of their tokens, plain connections included."""
    await chat.connect("carol", room="lobby", name="キャロル")
    await chat.connect_plain("bob", room="lobby")
    alice = await chat.connect("alice", room="lobby")

    ref = await alice.send("members", roomId="lobby")

    assert MembersPage(
        "lobby", [MemberBody("alice", "Alice"), MemberBody("bob", "Bob"), MemberBody("carol", "キャロル")]
    ) == alice.reply_to(ref)


async def test_a_principal_with_several_connections_is_listed_once(chat: ChatForTests):
    """Members are people, not sockets."""
    alice = await chat.connect("alice", room="lobby")
    await chat.connect("alice", room="lobby")
    await chat.connect_plain("alice", room="lobby")

    assert [["alice"]] == await all_pages(alice)


async def test_a_principal_stays_until_its_last_connection_leaves(chat: ChatForTests):
    """Each counts."""
    alice = await chat.connect("alice")
    phone = await chat.connect("bob", room="lobby")
    laptop = await chat.connect("bob", room="lobby")
    await phone.ask("leave", roomId="lobby")
    still = await all_pages(alice)
    await chat.disconnect(laptop)

    assert ([["bob"]], [[]]) == (still, await all_pages(alice))


async def test_other_rooms_members_are_not_listed(chat: ChatForTests):
    """Rooms are apart."""
    alice = await chat.connect("alice")
    await chat.connect("bob", room="other")

    assert [[]] == await all_pages(alice)


async def test_a_member_whose_token_has_expired_is_not_listed(chat: ChatForTests):
    """A lapsed subscription makes nobody present."""
    alice = await chat.connect("alice", room="lobby")
    await chat.connect("bob", room="lobby", expires_in_ms=1000)
    chat.clock.advance(1000)

    assert [["alice"]] == await all_pages(alice)


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ([["alice", "bob"], ["carol", "dave"], ["erin"]], {}),
        ([["alice", "bob"], ["carol", "dave"], ["erin"]], {"limit": 100}),
        ([["alice"], ["bob"], ["carol"], ["dave"], ["erin"]], {"limit": 1}),
    ],
)
async def test_cursors_lead_through_everybody(expected: list[list[str]], data: dict[str, object]):
    """At most as many a page as the server allows; the last page has none."""
    chat = await a_chat(limits=Limits(page_members_max=2))
    for name in ("erin", "alice", "dave", "carol", "bob"):
        client = await chat.connect(name, room="lobby")

    assert expected == await all_pages(client, **data)


async def test_exactly_a_page_has_no_cursor():
    """There is nothing after it."""
    chat = await a_chat(limits=Limits(page_members_max=2))
    await chat.connect("alice", room="lobby")
    bob = await chat.connect("bob", room="lobby")

    assert None is (await bob.ask("members", roomId="lobby")).cursor


async def test_a_reply_fits_into_one_message(chat: ChatForTests):
    """A full page of the longest ids and names that tokens may carry is cut, and goes on by cursor."""
    for number in range(500):
        client = await chat.connect(f"{'あ' * 124}{number:04}", name="🦊" * 64, room="lobby")

    pages = await all_pages(client)

    assert (500, True) == (
        sum(len(page) for page in pages),
        all(len(text.encode()) <= MESSAGE_BYTES_MAX for text in client.texts),
    )


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ("forbidden", {"roomId": "secret"}),
        ("invalidRoomId", {"roomId": ""}),
        ("invalidCommand", {}),
        ("invalidCommand", {"roomId": "lobby", "limit": 0}),
        ("invalidCursor", {"roomId": "lobby", "cursor": "nonsense"}),
        ("invalidCursor", {"roomId": "lobby", "cursor": encode_cursor(MemberCursor("other", "alice"))}),
    ],
)
async def test_a_wrong_command_is_refused(chat: ChatForTests, expected: str, data: dict[str, object]):
    """The error has the name."""
    alice = await chat.connect("alice", rooms=["lobby"])

    assert expected == alice.error_to(await alice.send("members", **data)).name


async def test_a_token_without_read_may_not(chat: ChatForTests):
    """Who is there is part of what is read."""
    bot = await chat.connect("bot", can=["send"])

    assert "forbidden" == bot.error_to(await bot.send("members", roomId="lobby")).name
