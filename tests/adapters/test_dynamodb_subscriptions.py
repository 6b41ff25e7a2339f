"""Subscriptions in DynamoDB pass the suite, and more rows than a page, an index that lags and rows that outlive their time."""

import asyncio
import dataclasses
import json
from collections.abc import Iterable

import msgspec
import pytest
from aiodynamo.http.types import HttpImplementation, Request, Response

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Member, Recipients, Subscription
from talkroom.chat.ports import Subscriptions
from talkroom.storage.dynamodb.batches import WRITES_MAX
from talkroom.storage.dynamodb.client import DynamoDbClient, FullJitterRetry
from talkroom.storage.dynamodb.connection_rows import subscription_row
from talkroom.storage.dynamodb.subscriptions import LOOKS_S, DynamoDbSubscriptions
from tests.contracts.given import LOBBY, Clock
from tests.contracts.subscriptions import SubscriptionsContract, a_subscription
from tests.dynamodb.faults import answer, faulty, payload_of, refusal
from tests.dynamodb.metering import metered
from tests.dynamodb.tables import connected, rows

LONG_NAME = "n" * 1200
"""A thousand rows with it are more than a page of 1 MB."""


class TestDynamoDbSubscriptions(SubscriptionsContract):
    @pytest.fixture
    def subscriptions(self, dynamodb: DynamoDbClient, connections: str) -> Subscriptions:
        """None yet."""
        return DynamoDbSubscriptions(dynamodb, connections, Clock())


class TestDynamoDbSubscriptionsThatDoNotWait(SubscriptionsContract):
    @pytest.fixture
    def subscriptions(self, dynamodb: DynamoDbClient, connections: str) -> Subscriptions:
        """DynamoDB Local brings its indexes up to date at once."""
        return DynamoDbSubscriptions(dynamodb, connections, Clock(), waits_for_index=False)


def now_ms() -> int:
    """What `Clock` says at first: leases that end a moment later are live."""
    return Clock().now_ms


async def store(client: DynamoDbClient, table: str, subscriptions: Iterable[Subscription]) -> None:
    """Behind the adapter's back, 25 in a request."""
    puts = [{"PutRequest": {"Item": subscription_row(each, now_ms())}} for each in subscriptions]

    async def write(batch: list[dict[str, object]]) -> None:
        response = await client.send_request(action="BatchWriteItem", payload={"RequestItems": {table: batch}})
        assert not response["UnprocessedItems"]

    await asyncio.gather(*(write(puts[start : start + WRITES_MAX]) for start in range(0, len(puts), WRITES_MAX)))


async def count_rows(client: DynamoDbClient, table: str) -> int:
    """How many rows a small table has."""
    return len(await rows(client, table))


async def leave_all_but_one(request: Request, http: HttpImplementation) -> Response:
    """Do one write of a batch; say that the others are still to be done."""
    payload = payload_of(request)
    ((table, writes),) = payload["RequestItems"].items()
    body = json.dumps({"RequestItems": {table: writes[:1]}}).encode()
    done = await http(Request(request.method, request.url, request.headers, body))
    assert done.status == 200
    return answer({"UnprocessedItems": {table: writes[1:]} if writes[1:] else {}})


async def test_a_room_larger_than_a_page_is_read_whole(dynamodb: DynamoDbClient, connections: str) -> None:
    """Page by page: its recipients and its members."""
    ids = [f"c-{number:04d}" for number in range(2000)]
    await store(dynamodb, connections, (a_subscription(each, principal_id=each, name=LONG_NAME) for each in ids))
    client = metered(dynamodb)
    subscriptions = DynamoDbSubscriptions(client, connections, Clock())

    recipients = await subscriptions.recipients(LOBBY, 0)
    members = await subscriptions.members(LOBBY, "c-1997", 10, 0)

    assert ids == sorted(recipients.v1)
    assert [Member("c-1998", LONG_NAME), Member("c-1999", LONG_NAME)] == list(members)
    assert client.meter.actions == ["Query"] * 6


async def test_a_connection_larger_than_a_page_is_read_and_removed_whole(
    dynamodb: DynamoDbClient, connections: str
) -> None:
    """Page by page, and in batches of 25."""
    rooms = [RoomId(f"room-{number:04d}") for number in range(1010)]
    await store(dynamodb, connections, (a_subscription(room=room, name=LONG_NAME) for room in rooms))
    client = metered(dynamodb)
    subscriptions = DynamoDbSubscriptions(client, connections, Clock())

    found = await subscriptions.of_connection("c-1")
    ended = await subscriptions.end("c-1")

    assert rooms == sorted(each.room for each in found)
    assert rooms == sorted(ended)
    assert client.meter.actions == ["Query"] * 4 + ["BatchWriteItem"] * 41
    assert await count_rows(dynamodb, connections) == 0


async def test_five_thousand_recipients_are_one_page(dynamodb: DynamoDbClient, connections: str) -> None:
    """Ids and names as long as they commonly are make rows of about 150 bytes: one request, 91.0 units."""
    subscriptions = (
        msgspec.structs.replace(
            a_subscription(f"L0SM9cOFvHc{number:04d}=", lease_until_ms=1_763_927_672_123),
            principal_id=f"user-{number:04d}@example",
            name=f"Somebody {number:04d}",
            since_ms=1_763_924_072_123,
        )
        for number in range(5000)
    )
    await store(dynamodb, connections, subscriptions)
    client = metered(dynamodb)

    recipients = await DynamoDbSubscriptions(client, connections, Clock()).recipients(LOBBY, now_ms())

    assert len(recipients.v1) == 5000
    assert (["Query"], 91.0) == (client.meter.actions, client.meter.read_units)


async def test_what_a_batch_leaves_undone_is_done_later(dynamodb: DynamoDbClient, connections: str) -> None:
    """Until nothing is left."""
    await store(dynamodb, connections, (a_subscription(room=RoomId(f"room-{number}")) for number in range(4)))
    client, seen = faulty(dynamodb, *[leave_all_but_one] * 3, only="BatchWriteItem")

    ended = await DynamoDbSubscriptions(client, connections, Clock()).end("c-1")

    assert len(ended) == 4
    assert seen.actions == ["Query"] + ["BatchWriteItem"] * 4
    assert await count_rows(dynamodb, connections) == 0


async def test_a_batch_that_is_never_done_is_unavailable() -> None:
    """At the deadline of the whole call, though each request of it is answered."""
    row = subscription_row(a_subscription(), now_ms())
    undone = answer({"UnprocessedItems": {"connections": [{"DeleteRequest": {"Key": {}}}]}})
    async with connected("http://127.0.0.1:1", deadline_s=0.5) as client:
        client, _ = faulty(client, answer({"Items": [row]}), *[undone] * 1000)

        with pytest.raises(Unavailable, match=r"did not finish removing a connection within 0\.5 s"):
            await DynamoDbSubscriptions(client, "connections", Clock()).end("c-1")


async def test_a_throttled_table_answers_in_the_end(dynamodb: DynamoDbClient, connections: str) -> None:
    """Every call is tried again inside its deadline."""
    for call in (
        lambda each: each.subscribe(a_subscription()),
        lambda each: each.of_connection("c-1"),
        lambda each: each.recipients(LOBBY, 0),
        lambda each: each.members(LOBBY, "", 10, 0),
        lambda each: each.unsubscribe("c-1", LOBBY),
        lambda each: each.end("c-1"),
    ):
        client, seen = faulty(dynamodb, *[refusal("ProvisionedThroughputExceededException")] * 2)
        await call(DynamoDbSubscriptions(client, connections, Clock()))

        assert len(set(seen.actions[:3])) == 1
        assert len(seen.actions) >= 3


async def test_a_table_that_stays_throttled_is_unavailable(dynamodb: DynamoDbClient, connections: str) -> None:
    """With the name of what it said last."""
    hasty = dataclasses.replace(dynamodb, throttle_config=FullJitterRetry(time_limit_secs=0.2))
    client, _ = faulty(hasty, *[refusal("ProvisionedThroughputExceededException")] * 1000)

    with pytest.raises(Unavailable, match="does not do PutItem: ProvisionedThroughputExceeded"):
        await DynamoDbSubscriptions(client, connections, Clock()).subscribe(a_subscription())


async def test_subscribing_ends_when_the_index_shows_it(dynamodb: DynamoDbClient, connections: str) -> None:
    """An older row of the same connection and room is not it."""
    older = subscription_row(a_subscription(lease_until_ms=1), now_ms())
    lagging = [answer({"Items": []}), answer({"Items": [older]})]
    client, seen = faulty(dynamodb, *lagging, only="Query")

    await DynamoDbSubscriptions(client, connections, Clock()).subscribe(a_subscription())

    assert seen.actions == ["PutItem", "Query", "Query", "Query"]


async def test_an_index_that_lags_for_long_is_not_waited_for(dynamodb: DynamoDbClient, connections: str) -> None:
    """The row is stored, and the index will follow."""
    client, seen = faulty(dynamodb, *[answer({"Items": []})] * 1000, only="Query")

    await DynamoDbSubscriptions(client, connections, Clock()).subscribe(a_subscription())

    assert 1 <= seen.actions.count("Query") <= len(LOOKS_S)
    assert await count_rows(dynamodb, connections) == 1


async def test_an_index_that_cannot_be_read_fails_no_subscribing(dynamodb: DynamoDbClient, connections: str) -> None:
    """Looking at it is a courtesy."""
    client, _ = faulty(dynamodb, refusal("AccessDeniedException"), only="Query")

    await DynamoDbSubscriptions(client, connections, Clock()).subscribe(a_subscription())

    assert await count_rows(dynamodb, connections) == 1


async def test_who_does_not_wait_does_not_look(dynamodb: DynamoDbClient, connections: str) -> None:
    """One request."""
    client, seen = faulty(dynamodb)

    await DynamoDbSubscriptions(client, connections, Clock(), waits_for_index=False).subscribe(a_subscription())

    assert seen.actions == ["PutItem"]


async def test_a_lease_is_not_lapsed_because_the_index_lags(dynamodb: DynamoDbClient, connections: str) -> None:
    """It was renewed in the table: the connection receives. And who has left by now is told nothing."""
    stale = [a_subscription(each, lease_until_ms=1) for each in ("c-renewed", "c-left", "c-lapsed")]
    await store(dynamodb, connections, [a_subscription("c-renewed", lease_until_ms=3), stale[2]])
    client, _ = faulty(dynamodb, answer({"Items": [subscription_row(each, now_ms()) for each in stale]}), only="Query")

    recipients = await DynamoDbSubscriptions(client, connections, Clock()).recipients(LOBBY, 2)

    assert Recipients(v1=("c-renewed",), lapsed=(stale[2],)) == recipients


async def test_more_leases_than_a_batch_reads_lapse_together(dynamodb: DynamoDbClient, connections: str) -> None:
    """Some of which the first answer leaves out."""
    lapsed = [a_subscription(f"c-{number:03d}", lease_until_ms=1) for number in range(150)]
    await store(dynamodb, connections, lapsed)

    async def leave_half(request: Request, http: HttpImplementation) -> Response:
        ((table, reads),) = payload_of(request)["RequestItems"].items()
        keys = reads["Keys"]
        body = json.dumps({"RequestItems": {table: {**reads, "Keys": keys[:50]}}}).encode()
        done = await http(Request(request.method, request.url, request.headers, body))
        return answer({**json.loads(done.body), "UnprocessedKeys": {table: {**reads, "Keys": keys[50:]}}})

    client, seen = faulty(dynamodb, leave_half, only="BatchGetItem")
    recipients = await DynamoDbSubscriptions(client, connections, Clock()).recipients(LOBBY, 2)

    assert lapsed == sorted(recipients.lapsed, key=lambda each: each.connection_id)
    assert seen.actions == ["Query"] + ["BatchGetItem"] * 3


async def test_a_row_is_kept_for_as_long_as_its_connection_can_last(dynamodb: DynamoDbClient, connections: str) -> None:
    """From its beginning, or from now when nobody told; two hours and ten minutes, in seconds."""
    subscriptions = DynamoDbSubscriptions(dynamodb, connections, Clock())
    await subscriptions.subscribe(a_subscription("c-1"))
    await subscriptions.subscribe(msgspec.structs.replace(a_subscription("c-2"), since_ms=5_000))

    kept = {row["connectionId"]["S"]: row["expiresAt"]["N"] for row in await rows(dynamodb, connections)}

    assert kept == {"c-1": str(1_700_000_000 + 7800), "c-2": str(5 + 7800)}


async def test_a_row_that_outlives_its_time_is_not_there(dynamodb: DynamoDbClient, connections: str) -> None:
    """DynamoDB removes it within days; whoever asks before then sees nothing of it."""
    clock = Clock()
    subscriptions = DynamoDbSubscriptions(dynamodb, connections, clock)
    await subscriptions.subscribe(a_subscription("c-live", lease_until_ms=2**53))
    await subscriptions.subscribe(a_subscription("c-lapsed"))
    clock.advance(7800)

    assert Recipients() == await subscriptions.recipients(LOBBY, clock())
    assert list(await subscriptions.members(LOBBY, "", 10, clock())) == []
    assert list(await subscriptions.of_connection("c-live")) == []
    assert await count_rows(dynamodb, connections) == 2
