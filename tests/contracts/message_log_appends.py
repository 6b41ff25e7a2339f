"""Order, durability as far as one process sees it, idempotency, text, and the end."""

import asyncio

import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode, Unavailable
from talkroom.chat.model.message import Appended, Message, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import MessageLog
from tests.contracts.given import ATTIC, LOBBY, a_draft
from tests.contracts.message_log_fixtures import MessageLogFixtures

STRANGE_TEXTS = [
    "こんにちは",
    "👩‍👩‍👧‍👦 🏳️‍🌈 \U0010ffff",
    "a\x00b\x00",
    "quotes \" and \\ and ' and ] } ,",
    "line\r\nbreak\ttab\x7f\x1f",
    "\u2028\u2029\ufeff\uffff\u202e",
    "e\u0301 is not \u00e9",
    "x" * 100_000,
]


class AppendContract(MessageLogFixtures):
    """What `append` promises when nothing expires."""

    async def test_a_message_is_its_draft_with_epoch_and_sequence(self, log: MessageLog) -> None:
        """Everything the draft says is in the message, and nothing else but where it is in the log."""
        epoch = (await log.position(LOBBY)).epoch

        appended = await log.append(a_draft("id-7", sender="bob", name="Bob", text="hi"))

        expected = Message(
            room=LOBBY,
            epoch=epoch,
            sequence=1,
            id="id-7",
            sender="bob",
            name="Bob",
            sent_at_ms=1_700_000_000_000,
            text="hi",
        )
        assert Appended(expected, duplicate=False) == appended

    async def test_sequences_are_consecutive_from_one(self, log: MessageLog) -> None:
        """One append after another, each takes the next sequence."""
        sequences = [(await log.append(a_draft(f"id-{number}"))).message.sequence for number in range(5)]

        assert sequences == [1, 2, 3, 4, 5]

    async def test_each_room_counts_for_itself(self, log: MessageLog) -> None:
        """A message in one room leaves the others as they were."""
        await log.append(a_draft("id-1", room=LOBBY))
        await log.append(a_draft("id-2", room=LOBBY))

        appended = await log.append(a_draft("id-3", room=ATTIC))

        assert appended.message.sequence == 1

    async def test_concurrent_appends_leave_no_hole(self, log: MessageLog) -> None:
        """Hundreds of appends under way at once take consecutive sequences, each its own."""
        appends = [log.append(a_draft(f"id-{number}", sender=f"user-{number % 50}")) for number in range(600)]
        appended = await asyncio.gather(*appends)

        assert list(range(1, 601)) == sorted(each.message.sequence for each in appended)

    async def test_concurrent_appends_to_several_rooms_leave_no_hole(self, log: MessageLog) -> None:
        """What is under way in another room at the same time takes no sequence away."""
        rooms = [RoomId(f"room-{number}") for number in range(7)]
        await asyncio.gather(*[log.append(a_draft(f"id-{number}", room=rooms[number % 7])) for number in range(350)])

        pages = [await log.read_after(room, 0, 100) for room in rooms]

        assert [list(range(1, 51))] * 7 == [[each.sequence for each in page.messages] for page in pages]

    async def test_concurrent_appends_return_in_order_of_sequence(self, log: MessageLog) -> None:
        """Callers go on in the order of the log, so that pushes leave in that order too."""
        sequences: list[int] = []

        async def append(number: int) -> None:
            sequences.append((await log.append(a_draft(f"id-{number}"))).message.sequence)

        await asyncio.gather(*[append(number) for number in range(100)])

        assert list(range(1, 101)) == sequences

    async def test_appends_of_one_caller_keep_their_order(self, log: MessageLog) -> None:
        """What is appended first has the lower sequence, also when nobody waits for the result in between."""
        appended = await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number in range(100)])

        assert list(range(1, 101)) == [each.message.sequence for each in appended]

    async def test_what_append_returned_is_there_for_the_next_read(self, log: MessageLog) -> None:
        """Reads see every message that was acknowledged before they began."""
        appended = await log.append(a_draft())

        page = await log.read_after(LOBBY, 0, 10)

        assert (appended.message,) == page.messages

    async def test_a_repeated_draft_gets_the_first_message(self, log: MessageLog) -> None:
        """The second attempt stores nothing and says that it did not."""
        first = await log.append(a_draft())

        again = await log.append(a_draft())

        assert Appended(first.message, duplicate=True) == again
        assert (first.message,) == (await log.read_after(LOBBY, 0, 10)).messages

    async def test_a_repeated_draft_gets_the_first_message_whatever_else_it_says(self, log: MessageLog) -> None:
        """Sender and id name the message; a changed text does not make another one."""
        first = await log.append(a_draft(text="hello", name="Alice"))

        again = await log.append(a_draft(text="good-bye", name="Alicia", retry_after=0, retry_epoch="of another log"))

        assert Appended(first.message, duplicate=True) == again

    async def test_a_draft_is_recognised_after_other_messages(self, log: MessageLog) -> None:
        """However many messages lie between the attempts."""
        first = await log.append(a_draft("id-first"))
        await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number in range(300)])

        again = await log.append(a_draft("id-first"))

        assert Appended(first.message, duplicate=True) == again

    async def test_a_duplicate_takes_no_sequence(self, log: MessageLog) -> None:
        """The message after a repeated draft follows the one before it."""
        await log.append(a_draft("id-1"))
        await log.append(a_draft("id-1"))

        appended = await log.append(a_draft("id-2"))

        assert appended.message.sequence == 2

    async def test_concurrent_attempts_store_one_message(self, log: MessageLog) -> None:
        """Of attempts under way at once one stores the message, and all return it."""
        appended = await asyncio.gather(*[log.append(a_draft()) for _ in range(100)])

        assert {1} == {each.message.sequence for each in appended}
        assert [each.duplicate for each in appended].count(False) == 1
        assert (await log.position(LOBBY)).last == 1

    async def test_concurrent_attempts_among_others_leave_no_hole(self, log: MessageLog) -> None:
        """Each of 100 drafts three times, mixed: 100 messages, and each attempt gets its own one."""
        appended = await asyncio.gather(*[log.append(a_draft(f"id-{number % 100}")) for number in range(300)])

        assert list(range(1, 101)) == sorted(each.message.sequence for each in appended if not each.duplicate)
        assert [f"id-{number % 100}" for number in range(300)] == [each.message.id for each in appended]

    async def test_the_same_id_of_another_sender_is_another_message(self, log: MessageLog) -> None:
        """Clients choose ids without knowing of each other."""
        await log.append(a_draft(sender="alice"))

        appended = await log.append(a_draft(sender="bob"))

        assert (appended.message.sequence, appended.duplicate) == (2, False)

    async def test_the_same_id_in_another_room_is_another_message(self, log: MessageLog) -> None:
        """A name counts within its room, so nobody learns through it what is said in another."""
        await log.append(a_draft(room=LOBBY))

        appended = await log.append(a_draft(room=ATTIC))

        assert (appended.message.sequence, appended.duplicate) == (1, False)

    @pytest.mark.parametrize("text", STRANGE_TEXTS, ids=range(len(STRANGE_TEXTS)))
    async def test_text_comes_back_as_it_was(self, log: MessageLog, text: str) -> None:
        """No character is lost, replaced or normalised: in text, name, sender and id, stored, read and repeated."""
        appended = await log.append(a_draft(id=text, sender=text, name=text, text=text))
        again = await log.append(a_draft(id=text, sender=text))
        (read,) = (await log.read_after(LOBBY, 0, 10)).messages

        assert (text, text, text, text) == (read.id, read.sender, read.name, read.text)
        assert appended.message == read == again.message

    async def test_rooms_whose_names_look_alike_are_different(self, log: MessageLog) -> None:
        """Names are compared code point by code point."""
        rooms = [RoomId(name) for name in ("a", "A", "a ", "á", "a\u0301", "a\x00", "a\x00b", "%61", "a'", "%")]

        for room in rooms:
            await log.append(a_draft(room=room, text=room))

        pages = [await log.read_after(room, 0, 10) for room in rooms]
        assert [[room] for room in rooms] == [[message.text for message in page.messages] for page in pages]

    @pytest.mark.parametrize("field", ["room", "sender", "name", "id", "text"])
    async def test_an_unpaired_surrogate_is_refused(self, log: MessageLog, field: str) -> None:
        """It is no text that can be kept, and must harm neither the log nor the appends beside it."""
        refused = log.append(a_draft(**{"id": "id-2", field: "\ud83d broken"}))  # type: ignore[arg-type]
        first, error, last = await asyncio.gather(
            log.append(a_draft("id-1")), refused, log.append(a_draft("id-3")), return_exceptions=True
        )

        assert isinstance(error, ClientError)
        assert ErrorCode.INVALID_COMMAND is error.code
        assert isinstance(first, Appended)
        assert isinstance(last, Appended)
        assert (first.message.sequence, last.message.sequence) == (1, 2)

    async def test_reading_a_room_that_no_text_names_is_refused(self, log: MessageLog) -> None:
        """The same rule as for drafts."""
        with pytest.raises(ClientError):
            await log.read_after(RoomId("\udc00"), 0, 10)

    async def test_an_unknown_room_has_a_position(self, log: MessageLog) -> None:
        """Its last sequence is the beginning, and the oldest that is kept would be the first."""
        position = await log.position(LOBBY)

        assert Position(position.epoch, last=0, oldest=1) == position
        assert position.epoch

    async def test_asking_for_a_position_changes_nothing(self, log: MessageLog) -> None:
        """Twice the same answer, and the first message carries the epoch that it names."""
        positions = [await log.position(LOBBY), await log.position(LOBBY)]

        appended = await log.append(a_draft())

        assert [appended.message.epoch] * 2 == [position.epoch for position in positions]

    async def test_the_position_follows_the_messages(self, log: MessageLog) -> None:
        """The last sequence grows, and with everything kept the oldest is the first."""
        await log.append(a_draft("id-1"))
        appended = await log.append(a_draft("id-2"))

        position = await log.position(LOBBY)

        assert Position(appended.message.epoch, last=2, oldest=1) == position

    async def test_after_close_every_call_raises_unavailable(self, log: MessageLog) -> None:
        """The log says that it is closed; it does not hang and does not lose anything silently."""
        await log.close()

        for call in (
            log.append(a_draft()),
            log.read_after(LOBBY, 0, 10),
            log.read_before(LOBBY, None, 10),
            log.position(LOBBY),
        ):
            with pytest.raises(Unavailable):
                await call

    async def test_closing_twice_is_harmless(self, log: MessageLog) -> None:
        """Also at the same time."""
        await asyncio.gather(log.close(), log.close())

        await log.close()

        with pytest.raises(Unavailable):
            await log.position(LOBBY)

    async def test_close_finishes_what_was_begun(self, log: MessageLog) -> None:
        """Appends that were under way when the log was closed return their messages."""
        appends = [asyncio.ensure_future(log.append(a_draft(f"id-{number}"))) for number in range(100)]
        await asyncio.sleep(0)  # lets each of them begin
        await log.close()

        appended = await asyncio.gather(*appends)

        assert list(range(1, 101)) == [each.message.sequence for each in appended]
