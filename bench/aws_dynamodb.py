"""Puts and queries: aiodynamo beside boto3 in threads and aiobotocore, against a local DynamoDB.

    python bench/aws_dynamodb.py                                     MiniStack, started for it
    python bench/aws_dynamodb.py --endpoint http://127.0.0.1:8000    any other, such as DynamoDB Local

It makes an environment for the peers at the first run. A table of a name of its own stays behind where an endpoint is given.
"""

import argparse
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import machine

sys.path.append(str(Path(__file__).parent / "aws"))

import peers
import rounds

PAGE = 20
ITEM = {
    "epoch": "01J0000000",
    "id": "5f0c",
    "sender": "alice",
    "name": "Alice",
    "text": "A line of chat as people write it: not long, not short.",
}
READY_TIMEOUT_S = 60.0


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--endpoint", help="of a DynamoDB that is running already")
    options = parser.parse_args(arguments)
    cores, python = machine.Cores.choose(), str(peers.install())
    callers = [
        rounds.Caller("aiodynamo", "dynamodb_aiodynamo.py", peers.OURS),
        rounds.Caller("aiobotocore", "dynamodb_aiobotocore.py", python),
        rounds.Caller("boto3, 32 threads", "dynamodb_boto3.py", python),
    ]
    with dynamodb(options.endpoint, cores.server) as endpoint:
        job = {
            "endpoint": endpoint,
            "region": "us-east-1",
            "key_id": "AKIDBENCH",
            "key": "a key",
            "token": "t" * 600,
            "table": f"bench-{secrets.token_hex(4)}",
            "item": ITEM,
            "typed_item": {name: {"S": value} for name, value in ITEM.items()},
            "page": PAGE,
            "times": options.calls,
            "warm_up": 100,
        }
        rounds.run_once(rounds.Caller("preparation", "dynamodb_prepare.py", python), job, cores.generator)
        results = rounds.measure(callers, job, options.rounds, cores)
    print(peers.versions(peers.OURS, ("aiohttp", "aiodynamo")) | peers.versions(python, ("aiobotocore", "boto3")))
    print(f"{options.calls} calls, medians of {options.rounds} rounds; a query reads {PAGE} items\n")
    print(rounds.table(results, options.calls))


@contextmanager
def dynamodb(given: str | None, core: int) -> Iterator[str]:
    """Its endpoint; MiniStack on its own core when none is given."""
    if given:
        yield given
        return
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="talkroom-bench-") as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "TMPDIR": folder,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "SERVICES": "dynamodb",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=environment,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        try:
            _wait_until_ready(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("bench: MiniStack did not start") from None
            time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1:])
