"""How logs end and begin in DynamoDB when several processes, with clocks and limits of their own, have a part in it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiodynamo.http.types import HttpImplementation, Request, Response

from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.message import Position
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.entries import Closing, Header
from talkroom.storage.dynamodb.tail import EXPIRY_MARGIN_S
from talkroom.storage.retention import Retention
from tests.adapters.dynamodb_log import delete, open_log, sequences_of, stored_entries, stored_rows
from tests.contracts.given import LOBBY, Clock, a_draft
from tests.dynamodb.faults import Instead, faulty

TEN_SECONDS = Retention(max_age_s=10)


@pytest.fixture
def clock() -> Clock:
    """Of most processes."""
    return Clock()


@pytest.fixture
def fast() -> Clock:
    """Two seconds ahead."""
    clock = Clock()
    clock.advance(seconds=2)
    return clock


def after(event: Callable[[], Awaitable[object]]) -> Instead:
    """Something else happens before the request arrives."""

    async def answer(request: Request, http: HttpImplementation) -> Response:
        await event()
        return await http(request)

    return answer


async def test_processes_that_begin_at_once_agree(dynamodb: DynamoDbClient, messages: str, clock: Clock) -> None:
    """Eight of them, in a log that has just expired: one epoch, no hole."""
    logs = [open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock) for _ in range(8)]
    old = await logs[0].append(a_draft("id-old"))
    clock.advance(seconds=10)

    appended = await asyncio.gather(*[log.append(a_draft(f"id-{number}")) for number, log in enumerate(logs)])

    assert list(range(1, 9)) == sorted(each.message.sequence for each in appended)
    assert 1 == len({each.message.epoch for each in appended})
    assert old.message.epoch != appended[0].message.epoch


async def test_who_believes_that_the_log_lives_cannot_append_to_one_that_is_over(
    dynamodb: DynamoDbClient, messages: str, clock: Clock, fast: Clock
) -> None:
    """By its own clock the log it remembers has two seconds left; a faster clock has begun another one."""
    slow_log = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock)
    fast_log = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=fast)
    await slow_log.append(a_draft("id-1"))
    clock.advance(seconds=8)
    fast.advance(seconds=8)

    begun = await fast_log.append(a_draft("id-2"))
    appended = await slow_log.append(a_draft("id-3"))

    assert (1, 2) == (begun.message.sequence, appended.message.sequence)
    assert begun.message.epoch == appended.message.epoch
    assert [1, 2] == sequences_of((await slow_log.read_after(LOBBY, 0, 10)).messages)


async def test_who_ends_a_log_goes_on_with_it_when_somebody_was_faster(
    dynamodb: DynamoDbClient, messages: str, clock: Clock, fast: Clock
) -> None:
    """A message comes between the fast clock's look and its closing row: the log lives, for both."""
    slow_log = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock)
    first = await slow_log.append(a_draft("id-1"))
    clock.advance(seconds=8)
    fast.advance(seconds=8)
    client, _ = faulty(dynamodb, after(lambda: slow_log.append(a_draft("id-2"))), only="PutItem")
    fast_log = open_log(client, messages, retention=TEN_SECONDS, clock=fast)

    appended = await fast_log.append(a_draft("id-3"))

    assert (first.message.epoch, 3) == (appended.message.epoch, appended.message.sequence)
    assert [] == [row for row in await stored_rows(dynamodb, messages) if isinstance(row, Closing)]


async def test_a_log_that_was_closed_and_not_begun_has_the_epoch_of_its_first_message(
    dynamodb: DynamoDbClient, messages: str, clock: Clock
) -> None:
    """Its starter ended between any two rows; readers and the next writer agree."""
    log = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock)
    await log.append(a_draft("id-1"))
    clock.advance(seconds=10)
    epochs = [(await log.position(LOBBY)).epoch]
    for _ in ("after the closing row", "after the header"):
        client, _http = faulty(dynamodb, _pass, _die, only="PutItem")
        with pytest.raises(RuntimeError):
            await open_log(client, messages, retention=TEN_SECONDS, clock=clock).append(a_draft("id-2"))
        epochs.append((await log.position(LOBBY)).epoch)

    appended = await log.append(a_draft("id-2"))

    assert [appended.message.epoch] * 3 == epochs
    assert (1, False) == (appended.message.sequence, appended.duplicate)


async def test_a_starter_that_stops_for_long_begins_nothing_any_more(
    dynamodb: DynamoDbClient, messages: str, clock: Clock
) -> None:
    """Its put arrives when the log that it began counts as over: the message goes to the log that follows."""
    other = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock)

    async def later() -> None:
        clock.advance(seconds=10)
        await other.append(a_draft("of another"))

    await other.position(LOBBY)
    client, _ = faulty(dynamodb, _pass, after(later), only="PutItem")

    appended = await open_log(client, messages, retention=TEN_SECONDS, clock=clock).append(a_draft())

    assert 2 == appended.message.sequence
    assert (await other.position(LOBBY)).epoch == appended.message.epoch


async def test_a_header_never_goes_back(dynamodb: DynamoDbClient, messages: str, clock: Clock) -> None:
    """A starter's header arrives when the next log has begun; if it were stored, that one's epoch would return one day."""
    other = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock)

    async def later() -> None:
        await other.append(a_draft("of another"))
        clock.advance(seconds=10)
        await other.append(a_draft("of another, later"))

    await other.position(LOBBY)
    client, _ = faulty(dynamodb, after(later), only="PutItem")

    appended = await open_log(client, messages, retention=TEN_SECONDS, clock=clock).append(a_draft())

    assert 2 == appended.message.sequence
    assert [1] == [row.generation for row in await stored_rows(dynamodb, messages) if isinstance(row, Header)]


async def test_a_log_that_ttl_removed_whole_has_a_successor(
    dynamodb: DynamoDbClient, messages: str, clock: Clock
) -> None:
    """Only the header is left, for any time."""
    log = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock)
    epochs = []
    for _ in range(3):
        epochs.append((await log.append(a_draft())).message.epoch)
        clock.advance(seconds=10 + EXPIRY_MARGIN_S)
        for row in await stored_rows(dynamodb, messages):
            if not isinstance(row, Header):
                await delete(dynamodb, messages, row)
        epochs.append((await log.position(LOBBY)).epoch)

    appended = await log.append(a_draft())

    assert 4 == len(set(epochs))
    assert epochs[1::2] == [*epochs[2::2], appended.message.epoch]
    assert (1, False) == (appended.message.sequence, appended.duplicate)


async def test_ttl_never_removes_what_a_clock_a_day_behind_can_see(
    dynamodb: DynamoDbClient, messages: str, clock: Clock
) -> None:
    """Whoever's clock is right within a day has stopped reading a row before it may disappear."""
    await open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock).append(a_draft())

    (entry,) = await stored_entries(dynamodb, messages)

    assert (clock.now_ms // 1000) + 10 + 86_400 == entry.expires_at_s


@pytest.mark.parametrize("retention", [Retention(max_age_s=10), Retention(max_age_s=20), Retention()])
async def test_what_was_stored_for_ten_seconds_stays_so_long(
    dynamodb: DynamoDbClient, messages: str, clock: Clock, retention: Retention
) -> None:
    """A longer limit, or none, is for what comes: TTL may remove the older ones, and no hole may appear."""
    first = await open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock).append(a_draft("id-1"))
    log = open_log(dynamodb, messages, retention=retention, clock=clock)
    clock.advance(seconds=5)
    await log.append(a_draft("id-2"))
    clock.advance(seconds=5)

    position = await log.position(LOBBY)
    again = await log.append(a_draft("id-1"))

    assert Position(first.message.epoch, last=2, oldest=2) == position
    assert (3, False) == (again.message.sequence, again.duplicate)


async def test_a_limit_that_comes_later_is_remembered(dynamodb: DynamoDbClient, messages: str, clock: Clock) -> None:
    """A log that began without one gets its header with the first message that can expire."""
    unlimited = open_log(dynamodb, messages, clock=clock)
    limited = open_log(dynamodb, messages, retention=TEN_SECONDS, clock=clock)
    first = await unlimited.append(a_draft("id-1"))
    for number in range(2, 6):
        await (limited if number % 2 else unlimited).append(a_draft(f"id-{number}"))
    clock.advance(seconds=10 + EXPIRY_MARGIN_S)
    for row in await stored_rows(dynamodb, messages):
        if not isinstance(row, Header):
            await delete(dynamodb, messages, row)

    appended = await limited.append(a_draft())

    assert first.message.epoch != appended.message.epoch


async def test_another_incarnation_has_other_epochs(dynamodb: DynamoDbClient, messages: str, clock: Clock) -> None:
    """After the table was restored: messages and positions, and retries that name the former epoch are refused."""
    first = await open_log(dynamodb, messages, clock=clock).append(a_draft("id-1"))
    restored = open_log(dynamodb, messages, clock=clock, incarnation="b")
    epoch = f"{first.message.epoch}~b"

    appended = await restored.append(a_draft("id-2", retry_after=1, retry_epoch=epoch))
    page = await restored.read_after(LOBBY, 0, 10)

    assert [epoch] * 4 == [appended.message.epoch, page.position.epoch, *[each.epoch for each in page.messages]]
    for other in (first.message.epoch, f"{first.message.epoch}~a"):
        with pytest.raises(ClientError, match="retryTooLate"):
            await restored.append(a_draft("id-3", retry_after=1, retry_epoch=other))


async def _pass(request: Request, http: HttpImplementation) -> Response:
    return await http(request)


async def _die(_request: Request, _http: HttpImplementation) -> Response:
    raise RuntimeError("the process was killed")
