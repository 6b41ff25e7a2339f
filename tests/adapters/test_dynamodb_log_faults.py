"""The message log on a DynamoDB that loses answers, is busy or full, and beside other processes that come in between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
from aiodynamo.http.types import HttpImplementation, Request, Response

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import Appended
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.retention import Retention
from tests.adapters.dynamodb_log import open_log, sequences_of, stored_entries
from tests.contracts.given import LOBBY, a_draft
from tests.dynamodb.faults import Instead, faulty, refusal

DENIAL = refusal("ThrottlingException")


async def lost(request: Request, http: HttpImplementation) -> Response:
    """Carried out, and the answer never arrives."""
    await http(request)
    raise TimeoutError


def after(event: Callable[[], Awaitable[object]], then: Instead | None = None) -> Instead:
    """Something else happens before the request arrives."""

    async def answer(request: Request, http: HttpImplementation) -> Response:
        await event()
        return await (then(request, http) if then else http(request))

    return answer


def before(event: Callable[[], Awaitable[object]]) -> Instead:
    """The request is carried out, something else happens, and the answer never arrives."""

    async def answer(request: Request, http: HttpImplementation) -> Response:
        await http(request)
        await event()
        raise TimeoutError

    return answer


async def test_a_put_whose_answer_was_lost_is_not_taken_for_a_duplicate(
    dynamodb: DynamoDbClient, messages: str
) -> None:
    """The client sends the put again, which finds the message of the first attempt: it is this append's own."""
    await open_log(dynamodb, messages).append(a_draft("id-0"))
    client, http = faulty(dynamodb, lost, only="PutItem")

    appended = await open_log(client, messages).append(a_draft())

    assert (2, False) == (appended.message.sequence, appended.duplicate)
    assert ["Query", "Query", "PutItem", "PutItem"] == http.actions


async def test_a_lost_answer_is_found_behind_others_messages(dynamodb: DynamoDbClient, messages: str) -> None:
    """Others have gone on meanwhile; the append still returns its own message."""
    other = open_log(dynamodb, messages)
    await other.position(LOBBY)
    client, _ = faulty(dynamodb, before(lambda: other.append(a_draft("of another"))), only="PutItem")
    log = open_log(client, messages)

    appended = await log.append(a_draft())

    assert (1, False) == (appended.message.sequence, appended.duplicate)
    assert [1, 2] == sequences_of(await stored_entries(dynamodb, messages))


async def test_a_place_that_was_taken_is_passed(dynamodb: DynamoDbClient, messages: str) -> None:
    """With one more put for one message that came between, and one query when more did."""
    other = open_log(dynamodb, messages)
    await other.append(a_draft("id-0"))

    async def others() -> None:
        for number in range(3):
            await other.append(a_draft(f"of another, {number}"))

    client, http = faulty(dynamodb, after(others), only="PutItem")
    log = open_log(client, messages)

    appended = await log.append(a_draft())

    assert (5, False) == (appended.message.sequence, appended.duplicate)
    assert ["Query", "Query", "PutItem", "PutItem", "Query", "PutItem"] == http.actions
    assert 2 == log.counters.conflicts


async def test_who_is_not_alone_in_a_room_looks_first(dynamodb: DynamoDbClient, messages: str) -> None:
    """A put in vain costs more than a look, so a process that met another's message looks until it meets none."""
    other = open_log(dynamodb, messages)
    client, http = faulty(dynamodb)
    log = open_log(client, messages)

    for number in range(6):
        if number in (2, 3):
            await other.append(a_draft(f"of another, {number}"))
        http.requests.append(Request("POST", "", {"X-Amz-Target": f".append {number}"}, None))
        await log.append(a_draft(f"id-{number}"))

    remembered, looked = ["Query", "PutItem"], ["Query", "Query", "PutItem"]
    text = " ".join(http.actions)
    assert f"append 1 {' '.join(remembered)} append 2 {' '.join([*remembered, 'PutItem'])}" in text
    assert f"append 3 {' '.join(looked)} append 4 {' '.join(looked)} append 5 {' '.join(remembered)}" in text


async def test_an_answer_without_the_row_in_the_way_is_enough(dynamodb: DynamoDbClient, messages: str) -> None:
    """Not every implementation of the API returns it; then it is read."""
    other = open_log(dynamodb, messages)
    await other.append(a_draft("id-0"))

    async def refuse(_request: Request, _http: HttpImplementation) -> Response:
        await other.append(a_draft("of another"))
        return refusal("ConditionalCheckFailedException")

    client, http = faulty(dynamodb, refuse, only="PutItem")

    appended = await open_log(client, messages).append(a_draft())

    assert (3, False) == (appended.message.sequence, appended.duplicate)
    assert ["Query", "Query", "PutItem", "Query", "PutItem"] == http.actions


@pytest.mark.parametrize("retry_after", [None, 0])
async def test_the_same_draft_that_comes_between_is_the_first(
    dynamodb: DynamoDbClient, messages: str, retry_after: int | None
) -> None:
    """A second invocation for the same event stores it between look-up and put: both return one message."""
    other = open_log(dynamodb, messages)
    await other.position(LOBBY)
    client, _ = faulty(dynamodb, after(lambda: other.append(a_draft())), only="PutItem")
    log = open_log(client, messages)

    appended = await log.append(a_draft(retry_after=retry_after))

    assert (1, True) == (appended.message.sequence, appended.duplicate)
    assert [1] == sequences_of(await stored_entries(dynamodb, messages))


async def test_duplicate_invocations_at_once_store_one_message(dynamodb: DynamoDbClient, messages: str) -> None:
    """Ten processes with the same draft, in a table that nobody has used."""
    logs = [open_log(dynamodb, messages) for _ in range(10)]

    appended = await asyncio.gather(*[log.append(a_draft()) for log in logs])

    assert 1 == len({each.message for each in appended})
    assert 1 == [each.duplicate for each in appended].count(False)
    assert [1] == sequences_of(await stored_entries(dynamodb, messages))


async def test_a_duplicate_invocation_afterwards_gets_the_first_message(
    dynamodb: DynamoDbClient, messages: str
) -> None:
    """By another process, and by the same one when it has gone on."""
    log = open_log(dynamodb, messages)
    first = await log.append(a_draft("id-1"))
    await log.append(a_draft("id-2"))

    again = [await open_log(dynamodb, messages).append(a_draft("id-1")), await log.append(a_draft("id-1"))]

    assert [Appended(first.message, duplicate=True)] * 2 == again


@pytest.mark.parametrize("action", ["Query", "PutItem"])
async def test_throttling_inside_the_deadline_is_waited_for(
    dynamodb: DynamoDbClient, messages: str, action: str
) -> None:
    """The caller notices nothing, and the message is stored once."""
    log = open_log(
        faulty(dynamodb, DENIAL, DENIAL, refusal("ProvisionedThroughputExceededException"), only=action)[0], messages
    )

    appended = await log.append(a_draft())

    assert (1, False) == (appended.message.sequence, appended.duplicate)
    assert [1] == sequences_of(await stored_entries(dynamodb, messages))


async def test_throttling_beyond_the_deadline_is_unavailable(dynamodb: DynamoDbClient, messages: str) -> None:
    """Appends and pages fail, and the next ones do not."""
    await open_log(dynamodb, messages).append(a_draft("id-1"))
    throttled = open_log(faulty(dynamodb, *[DENIAL] * 10_000)[0], messages, deadline_s=0.2)

    with pytest.raises(Unavailable):
        await throttled.append(a_draft("id-2"))
    with pytest.raises(Unavailable):
        await throttled.read_after(LOBBY, 0, 10)
    appended = await open_log(dynamodb, messages).append(a_draft("id-2"))

    assert (2, False) == (appended.message.sequence, appended.duplicate)
    assert 1 == throttled.counters.drafts_failed


async def test_a_put_that_was_carried_out_beyond_the_deadline_is_recognised(
    dynamodb: DynamoDbClient, messages: str
) -> None:
    """Unavailable means "perhaps"; sent again, the draft gets the message that was stored."""
    client, _ = faulty(dynamodb, lost, *[DENIAL] * 10_000, only="PutItem")
    failing = open_log(client, messages, deadline_s=0.5)
    await open_log(dynamodb, messages).position(LOBBY)

    with pytest.raises(Unavailable):
        await failing.append(a_draft())
    again = await open_log(dynamodb, messages).append(a_draft(retry_after=0))

    assert (1, True) == (again.message.sequence, again.duplicate)


async def test_a_failed_clean_up_does_not_fail_the_append(
    dynamodb: DynamoDbClient, messages: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told in the log, and the next clean-up does it."""
    client, _ = faulty(dynamodb, refusal("AccessDeniedException"), only="BatchWriteItem")
    log = open_log(client, messages, retention=Retention(max_messages=1), clock=_hours())

    for number in range(50):
        await log.append(a_draft(f"id-{number}"))
        if number == 24:
            assert list(range(1, 26)) == sequences_of(await stored_entries(dynamodb, messages))

    assert [50] == sequences_of(await stored_entries(dynamodb, messages))
    assert [logging.WARNING] == [record.levelno for record in caplog.records if "deleted" in record.message]


async def test_a_room_that_is_full_is_unavailable_and_the_operator_is_told(
    dynamodb: DynamoDbClient, messages: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A table with a local index holds 10 GB for each partition key."""
    await open_log(dynamodb, messages).position(LOBBY)
    client, _ = faulty(dynamodb, refusal("ItemCollectionSizeLimitExceededException"), only="PutItem")

    with pytest.raises(Unavailable):
        await open_log(client, messages).append(a_draft())

    assert [logging.ERROR] == [record.levelno for record in caplog.records if "10 GB" in record.message]


async def test_failures_tell_no_content(
    dynamodb: DynamoDbClient, messages: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the error nor what is logged, at any level."""
    caplog.set_level(logging.DEBUG)
    client, _ = faulty(dynamodb, refusal("ValidationException"), only="PutItem")
    log = open_log(client, messages)

    with pytest.raises(Unavailable) as error:
        await log.append(a_draft(text="a secret of two"))

    assert "secret" not in str(error.value)
    assert "secret" not in caplog.text


def _hours() -> Callable[[], int]:
    """A clock that goes on by an hour whenever it is asked."""
    now_ms = 1_700_000_000_000

    def clock() -> int:
        nonlocal now_ms
        now_ms += 3_600_000
        return now_ms

    return clock
