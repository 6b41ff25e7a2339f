"""What each use of the connections table costs, as DynamoDB counts it: requests, read units, write units.

One difference to AWS is known: DynamoDB Local counts nothing for a query that finds nothing, and AWS its smallest amount.
"""

from collections.abc import Awaitable, Callable

import pytest

from talkroom.chat.model.room import RoomId
from talkroom.storage.dynamodb.client import DynamoDbClient
from talkroom.storage.dynamodb.grants import DynamoDbGrants
from talkroom.storage.dynamodb.subscriptions import DynamoDbSubscriptions
from tests.contracts.given import ATTIC, LOBBY, Clock
from tests.contracts.grants import a_grant
from tests.contracts.subscriptions import LATER, NOW, a_subscription
from tests.dynamodb.metering import metered

ON_ANOTHER_DAY = a_subscription(lease_until_ms=LATER + 1)
Use = Callable[[DynamoDbSubscriptions, DynamoDbGrants], Awaitable[object]]


async def subscribed(subscriptions: DynamoDbSubscriptions, _grants: DynamoDbGrants) -> None:
    """A connection in one room."""
    await subscriptions.subscribe(a_subscription())


async def lapsed(subscriptions: DynamoDbSubscriptions, _grants: DynamoDbGrants) -> None:
    """Three whose leases have ended, among seven whose leases have not."""
    for number in range(10):
        await subscriptions.subscribe(a_subscription(f"c-{number}", lease_until_ms=NOW if number < 3 else LATER))


async def refreshed(_subscriptions: DynamoDbSubscriptions, grants: DynamoDbGrants) -> None:
    """A connection with a grant of its own."""
    await grants.keep("c-1", a_grant())


async def in_three_rooms(subscriptions: DynamoDbSubscriptions, grants: DynamoDbGrants) -> None:
    """A connection that was refreshed too."""
    for room in (LOBBY, ATTIC, RoomId("cellar")):
        await subscriptions.subscribe(a_subscription(room=room))
    await grants.keep("c-1", a_grant())


async def nothing(_subscriptions: DynamoDbSubscriptions, _grants: DynamoDbGrants) -> None:
    """An empty table."""


# What was there before, what is measured; requests, read units, write units.
USES: dict[str, tuple[Use, Use, list[str], float, float]] = {
    "subscribe": (nothing, lambda s, g: s.subscribe(a_subscription()), ["PutItem", "Query"], 0.5, 2),
    "renew": (subscribed, lambda s, g: s.subscribe(ON_ANOTHER_DAY), ["PutItem", "Query"], 0.5, 2),
    "unsubscribe": (subscribed, lambda s, g: s.unsubscribe("c-1", LOBBY), ["DeleteItem"], 0, 2),
    "unsubscribe, not there": (nothing, lambda s, g: s.unsubscribe("c-1", LOBBY), ["DeleteItem"], 0, 1),
    "of_connection": (in_three_rooms, lambda s, g: s.of_connection("c-1"), ["Query"], 1, 0),
    "recipients": (subscribed, lambda s, g: s.recipients(LOBBY, NOW), ["Query"], 0.5, 0),
    "recipients, three lapsed": (lapsed, lambda s, g: s.recipients(LOBBY, NOW), ["Query", "BatchGetItem"], 3.5, 0),
    "members": (subscribed, lambda s, g: s.members(LOBBY, "", 10, NOW), ["Query"], 0.5, 0),
    "end": (subscribed, lambda s, g: s.end("c-1"), ["Query", "BatchWriteItem"], 1, 2),
    "end, refreshed and in three rooms": (
        in_three_rooms,
        lambda s, g: s.end("c-1"),
        ["Query", "BatchWriteItem"],
        1,
        8,
    ),
    "end, nothing there": (nothing, lambda s, g: s.end("c-1"), ["Query"], 0, 0),
    "grant kept": (nothing, lambda s, g: g.keep("c-1", a_grant()), ["PutItem"], 0, 2),
    "grant found": (refreshed, lambda s, g: g.find("c-1"), ["GetItem"], 1, 0),
    "grant not found": (nothing, lambda s, g: g.find("c-1"), ["GetItem"], 1, 0),
    "grant ended": (refreshed, lambda s, g: g.end("c-1"), ["DeleteItem"], 0, 2),
    "grant ended, not there": (nothing, lambda s, g: g.end("c-1"), ["DeleteItem"], 0, 1),
}


@pytest.mark.parametrize(("before", "use", "actions", "read_units", "write_units"), USES.values(), ids=USES)
async def test_units(
    dynamodb: DynamoDbClient,
    connections: str,
    before: Use,
    use: Use,
    actions: list[str],
    read_units: float,
    write_units: float,
) -> None:
    """Of rows below 1 KB, as ours are."""
    await before(DynamoDbSubscriptions(dynamodb, connections, Clock()), DynamoDbGrants(dynamodb, connections, Clock()))
    client = metered(dynamodb)

    await use(DynamoDbSubscriptions(client, connections, Clock()), DynamoDbGrants(client, connections, Clock()))

    assert (actions, read_units, write_units) == (
        client.meter.actions,
        client.meter.read_units,
        client.meter.write_units,
    )
