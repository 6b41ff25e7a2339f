"""Posts to connections: talkroom.delivery beside boto3 in threads and aiobotocore, against our own gateway.

    python bench/aws_delivery.py                1,000 posts, five interleaved rounds: a minute and a half
    python bench/aws_delivery.py --rounds 1     a glance

It makes an environment for the peers at the first run. The exit status is 1 when a post was refused.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import machine

sys.path.append(str(Path(__file__).parent / "aws"))

import peers
import rounds

BOTO3 = "boto3, 32 threads"
"""Set up as its authors advise: as many connections as threads."""

BAR = 4.0
"""How many times less CPU than boto3's threads a post of ours takes, at least."""

CONNECTIONS = 100
WARM_UP = 200
KEY_ID, KEY = "AKIDBENCH", "a key that is only known to this run"
PUSH = (
    '{"type":"message","roomId":"lobby","epoch":"01J0000000","sequence":1234,"id":"5f0c","sender":"alice","name":"Alice",'
    '"sentAt":1700000000000,"message":"A line of chat as people write it: not long, not short."}'
)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--posts", type=int, default=1000)
    options = parser.parse_args(arguments)
    cores, python = machine.Cores.choose(), str(peers.install())
    callers = [
        rounds.Caller("talkroom.delivery", "post_talkroom.py", peers.OURS),
        rounds.Caller("aiobotocore", "post_aiobotocore.py", python),
        rounds.Caller(BOTO3, "post_boto3.py", python),
        # Its own default: 22 of the 32 threads' connections are thrown away after each post.
        rounds.Caller(f"{BOTO3}, pool of 10", "post_boto3.py", python, {"pool": 10}),
    ]
    with gateway(cores.server) as served:
        job = {
            "endpoint": f"http://127.0.0.1:{served['port']}/prod",
            "region": "us-east-1",
            "key_id": KEY_ID,
            "key": KEY,
            "token": "t" * 600,  # as long as a role's
            "payload": PUSH,
            "ids": served["ids"],
            "times": options.posts,
            "warm_up": WARM_UP,
        }
        results = rounds.measure(callers, job, options.rounds, cores)
    print(peers.versions(peers.OURS, ("aiohttp", "botocore")) | peers.versions(python, ("aiobotocore", "boto3")))
    print(f"{options.posts} posts, medians of {options.rounds} rounds\n")
    print(rounds.table(results, options.posts))
    ratio = rounds.cpu_ratio(results, BOTO3, "post")
    print(
        f"\nboto3's threads take {ratio:.1f} times the CPU; the bar is {BAR:g}: {'reached' if ratio >= BAR else 'below'}"
    )


@contextmanager
def gateway(core: int) -> Iterator[dict[str, object]]:
    """Our gateway with its clients, on its own core; it ends with the context."""
    process = subprocess.Popen(
        [peers.OURS, rounds.HERE / "gateway_server.py", KEY_ID, KEY, str(CONNECTIONS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    assert process.stdin
    assert process.stdout
    try:
        yield dict(json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


if __name__ == "__main__":
    main(sys.argv[1:])
