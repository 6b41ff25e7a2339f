"""Reading a room's log in both directions, a page at a time."""

import asyncio

import pytest

from talkroom.chat.model.message import Page
from talkroom.chat.ports import MessageLog
from tests.contracts.given import ATTIC, LOBBY, a_draft
from tests.contracts.message_log_fixtures import MessageLogFixtures, PurgeableLog


def sequences(page: Page) -> list[int]:
    """Of its messages, in their order."""
    return [message.sequence for message in page.messages]


class PageContract(MessageLogFixtures):
    """What `read_after` and `read_before` promise."""

    @pytest.fixture
    async def ten(self, log: PurgeableLog) -> MessageLog:
        """A log with ten messages in the lobby."""
        await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number in range(1, 11)])
        return log

    @pytest.mark.parametrize(
        ("sequence", "limit", "expected", "more"),
        [
            (0, 3, [1, 2, 3], True),
            (3, 3, [4, 5, 6], True),
            (7, 3, [8, 9, 10], False),
            (8, 3, [9, 10], False),
            (9, 1, [10], False),
            (0, 10, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], False),
            (10, 3, [], False),
            (99, 3, [], False),
            (2**70, 3, [], False),
            (-5, 2, [1, 2], True),
            (0, 0, [], True),
            (10, 0, [], False),
            (4, 2**70, [5, 6, 7, 8, 9, 10], False),
        ],
    )
    async def test_after(self, ten: MessageLog, sequence: int, limit: int, expected: list[int], more: bool) -> None:
        """The oldest messages after a sequence, ascending; `more` says whether newer ones follow."""
        page = await ten.read_after(LOBBY, sequence, limit)

        assert (expected, more) == (sequences(page), page.more)

    @pytest.mark.parametrize(
        ("sequence", "limit", "expected", "more"),
        [
            (None, 3, [8, 9, 10], True),
            (8, 3, [5, 6, 7], True),
            (4, 3, [1, 2, 3], False),
            (3, 3, [1, 2], False),
            (2, 1, [1], False),
            (None, 10, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], False),
            (1, 3, [], False),
            (0, 3, [], False),
            (-5, 3, [], False),
            (11, 2, [9, 10], True),
            (2**70, 2, [9, 10], True),
            (None, 0, [], True),
            (1, 0, [], False),
            (4, 2**70, [1, 2, 3], False),
        ],
    )
    async def test_before(
        self, ten: MessageLog, sequence: int | None, limit: int, expected: list[int], more: bool
    ) -> None:
        """The newest messages before a sequence or of all, ascending; `more` says whether older ones come before."""
        page = await ten.read_before(LOBBY, sequence, limit)

        assert (expected, more) == (sequences(page), page.more)

    async def test_a_page_tells_the_position(self, ten: MessageLog) -> None:
        """The same that `position` gives, whichever part of the log is read."""
        position = await ten.position(LOBBY)

        assert position == (await ten.read_after(LOBBY, 4, 2)).position
        assert position == (await ten.read_before(LOBBY, 4, 2)).position

    async def test_a_page_holds_the_messages_that_were_appended(self, log: MessageLog) -> None:
        """Field by field."""
        appended = [(await log.append(a_draft(f"id-{number}", text=f"text {number}"))).message for number in range(3)]

        assert tuple(appended) == (await log.read_after(LOBBY, 0, 10)).messages
        assert tuple(appended) == (await log.read_before(LOBBY, None, 10)).messages

    async def test_a_room_is_read_alone(self, ten: MessageLog) -> None:
        """What is said elsewhere is not on the page."""
        appended = await ten.append(a_draft("id-1", room=ATTIC))

        page = await ten.read_before(ATTIC, None, 10)

        assert ((appended.message,), False) == (page.messages, page.more)

    async def test_an_unknown_room_is_empty(self, log: MessageLog) -> None:
        """In both directions, without more, at the position of an unknown room."""
        position = await log.position(LOBBY)

        assert Page(position, (), more=False) == await log.read_after(LOBBY, 0, 10)
        assert Page(position, (), more=False) == await log.read_before(LOBBY, None, 10)

    async def test_pages_forward_meet_all_messages_once(self, ten: MessageLog) -> None:
        """Going on after the last message of each page until there is no more."""
        found, more = [0], True
        while more:
            page = await ten.read_after(LOBBY, found[-1], 3)
            found += sequences(page)
            more = page.more

        assert list(range(11)) == found

    async def test_pages_backward_meet_all_messages_once(self, ten: MessageLog) -> None:
        """Going on before the first message of each page until there is no more."""
        found, more = [11], True
        while more:
            page = await ten.read_before(LOBBY, found[0], 3)
            found = sequences(page) + found
            more = page.more

        assert list(range(1, 12)) == found

    async def test_a_page_is_consistent_while_messages_arrive(self, log: MessageLog) -> None:
        """Position and messages are of one moment: the page ends with the position's last message."""
        appends = [asyncio.ensure_future(log.append(a_draft(f"id-{number}"))) for number in range(200)]
        pages = await asyncio.gather(*[log.read_before(LOBBY, None, 5) for _ in range(50)])
        await asyncio.gather(*appends)

        ends = [(page.position.last, sequences(page)) for page in pages]
        assert [(last, list(range(max(1, last - 4), last + 1))) for last, _ in ends] == ends
