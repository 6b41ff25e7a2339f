"""Retries: drafts that say when they were first sent, and what is answered when nobody can tell whether they were stored."""

import asyncio

import pytest

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.message import Appended
from talkroom.storage.retention import Retention
from tests.contracts.given import LOBBY, Clock, a_draft
from tests.contracts.message_log_fixtures import MessageLogFixtures, OpenLog, PurgeableLog


class RetryContract(MessageLogFixtures):
    """What `retry_after` and `retry_epoch` mean."""

    @pytest.fixture
    async def trimmed(self, open_log: OpenLog) -> PurgeableLog:
        """A log that keeps three messages of a room, id-4 to id-6 of six."""
        log = await open_log(Retention(max_messages=3))
        for number in range(1, 7):
            await log.append(a_draft(f"id-{number}"))
        return log

    async def test_a_retry_that_is_found_gets_the_first_message(self, log: PurgeableLog) -> None:
        """As any repeated draft."""
        first = await log.append(a_draft("id-1"))
        await log.append(a_draft("id-2"))

        again = await log.append(a_draft("id-1", retry_after=0, retry_epoch=first.message.epoch))

        assert Appended(first.message, duplicate=True) == again

    async def test_a_retry_that_was_never_stored_is_stored(self, log: PurgeableLog) -> None:
        """Nothing after `retry_after` was removed, so the message would have been found."""
        first = await log.append(a_draft("id-1"))

        appended = await log.append(a_draft("id-2", retry_after=1, retry_epoch=first.message.epoch))

        assert (appended.message.sequence, appended.duplicate) == (2, False)

    async def test_a_retry_of_a_rooms_first_message_is_stored(self, log: PurgeableLog) -> None:
        """The client had seen the beginning, in the epoch that the room's position named."""
        position = await log.position(LOBBY)

        appended = await log.append(a_draft(retry_after=position.last, retry_epoch=position.epoch))

        assert (appended.message.sequence, appended.duplicate) == (1, False)

    async def test_a_retry_from_before_what_was_removed_is_refused(self, trimmed: PurgeableLog) -> None:
        """Sequence 3 came after what the client had seen, and may have been this message."""
        with pytest.raises(ClientError) as refusal:
            await trimmed.append(a_draft("id-new", retry_after=2))

        assert ErrorCode.RETRY_TOO_LATE is refusal.value.code

    async def test_a_retry_from_just_after_what_was_removed_is_stored(self, trimmed: PurgeableLog) -> None:
        """Sequence 3 was removed, and the client had seen that one already."""
        appended = await trimmed.append(a_draft("id-new", retry_after=3))

        assert (appended.message.sequence, appended.duplicate) == (7, False)

    async def test_a_late_retry_that_is_still_found_gets_its_message(self, trimmed: PurgeableLog) -> None:
        """What was removed does not matter to a message that was not."""
        appended = await trimmed.append(a_draft("id-5", retry_after=0))

        assert (appended.message.sequence, appended.duplicate) == (5, True)

    async def test_a_removed_message_that_is_retried_is_refused(self, trimmed: PurgeableLog) -> None:
        """It was stored and everybody saw it; storing it again would show it twice."""
        with pytest.raises(ClientError) as refusal:
            await trimmed.append(a_draft("id-2", retry_after=1))

        assert ErrorCode.RETRY_TOO_LATE is refusal.value.code

    async def test_a_refused_retry_stores_nothing(self, trimmed: PurgeableLog) -> None:
        """And takes no sequence."""
        position = await trimmed.position(LOBBY)

        with pytest.raises(ClientError):
            await trimmed.append(a_draft("id-new", retry_after=0))

        assert position == await trimmed.position(LOBBY)

    async def test_a_draft_that_is_no_retry_is_never_too_late(self, trimmed: PurgeableLog) -> None:
        """It claims nothing that could be wrong."""
        appended = await trimmed.append(a_draft("id-new"))

        assert (appended.message.sequence, appended.duplicate) == (7, False)

    async def test_a_retry_of_another_epoch_is_refused(self, log: PurgeableLog) -> None:
        """Nothing is left of the log in which it may have been stored."""
        await log.append(a_draft("id-1"))

        with pytest.raises(ClientError) as refusal:
            await log.append(a_draft("id-new", retry_after=1, retry_epoch="of a lost file"))

        assert ErrorCode.RETRY_TOO_LATE is refusal.value.code

    async def test_a_retry_of_an_expired_log_is_refused(self, open_log: OpenLog, clock: Clock) -> None:
        """The room's log started again, so the epoch that the retry names is another one."""
        log = await open_log(Retention(max_age_s=10))
        first = await log.append(a_draft())
        clock.advance(seconds=10)

        with pytest.raises(ClientError) as refusal:
            await log.append(a_draft(retry_after=0, retry_epoch=first.message.epoch))

        assert ErrorCode.RETRY_TOO_LATE is refusal.value.code

    async def test_a_retry_from_before_what_expired_is_refused(self, open_log: OpenLog, clock: Clock) -> None:
        """Age removes as count does."""
        log = await open_log(Retention(max_age_s=10))
        first = await log.append(a_draft("id-1"))
        clock.advance(seconds=6)
        await log.append(a_draft("id-2"))
        clock.advance(seconds=4)

        with pytest.raises(ClientError) as refusal:
            await log.append(a_draft("id-1", retry_after=0, retry_epoch=first.message.epoch))

        assert ErrorCode.RETRY_TOO_LATE is refusal.value.code

    @pytest.mark.parametrize("retry_after", [2, 2**80])
    async def test_a_retry_from_after_the_end_is_refused(self, log: PurgeableLog, retry_after: int) -> None:
        """A sequence that this log never had was seen in another one, of which nothing is left."""
        await log.append(a_draft("id-1"))

        with pytest.raises(ClientError) as refusal:
            await log.append(a_draft("id-new", retry_after=retry_after))

        assert ErrorCode.RETRY_TOO_LATE is refusal.value.code

    async def test_a_refused_retry_does_no_harm_to_others(self, trimmed: PurgeableLog) -> None:
        """Appends that are under way at the same time are stored, without a hole."""
        drafts = [
            a_draft("a"),
            a_draft("b", retry_after=0),
            a_draft("c"),
            a_draft("d", retry_after=2**80),
            a_draft("e"),
        ]

        results = await asyncio.gather(*[trimmed.append(draft) for draft in drafts], return_exceptions=True)

        assert [each.message.sequence if isinstance(each, Appended) else None for each in results] == [
            7,
            None,
            8,
            None,
            9,
        ]
