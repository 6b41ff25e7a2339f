"""What a process remembers of a room in DynamoDB, and pages of more than one answer."""

import pytest

from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.retention import Retention
from tests.adapters.dynamodb_log import delete, open_log, sequences_of, stored_entries, stored_rows
from tests.contracts.given import LOBBY, Clock, a_draft
from tests.dynamodb.metering import metered

TEN_SECONDS = Retention(max_age_s=10)


@pytest.fixture
def clock() -> Clock:
    """Of all processes."""
    return Clock()


async def test_an_end_remembered_for_long_is_read_again(dynamodb: DynamoDbClient, messages: str, clock: Clock) -> None:
    """The places behind it were taken and are free again, because the count has removed those messages: they are not used twice."""
    three = Retention(max_messages=3)
    idle = open_log(dynamodb, messages, retention=three, clock=clock)
    busy = open_log(dynamodb, messages, retention=three, clock=clock)
    await idle.append(a_draft("id-first"))
    for number in range(60):
        await busy.append(a_draft(f"id-{number}"))
    clock.advance(seconds=7200)
    for number in range(60, 124):
        await busy.append(a_draft(f"id-{number}"))

    appended = await idle.append(a_draft("id-last"))

    assert 2 not in sequences_of(await stored_entries(dynamodb, messages))
    assert 126 == appended.message.sequence


async def test_an_end_remembered_for_short_does_not_bring_back_removed_messages(
    dynamodb: DynamoDbClient, messages: str, clock: Clock
) -> None:
    """The id of a message that others have pushed over the count is free for a process that has not seen them."""
    three = Retention(max_messages=3)
    idle = open_log(dynamodb, messages, retention=three, clock=clock)
    await idle.append(a_draft("id-first"))
    busy = open_log(dynamodb, messages, retention=three, clock=clock)
    for number in range(5):
        await busy.append(a_draft(f"id-{number}"))

    appended = await idle.append(a_draft("id-first"))

    assert (7, False) == (appended.message.sequence, appended.duplicate)


async def test_a_retry_is_not_refused_by_an_end_remembered_from_before(
    dynamodb: DynamoDbClient, messages: str, clock: Clock
) -> None:
    """Its client has seen, elsewhere, what this process has not."""
    idle = open_log(dynamodb, messages, clock=clock)
    await idle.append(a_draft("id-1"))
    busy = open_log(dynamodb, messages, clock=clock)
    seen = [await busy.append(a_draft(f"id-{number}")) for number in (2, 3)]

    appended = await idle.append(a_draft("id-4", retry_after=3, retry_epoch=seen[-1].message.epoch))

    assert (4, False) == (appended.message.sequence, appended.duplicate)


async def test_where_a_former_log_began_says_nothing_of_the_next(
    dynamodb: DynamoDbClient, messages: str, clock: Clock
) -> None:
    """A process that remembers it reads the next one from its first message on."""
    log = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock)
    for number in range(4):
        await log.append(a_draft(f"id-{number}"))
        clock.advance(seconds=4)
    before = await log.read_after(LOBBY, 0, 10)
    clock.advance(seconds=10)
    for number in range(4, 6):
        await log.append(a_draft(f"id-{number}"))

    after = await log.read_after(LOBBY, 0, 10)

    assert ([3, 4], [1, 2]) == (sequences_of(before.messages), sequences_of(after.messages))


async def test_a_hole_is_never_shown(dynamodb: DynamoDbClient, messages: str, clock: Clock) -> None:
    """Should a row be missing that ought to be there, the log begins behind it for whoever reads."""
    log = open_log(dynamodb, messages, clock=clock)
    for number in range(1, 7):
        await log.append(a_draft(f"id-{number}"))
    await delete(dynamodb, messages, (await stored_rows(dynamodb, messages))[2])

    forward, backward = await log.read_after(LOBBY, 0, 3), await log.read_before(LOBBY, None, 10)

    assert ([4, 5, 6], False, 4) == (sequences_of(forward.messages), forward.more, forward.position.oldest)
    assert ([4, 5, 6], False, 4) == (sequences_of(backward.messages), backward.more, backward.position.oldest)


async def test_a_page_of_more_than_a_megabyte_is_whole(dynamodb: DynamoDbClient, messages: str, clock: Clock) -> None:
    """DynamoDB answers at most that much at once; the rest is asked for, in both directions."""
    log = open_log(dynamodb, messages, clock=clock)
    for number in range(25):
        await log.append(a_draft(f"id-{number}", text="x" * 100_000))
    client = metered(dynamodb)
    reader = open_log(client, messages, clock=clock)

    forward, backward = await reader.read_after(LOBBY, 1, 23), await reader.read_before(LOBBY, None, 24)

    assert (list(range(2, 25)), True) == (sequences_of(forward.messages), forward.more)
    assert (list(range(2, 26)), True) == (sequences_of(backward.messages), backward.more)
    assert ["Query"] * 7 == client.meter.actions
