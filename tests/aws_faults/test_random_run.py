"""Two thousand operations while everything goes wrong: at the end nothing is stale, lost or doubled.

`TALKROOM_FAULTS_SEED=7,8,9` runs other seeds, and `TALKROOM_FAULTS_OPERATIONS=20000` longer.
"""

import os
from collections import Counter

import pytest

from talkroom.storage.dynamodb.client import DynamoDbClient
from tests.aws_faults.chance import Chance
from tests.aws_faults.checks import check
from tests.aws_faults.random_run import RandomRun
from tests.aws_faults.stack import FAN_OUT_FUNCTION, running

SEEDS = [int(seed) for seed in os.environ.get("TALKROOM_FAULTS_SEED", "1,2").split(",")]
OPERATIONS = int(os.environ.get("TALKROOM_FAULTS_OPERATIONS", "2000"))


@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_is_stale_lost_or_doubled_after_a_random_run(
    dynamodb: DynamoDbClient, connections: str, messages: str, seed: int
):
    """Whatever was acknowledged is in the log once, whoever is there has it, and whoever is gone has left nothing."""
    chance = Chance(seed)
    splitting = {"fan_out_function": FAN_OUT_FUNCTION, "fan_out_inline_max": 4, "fan_out_page": 3}
    async with running(dynamodb, connections, messages, chance, **splitting) as stack:
        run = RandomRun(stack, chance, seed)
        try:
            await run.operate(OPERATIONS)
            wrong = await check(run, await run.finish())
        finally:
            met = Counter(name for name, _ in chance.met)
            print(f"seed {seed}: {run.done}; {stack.functions.invocations}; {dict(met)}")
            await run.close()

    assert not wrong, "\n".join(wrong)
