"""What is kept, for how long, and what happens when nothing is.

Each test runs twice: what can be read depends on the limits, not on whether the space has been freed already.
"""

from collections.abc import Awaitable, Callable

import pytest

from talkroom.chat.model.message import Position
from talkroom.storage.retention import Retention
from tests.contracts.given import ATTIC, LOBBY, Clock, a_draft
from tests.contracts.message_log_fixtures import MessageLogFixtures, OpenLog, PurgeableLog
from tests.contracts.message_log_pages import sequences

Tidy = Callable[[PurgeableLog], Awaitable[None]]


class RetentionContract(MessageLogFixtures):
    """What the two limits promise."""

    @pytest.fixture(params=["unpurged", "purged"])
    def tidy(self, request: pytest.FixtureRequest) -> Tidy:
        """Frees the space of what was removed, or leaves it as it is."""

        async def purge(log: PurgeableLog) -> None:
            await log.purge()

        async def leave(log: PurgeableLog) -> None:
            pass

        return purge if request.param == "purged" else leave

    async def test_a_message_is_kept_until_it_reaches_its_age(
        self, open_log: OpenLog, clock: Clock, tidy: Tidy
    ) -> None:
        """A millisecond before, it is there."""
        log = await open_log(Retention(max_age_s=10))
        await log.append(a_draft())
        clock.advance(seconds=9.999)

        await tidy(log)

        assert sequences(await log.read_after(LOBBY, 0, 10)) == [1]

    async def test_a_message_past_its_age_is_gone(self, open_log: OpenLog, clock: Clock, tidy: Tidy) -> None:
        """In both directions, and the position says where the log begins now; sequences and epoch go on."""
        log = await open_log(Retention(max_age_s=10))
        epoch = (await log.append(a_draft("id-1"))).message.epoch
        clock.advance(seconds=6)
        await log.append(a_draft("id-2"))
        clock.advance(seconds=4)

        await tidy(log)

        after, before = await log.read_after(LOBBY, 0, 10), await log.read_before(LOBBY, None, 10)
        assert (sequences(after), sequences(before)) == ([2], [2])
        assert (after.more, before.more) == (False, False)
        assert Position(epoch, last=2, oldest=2) == await log.position(LOBBY) == after.position == before.position

    async def test_messages_over_the_count_are_gone(self, open_log: OpenLog, tidy: Tidy) -> None:
        """The newest stay; sequences and epoch go on."""
        log = await open_log(Retention(max_messages=3))
        epoch = (await log.position(LOBBY)).epoch
        for number in range(8):
            await log.append(a_draft(f"id-{number}"))

        await tidy(log)

        after, before = await log.read_after(LOBBY, 0, 10), await log.read_before(LOBBY, None, 10)
        assert (sequences(after), sequences(before)) == ([6, 7, 8], [6, 7, 8])
        assert Position(epoch, last=8, oldest=6) == await log.position(LOBBY) == after.position == before.position

    async def test_the_count_is_of_each_room(self, open_log: OpenLog, tidy: Tidy) -> None:
        """A busy room takes nothing from a quiet one."""
        log = await open_log(Retention(max_messages=2))
        await log.append(a_draft("id-1", room=ATTIC))
        for number in range(5):
            await log.append(a_draft(f"id-{number}", room=LOBBY))

        await tidy(log)

        assert sequences(await log.read_after(ATTIC, 0, 10)) == [1]

    async def test_both_limits_hold(self, open_log: OpenLog, clock: Clock, tidy: Tidy) -> None:
        """The stricter one decides, which may be either."""
        log = await open_log(Retention(max_age_s=10, max_messages=2))
        for number in range(3):
            await log.append(a_draft(f"id-{number}"))
            clock.advance(seconds=4)

        await tidy(log)
        by_count = await log.read_after(LOBBY, 0, 10)
        clock.advance(seconds=2)
        await tidy(log)
        by_age = await log.read_after(LOBBY, 0, 10)

        assert (sequences(by_count), sequences(by_age)) == ([2, 3], [3])

    async def test_pages_skip_what_was_removed(self, open_log: OpenLog, tidy: Tidy) -> None:
        """A reader who was further back goes on with the oldest that is kept, and can see from the position that it missed some."""
        log = await open_log(Retention(max_messages=4))
        for number in range(10):
            await log.append(a_draft(f"id-{number}"))

        await tidy(log)
        forward = await log.read_after(LOBBY, 2, 2)
        backward = await log.read_before(LOBBY, 9, 5)

        assert (sequences(forward), forward.more, forward.position.oldest) == ([7, 8], True, 7)
        assert (sequences(backward), backward.more) == ([7, 8], False)

    async def test_an_expired_log_starts_again_under_a_new_epoch(
        self, open_log: OpenLog, clock: Clock, tidy: Tidy
    ) -> None:
        """The position names the epoch that the next message will carry, and sequences begin at 1."""
        log = await open_log(Retention(max_age_s=10))
        first = (await log.append(a_draft("id-1"))).message
        await log.append(a_draft("id-2"))
        clock.advance(seconds=10)

        await tidy(log)
        position = await log.position(LOBBY)
        page = await log.read_before(LOBBY, None, 10)
        next_message = (await log.append(a_draft("id-3"))).message

        assert first.epoch != position.epoch
        assert Position(position.epoch, last=0, oldest=1) == position == page.position
        assert (page.messages, page.more) == ((), False)
        assert (position.epoch, 1) == (next_message.epoch, next_message.sequence)

    async def test_an_expired_log_starts_again_with_an_append(
        self, open_log: OpenLog, clock: Clock, tidy: Tidy
    ) -> None:
        """Also when nobody has read it in between."""
        log = await open_log(Retention(max_age_s=10))
        first = (await log.append(a_draft("id-1"))).message
        clock.advance(seconds=10)

        await tidy(log)
        again = (await log.append(a_draft("id-2"))).message

        assert first.epoch != again.epoch
        assert again.sequence == 1
        assert (again,) == (await log.read_after(LOBBY, 0, 10)).messages

    async def test_no_epoch_returns(self, open_log: OpenLog, clock: Clock, tidy: Tidy) -> None:
        """However often a room's log starts again, and whatever happens in others."""
        log = await open_log(Retention(max_age_s=10))
        epochs = []
        for number in range(4):
            epochs.append((await log.append(a_draft("id-1"))).message.epoch)
            await log.append(a_draft("id-1", room=ATTIC if number % 2 else LOBBY))
            clock.advance(seconds=10)
            await tidy(log)

        assert len(set(epochs)) == 4

    async def test_a_log_that_lives_keeps_its_epoch_when_others_expire(
        self, open_log: OpenLog, clock: Clock, tidy: Tidy
    ) -> None:
        """An epoch is the log's own."""
        log = await open_log(Retention(max_age_s=10))
        await log.append(a_draft("id-1", room=ATTIC))
        first = (await log.append(a_draft("id-1", room=LOBBY))).message
        clock.advance(seconds=6)
        await log.append(a_draft("id-2", room=LOBBY))
        clock.advance(seconds=4)

        await tidy(log)
        await log.position(ATTIC)
        appended = (await log.append(a_draft("id-3", room=LOBBY))).message

        assert (first.epoch, 3) == (appended.epoch, appended.sequence)

    async def test_the_count_never_empties_a_log(self, open_log: OpenLog, tidy: Tidy) -> None:
        """The newest message stays, so the log goes on."""
        log = await open_log(Retention(max_messages=1))
        epochs = [(await log.append(a_draft(f"id-{number}"))).message.epoch for number in range(5)]

        await tidy(log)

        assert len(set(epochs)) == 1
        assert sequences(await log.read_after(LOBBY, 0, 10)) == [5]

    async def test_the_id_of_a_message_past_its_age_is_free(self, open_log: OpenLog, clock: Clock, tidy: Tidy) -> None:
        """A draft without `retry_after` that repeats it is a new message."""
        log = await open_log(Retention(max_age_s=10))
        await log.append(a_draft("id-1"))
        clock.advance(seconds=6)
        await log.append(a_draft("id-2"))
        clock.advance(seconds=4)

        await tidy(log)
        appended = await log.append(a_draft("id-1", text="again"))

        assert (appended.message.sequence, appended.duplicate) == (3, False)
        assert sequences(await log.read_after(LOBBY, 0, 10)) == [2, 3]

    async def test_the_id_of_a_message_over_the_count_is_free(self, open_log: OpenLog, tidy: Tidy) -> None:
        """As with age."""
        log = await open_log(Retention(max_messages=2))
        for number in range(1, 4):
            await log.append(a_draft(f"id-{number}"))

        await tidy(log)
        appended = await log.append(a_draft("id-1", text="again"))
        again = await log.append(a_draft("id-1"))

        assert (appended.message.sequence, appended.duplicate) == (4, False)
        assert (again.message.sequence, again.duplicate, again.message.text) == (4, True, "again")

    async def test_a_kept_message_is_recognised(self, open_log: OpenLog, tidy: Tidy) -> None:
        """The oldest that is kept as well as the newest."""
        log = await open_log(Retention(max_messages=2))
        for number in range(1, 4):
            await log.append(a_draft(f"id-{number}"))

        await tidy(log)
        repeated = [await log.append(a_draft("id-2")), await log.append(a_draft("id-3"))]

        assert [(each.message.sequence, each.duplicate) for each in repeated] == [(2, True), (3, True)]

    async def test_a_clock_that_steps_back_tears_no_hole(self, open_log: OpenLog, clock: Clock, tidy: Tidy) -> None:
        """A message counts as stored no earlier than the one before it, and does not expire before it either."""
        log = await open_log(Retention(max_age_s=10))
        await log.append(a_draft("id-1"))
        clock.advance(seconds=-8)
        await log.append(a_draft("id-2"))
        clock.advance(seconds=11)
        await log.append(a_draft("id-3"))

        await tidy(log)

        assert sequences(await log.read_after(LOBBY, 0, 10)) == [1, 2, 3]

    async def test_a_clock_that_steps_back_makes_no_message_older(
        self, open_log: OpenLog, clock: Clock, tidy: Tidy
    ) -> None:
        """It lives as long as the one before it would have, also when that one is over the count."""
        log = await open_log(Retention(max_age_s=10, max_messages=1))
        await log.append(a_draft("id-1"))
        clock.advance(seconds=-8)
        await log.append(a_draft("id-2"))

        clock.advance(seconds=17.999)
        await tidy(log)
        before = await log.read_after(LOBBY, 0, 10)
        clock.advance(seconds=0.001)
        await tidy(log)
        after = await log.read_after(LOBBY, 0, 10)

        assert ([2], []) == (sequences(before), sequences(after))
