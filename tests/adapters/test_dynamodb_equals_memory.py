"""The message log in DynamoDB answers as the one in memory does, whatever happens to both."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from talkroom.storage.dynamodb.schema import messages_table
from talkroom.storage.retention import Retention
from tests.adapters.dynamodb_log import open_log
from tests.adapters.log_player import RETENTIONS, STEPS, Step, play_both
from tests.contracts.given import Clock, Epochs
from tests.dynamodb.local import DynamoDbLocal
from tests.dynamodb.tables import connected, table

PROCESSES = st.sampled_from([0, 0, 1])
STEPS_AND_TTL = st.one_of(STEPS, st.tuples(st.just("purge some"), st.integers(0, 2**16)))


@settings(max_examples=40, deadline=None)
@given(retention=RETENTIONS, steps=st.lists(st.tuples(PROCESSES, STEPS_AND_TTL), max_size=25))
def test_both_answer_the_same(
    dynamodb_local: DynamoDbLocal, retention: Retention, steps: list[tuple[int, Step]]
) -> None:
    """Appends, also at once, retries, reads, TTL and a clock that goes both ways, under any limits, from two processes."""

    async def play() -> tuple[list[object], list[object]]:
        clock, epochs = Clock(), Epochs()
        async with connected(dynamodb_local.endpoint) as client, table(client, messages_table) as name:
            logs = [open_log(client, name, retention=retention, clock=clock, epochs=epochs) for _ in range(2)]
            return await play_both(retention, clock, logs, steps)

    expected, actual = asyncio.run(play())

    assert expected == actual
