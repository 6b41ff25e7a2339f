"""`join`: receive a room's pushes, and catch up."""

from collections.abc import Awaitable

import pytest

from talkroom.chat.model.limits import Limits
from talkroom.chat.model.message import Page, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.protocol.frames import Joined, MessageBody
from talkroom.chat.usecases.join_room import find_gap
from talkroom.storage.memory import MemoryMessageLog
from talkroom.storage.retention import UNLIMITED, Retention
from talkroom.testing import ChatForTests, FakeClock, FaultyLog, SequentialIds, V1Client, a_chat
from talkroom.testing.clock import START_MS


async def with_messages(chat: ChatForTests, count: int, room: str = "lobby") -> None:
    """Let somebody say `count` things in a room."""
    bob = await chat.connect("bob")
    for number in range(1, count + 1):
        await bob.say(room, f"message {number}")


async def pages_from(client: V1Client, first: Joined) -> list[list[int]]:
    """The sequences of a resumption's pages: the reply's own, and those that its cursors lead to."""
    pages = [[body.sequence for body in first.messages or []]]
    cursor = first.cursor
    while cursor is not None:
        page = await client.ask("history", roomId=first.room_id, cursor=cursor)
        pages.append([body.sequence for body in page.messages])
        cursor = page.cursor
    return pages


class InterruptedLog(MemoryMessageLog):
    """A log in memory, before whose next reading something else happens."""

    interruption: Awaitable[object] | None = None

    async def read_after(self, room: RoomId, sequence: int, limit: int) -> Page:
        """As the port says."""
        if self.interruption is not None:
            await self.interruption
            self.interruption = None
        return await super().read_after(room, sequence, limit)


class TestJoining:
    """Pushes come from now on."""

    async def test_the_reply_tells_where_the_log_stands(self, chat: ChatForTests):
        """Epoch, the newest sequence and the oldest."""
        await with_messages(chat, 3)
        alice = await chat.connect("alice")

        ref = await alice.send("join", roomId="lobby")

        assert Joined("lobby", "e1", 3, 1) == alice.reply_to(ref)

    async def test_a_room_without_messages_has_a_position_too(self, chat: ChatForTests):
        """Its first message will carry the epoch."""
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby")

        assert (Joined("lobby", "e1", 0, 1), "e1") == (joined, (await alice.say("lobby", "hi")).epoch)

    async def test_pushes_come_after_joining(self, chat: ChatForTests):
        """And not before."""
        alice = await chat.connect("alice")
        bob = await chat.connect("bob")
        await bob.say("lobby", "before")

        await alice.ask("join", roomId="lobby")
        await bob.say("lobby", "after")

        assert ["after"] == [push.message for push in alice.pushes]

    async def test_one_connection_may_be_in_several_rooms(self, chat: ChatForTests):
        """Each push names its room."""
        alice = await chat.connect("alice", room="a")
        await alice.ask("join", roomId="b")
        bob = await chat.connect("bob")

        for room in ("a", "b", "c"):
            await bob.say(room, "hi")

        assert ["a", "b"] == [push.room_id for push in alice.pushes]

    async def test_joining_twice_is_joining_once(self, chat: ChatForTests):
        """Every message comes once."""
        alice = await chat.connect("alice", room="lobby")
        await alice.ask("join", roomId="lobby")

        await alice.say("lobby", "hi")

        assert 1 == len(alice.pushes)

    async def test_a_plain_connection_may_join_another_room(self, chat: ChatForTests):
        """Without a reply."""
        alice = await chat.connect_plain("alice", room="a")
        await alice.send("join", roomId="b")
        bob = await chat.connect("bob")

        await bob.say("b", "hi")

        assert ["hi"] == alice.texts

    @pytest.mark.parametrize("room", ["部屋", "room 1", "a,b", "50%"])
    async def test_a_room_joined_by_command_is_the_one_joined_by_handshake(self, chat: ChatForTests, room: str):
        """Percent-encoding is a matter of the handshake only."""
        alice = await chat.connect("alice", room=room)
        bob = await chat.connect("bob")
        await bob.ask("join", roomId=room)

        await alice.say(room, "hi")

        assert [room] == [push.room_id for push in bob.pushes]


class TestRefusals:
    """What is refused subscribes to nothing."""

    @pytest.mark.parametrize(
        ("expected", "data"),
        [
            ("forbidden", {"roomId": "other"}),
            ("invalidRoomId", {"roomId": ""}),
            ("invalidRoomId", {"roomId": "a\nb"}),
            ("invalidCommand", {}),
            ("invalidCommand", {"roomId": None}),
            ("invalidCommand", {"roomId": "lobby", "after": "1"}),
        ],
    )
    async def test_a_refused_join_subscribes_to_nothing(
        self, chat: ChatForTests, expected: str, data: dict[str, object]
    ):
        """The error has the name."""
        alice = await chat.connect("alice", rooms=["lobby"])

        error = alice.error_to(await alice.send("join", **data))

        assert (expected, []) == (error.name, list(await chat.subscriptions.of_connection(alice.connection_id)))

    async def test_a_token_without_read_may_not_join(self, chat: ChatForTests):
        """Pushes are reading."""
        bot = await chat.connect("bot", can=["send"])

        assert "forbidden" == bot.error_to(await bot.send("join", roomId="lobby")).name

    async def test_an_expired_token_may_not_join(self, chat: ChatForTests):
        """It is told to refresh."""
        alice = await chat.connect("alice", expires_in_ms=1000)
        chat.clock.advance(1000)

        assert "tokenExpired" == alice.error_to(await alice.send("join", roomId="lobby")).name

    async def test_a_connection_joins_so_many_rooms_and_no_more(self):
        """With a sentence that says what to do."""
        chat = await a_chat(limits=Limits(rooms_per_connection_max=2))
        alice = await chat.connect("alice", room="a")
        await alice.ask("join", roomId="b")

        error = alice.error_to(await alice.send("join", roomId="c"))

        assert (
            "tooManyRooms",
            "The connection has joined 2 rooms, which is the limit; leave one, or open another connection.",
        ) == (error.name, error.detail)

    async def test_at_the_limit_a_room_may_be_joined_again(self):
        """To resume it."""
        chat = await a_chat(limits=Limits(rooms_per_connection_max=1))
        alice = await chat.connect("alice", room="a")

        assert "a" == (await alice.ask("join", roomId="a")).room_id

    async def test_after_leaving_one_another_may_be_joined(self):
        """The limit counts what is joined now."""
        chat = await a_chat(limits=Limits(rooms_per_connection_max=1))
        alice = await chat.connect("alice", room="a")
        await alice.ask("leave", roomId="a")

        assert "b" == (await alice.ask("join", roomId="b")).room_id


class TestResuming:
    """`join` with the last sequence and epoch answers with what was missed."""

    async def test_what_was_missed_is_in_the_reply(self, chat: ChatForTests):
        """All that came after the sequence."""
        await with_messages(chat, 3)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=1, epoch="e1")

        assert (
            Joined(
                "lobby",
                "e1",
                3,
                1,
                True,
                None,
                [
                    MessageBody(2, "m2", "bob", "Bob", START_MS, "message 2"),
                    MessageBody(3, "m3", "bob", "Bob", START_MS, "message 3"),
                ],
            )
            == joined
        )

    async def test_a_client_that_missed_nothing_is_told_so(self, chat: ChatForTests):
        """`resumed`, and no messages."""
        await with_messages(chat, 3)
        alice = await chat.connect("alice")

        assert Joined("lobby", "e1", 3, 1, True, None, []) == await alice.ask(
            "join", roomId="lobby", after=3, epoch="e1"
        )

    async def test_resuming_from_the_beginning_is_everything(self, chat: ChatForTests):
        """0 is the sequence before the first."""
        await with_messages(chat, 3)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=0, epoch="e1")

        assert [1, 2, 3] == [body.sequence for body in joined.messages]

    async def test_what_does_not_fit_follows_by_cursor(self):
        """Over as many pages as it takes, none twice and none left out."""
        chat = await a_chat(limits=Limits(page_messages_max=3))
        await with_messages(chat, 10)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=2, epoch="e1")

        assert [[3, 4, 5], [6, 7, 8], [9, 10]] == await pages_from(alice, joined)

    async def test_pages_end_at_their_bytes_too(self):
        """A reply must fit into one message."""
        chat = await a_chat(limits=Limits(page_bytes_max=250))
        await with_messages(chat, 5)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=0, epoch="e1")

        assert [[1, 2], [3, 4], [5]] == await pages_from(alice, joined)

    async def test_a_message_stored_while_joining_is_in_the_reply_and_pushed(self):
        """The subscription is made before the log is read, so that nothing falls between the two."""
        clock = FakeClock()
        log = InterruptedLog(clock, SequentialIds("e"), UNLIMITED)
        chat = await a_chat(clock=clock, log=log)
        alice = await chat.connect("alice")
        bob = await chat.connect("bob")
        log.interruption = bob.say("lobby", "just now")

        joined = await alice.ask("join", roomId="lobby", after=0, epoch="e1")

        assert ([1], [1]) == (
            [body.sequence for body in joined.messages],
            [push.sequence for push in alice.messages],
        )

    async def test_messages_that_come_between_pages_are_pushed(self):
        """And are in the pages, which read to the end of the log."""
        chat = await a_chat(limits=Limits(page_messages_max=2))
        await with_messages(chat, 3)
        alice = await chat.connect("alice")
        joined = await alice.ask("join", roomId="lobby", after=0, epoch="e1")
        await with_messages(chat, 1)

        assert ([[1, 2], [3, 4]], [4]) == (
            await pages_from(alice, joined),
            [push.sequence for push in alice.messages],
        )

    async def test_another_epoch_cannot_be_resumed(self, chat: ChatForTests):
        """The log started again; the client is told where it stands and starts afresh."""
        await with_messages(chat, 3)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=1, epoch="e0")

        assert Joined("lobby", "e1", 3, 1, False, "epochChanged") == joined

    async def test_a_position_without_an_epoch_is_refused(self, chat: ChatForTests):
        """A bare sequence may be of any incarnation; nothing is subscribed."""
        alice = await chat.connect("alice")

        error = alice.error_to(await alice.send("join", roomId="lobby", after=1))

        assert ("invalidCommand", []) == (
            error.name,
            list(await chat.subscriptions.of_connection(alice.connection_id)),
        )

    async def test_the_beginning_needs_no_epoch(self, chat: ChatForTests):
        """A client that has seen nothing of a room cannot know it."""
        await with_messages(chat, 3)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=0)

        assert (True, [1, 2, 3]) == (joined.resumed, [body.sequence for body in joined.messages])

    async def test_a_client_ahead_of_the_log_cannot_be_resumed(self, chat: ChatForTests):
        """It saw what the log has lost, or it errs; either way it is told."""
        await with_messages(chat, 3)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=4, epoch="e1")

        assert Joined("lobby", "e1", 3, 1, False, "ahead") == joined

    async def test_the_largest_sequence_that_json_knows_is_ahead(self, chat: ChatForTests):
        """And breaks nothing."""
        alice = await chat.connect("alice")
        await alice.say("lobby", "hi")

        assert "ahead" == (await alice.ask("join", roomId="lobby", after=2**53 - 1, epoch="e1")).reason

    async def test_a_join_that_cannot_be_resumed_is_a_join(self, chat: ChatForTests):
        """Pushes come all the same."""
        alice = await chat.connect("alice")
        await alice.ask("join", roomId="lobby", after=5, epoch="e0")

        await alice.say("lobby", "hi")

        assert ["hi"] == [push.message for push in alice.pushes]

    async def test_a_log_that_is_down_is_said(self):
        """`unavailable`, to be retried."""
        log = FaultyLog((await a_chat()).log)
        chat = await a_chat(log=log)
        alice = await chat.connect("alice")
        log.break_down()

        error = alice.error_to(await alice.send("join", roomId="lobby", after=0, epoch="e1"))

        assert ("unavailable", True) == (error.name, error.retry)


@pytest.mark.parametrize(
    ("expected", "position", "after", "epoch"),
    [
        (None, Position("e1", 9, 1), 0, "e1"),
        (None, Position("e1", 9, 1), 9, "e1"),
        (None, Position("e1", 9, 5), 4, "e1"),
        ("expired", Position("e1", 9, 5), 3, "e1"),
        ("expired", Position("e1", 9, 5), 0, "e1"),
        ("ahead", Position("e1", 9, 5), 10, "e1"),
        (None, Position("e1", 0, 1), 0, "e1"),
        ("ahead", Position("e1", 0, 1), 1, "e1"),
        (None, Position("e1", 9, 10), 9, "e1"),
        ("expired", Position("e1", 9, 10), 8, "e1"),
        ("epochChanged", Position("e1", 9, 1), 0, "e2"),
        (None, Position("e1", 9, 1), 0, None),
        ("expired", Position("e1", 9, 5), 0, None),
        ("epochChanged", Position("e1", 9, 5), 99, "e2"),
    ],
)
def test_why_a_gap_cannot_be_closed(expected: str | None, position: Position, after: int, epoch: str | None):
    """The epoch counts first; a log of which everything has expired still knows its last sequence."""
    assert expected == find_gap(position, after, epoch)


class TestRetention:
    """Logs that have lost their beginning, or everything."""

    async def test_a_client_that_was_away_too_long_cannot_be_resumed(self):
        """Part of what it missed is gone; it is told from where on the log still goes."""
        chat = await a_chat(retention=Retention(max_messages=2))
        await with_messages(chat, 5)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=2, epoch="e1")

        assert Joined("lobby", "e1", 5, 4, False, "expired") == joined

    async def test_a_client_that_missed_only_what_is_kept_is_resumed(self):
        """The message before the oldest is the last it saw."""
        chat = await a_chat(retention=Retention(max_messages=2))
        await with_messages(chat, 5)
        alice = await chat.connect("alice")

        joined = await alice.ask("join", roomId="lobby", after=3, epoch="e1")

        assert [4, 5] == [body.sequence for body in joined.messages]

    async def test_a_log_that_expired_whole_starts_again(self):
        """In another epoch, so that nobody takes its new first message for the old one."""
        chat = await a_chat(retention=Retention(max_age_s=60))
        await with_messages(chat, 5)
        alice = await chat.connect("alice")
        chat.clock.advance(61_000)

        joined = await alice.ask("join", roomId="lobby", after=5, epoch="e1")

        assert Joined("lobby", "e2", 0, 1, False, "epochChanged") == joined
