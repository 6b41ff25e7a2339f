"""How often writers of one room get into each other's way: puts for each message stored, by the number of processes.

    python bench/aws_append_conflicts.py        DynamoDB Local, started for it (it needs `make test` to have fetched it)

Every process appends without a pause. Writes the rows of the table in docs/topics/dynamodb.md.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from talkroom.storage.dynamodb.schema import messages_table
from tests.adapters.test_dynamodb_processes import run
from tests.dynamodb.local import DynamoDbLocal
from tests.dynamodb.tables import connected, table

APPENDS = 240
"""Of all processes together; half of them by a name that all use."""
ROUNDS = 3
PROCESSES = (1, 2, 4, 8)


async def measure(endpoint: str, processes: int) -> float:
    """Puts for each message stored."""
    async with connected(endpoint) as client, table(client, messages_table) as name:
        lines = await run("workers", endpoint, name, processes, APPENDS // processes, 1)
    puts = sum(line for line in lines if isinstance(line, int))
    stored = sum(1 for line in lines if isinstance(line, list) and not line[-1])
    return puts / stored


async def main() -> None:
    """Print the table."""
    print("| processes | puts for each message stored |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as folder, DynamoDbLocal(Path(folder)) as dynamodb:
        for processes in PROCESSES:
            found = sorted([await measure(dynamodb.endpoint, processes) for _ in range(ROUNDS)])
            print(f"| {processes} | {found[ROUNDS // 2]:.1f} ({found[0]:.1f} to {found[-1]:.1f}) |")


if __name__ == "__main__":
    asyncio.run(main())
