"""Pushes to rooms of 2 to 5,000 members by the Lambda functions themselves: their time and their price, with and without pages.

    python bench/aws_fan_out.py                three minutes
    python bench/aws_fan_out.py --times 1      a glance

The functions' code runs on one core, beside DynamoDB Local and a stand-in for API Gateway and Lambda that answers after the time
which docs/topics/cost.md assumes. So CPU is measured and waits are assumed. On one machine pages would run one after the other: one
page is measured, and the last post of a push comes after its hand-over and one page, as if all pages began at once.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import machine

sys.path.append(str(Path(__file__).parent.parent))
sys.path.append(str(Path(__file__).parent / "aws"))

import rounds

from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Kind, Subscription
from talkroom.cost.lambda_time import FULL_CORE_MB, INVOKE_WAIT_MS, POST_WAIT_MS, Functions
from talkroom.cost.model import million_messages
from talkroom.cost.prices import PRICE_LISTS
from talkroom.cost.units import Room
from talkroom.storage.dynamodb.schema import connections_table, messages_table
from talkroom.storage.dynamodb.subscriptions import DynamoDbSubscriptions
from tests.dynamodb.local import REGION, DynamoDbLocal
from tests.dynamodb.tables import connected

HERE = Path(__file__).parent
SIZES = (2, 10, 50, 100, 500, 1000, 5000)
PAGE = 500
MEMORY_MB = 512
PRICES = PRICE_LISTS["us-east-1"]
TEXT = "A line of chat as people write it: not long, not short. " * 4
HOUR_MS = 3_600_000
HEAD = (
    "| members | one function: CPU, ms | last post, ms | with 512 MB | pages | `messages` + a page: CPU, ms | last post, ms |"
    " with 512 MB | a million messages, USD |"
)
CONNECTIONS, MESSAGES = "connections", "messages"


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    cores = machine.Cores.choose()
    with tempfile.TemporaryDirectory() as folder, DynamoDbLocal(Path(folder)) as dynamodb, answering() as endpoint:
        asyncio.run(fill(dynamodb.endpoint))
        job = {
            "variables": variables(endpoint, dynamodb.endpoint),
            "rooms": [room_of(size) for size in SIZES],
            "page": ids(PAGE),
            "push": TEXT,
            "text": TEXT,
            "times": options.times,
        }
        caller = rounds.Caller("the functions", "fan_out_handlers.py", sys.executable)
        results = rounds.measure([caller], job, options.rounds, cores)
    print(table(results[caller.title]))


def variables(endpoint: str, dynamodb: str) -> dict[str, str]:
    """Of the functions."""
    return {
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIDBENCH",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "t" * 600,  # as long as a role's
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "TALKROOM_CONNECTIONS_TABLE": CONNECTIONS,
        "TALKROOM_MESSAGES_TABLE": MESSAGES,
        "TALKROOM_MANAGEMENT_ENDPOINT": f"{endpoint}/prod",
        "TALKROOM_FAN_OUT_INLINE_MAX": str(PAGE),
        "TALKROOM_FAN_OUT_PAGE": str(PAGE),
        "TALKROOM_DELIVERY_DEADLINE_S": "60",
        "TALKROOM_LOG_LEVEL": "error",
    }


@contextmanager
def answering() -> Iterator[str]:
    """The URL of the stand-in."""
    command = [sys.executable, str(HERE / "aws" / "answering_api.py"), str(POST_WAIT_MS), str(INVOKE_WAIT_MS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


async def fill(endpoint: str) -> None:
    """Both tables, and a room of every size."""
    async with connected(endpoint) as client:
        await client.send_request(action="CreateTable", payload=connections_table(CONNECTIONS))
        await client.send_request(action="CreateTable", payload=messages_table(MESSAGES))
        subscriptions = DynamoDbSubscriptions(client, CONNECTIONS, clock=now_ms, waits_for_index=False)
        slots = asyncio.Semaphore(16)

        async def subscribe(room: str, connection_id: str) -> None:
            async with slots:
                await subscriptions.subscribe(a_subscription(RoomId(room), connection_id))

        await asyncio.gather(*(subscribe(room_of(size), one) for size in SIZES for one in ids(size)))


def a_subscription(room: RoomId, connection_id: str) -> Subscription:
    """Of a connection that has just begun."""
    return Subscription(
        connection_id=connection_id,
        room=room,
        kind=Kind.V1,
        principal_id=f"user-{connection_id}",
        name="A Name Like Others",
        lease_until_ms=now_ms() + HOUR_MS,
        since_ms=now_ms(),
    )


def ids(count: int) -> list[str]:
    """As long as API Gateway's."""
    return [f"beAaBEAECAw{number:04d}=" for number in range(count)]


def room_of(size: int) -> str:
    """The room with so many members."""
    return f"room-of-{size}"


def now_ms() -> int:
    """The functions have the real clock."""
    return time.time_ns() // 1_000_000


def table(measured: Sequence[dict[str, dict[str, float]]]) -> str:
    """Medians as Markdown, with the price of a million such messages."""
    middle = {name: rounds._medians(measured, name) for name in measured[0]}
    page = middle["page"]
    lines = [
        HEAD,
        "| " + " | ".join(["---"] * 9) + " |",
    ]
    for size in SIZES:
        whole, split = middle[room_of(size)], middle[f"{room_of(size)}-split"]
        shown = [f"{size:,}", ms(whole["cpu_s"]), ms(whole["wall_s"]), ms(on_lambda_s(whole))]
        if size > PAGE:
            last_s, slow_s = split["wall_s"] + page["wall_s"], on_lambda_s(split) + on_lambda_s(page)
            shown += [str(-(-size // PAGE)), f"{ms(split['cpu_s'])} + {ms(page['cpu_s'])}", ms(last_s), ms(slow_s)]
        else:
            shown += ["", "", "", ""]
        shown.append(f"{million_messages(Room(members=size), Functions(), PRICES).usd:,.2f}")
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def on_lambda_s(used: dict[str, float]) -> float:
    """At most, with the share of a core that 512 MB buy: its CPU time stretched, and as much waiting as here."""
    return used["cpu_s"] * FULL_CORE_MB / MEMORY_MB + max(0.0, used["wall_s"] - used["cpu_s"])


def ms(seconds: float) -> str:
    """Three digits are more than the noise allows."""
    return f"{seconds * 1000:,.0f}" if seconds >= 0.01 else f"{seconds * 1000:.1f}"


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(HERE.parent))
    main(sys.argv[1:])
