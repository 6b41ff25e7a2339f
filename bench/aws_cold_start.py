"""What each choice of client costs a function before its first call: the time to import it, and its megabytes in the bundle.

    python bench/aws_cold_start.py                 imports with this Python, sizes for Lambda's python3.13 on arm64
    python bench/aws_cold_start.py --python PATH   imports with another Python, 3.13 for instance

Packages are installed into bench/build/, each choice with all that it needs, once for this machine (imports) and once for Lambda
(sizes, wheels only). Byte code is compiled before the imports are timed, as a bundle may bring it along; each is the median of
several fresh processes.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import machine

BUILD = Path(__file__).parent / "build"
LAMBDA = ("--platform", "manylinux2014_aarch64", "--platform", "manylinux_2_28_aarch64", "--python-version", "3.13")
RUNS = 9


@dataclass(frozen=True)
class Choice:
    """Packages to install, what a function imports and makes of them, and what may be left out of a bundle."""

    title: str
    packages: tuple[str, ...]
    start: str
    unread: str | None = None


MAKE_BOTO3 = (
    "import boto3; boto3.client({!r}, region_name='x', endpoint_url='http://x', aws_access_key_id='x',"
    " aws_secret_access_key='x')"
)
SIGNER = "from botocore.auth import SigV4Auth; from botocore.awsrequest import AWSRequest"
AIODYNAMO = "import aiodynamo.client, aiodynamo.http.aiohttp, aiodynamo.credentials"
CHOICES = (
    Choice(
        "aiohttp and botocore's signer",
        ("aiohttp", "botocore"),
        f"import aiohttp; {SIGNER}",
        unread="botocore/data",
    ),
    Choice("aiobotocore", ("aiobotocore",), "import aiobotocore.session as s; s.get_session()"),
    Choice("boto3, for posts", ("boto3",), MAKE_BOTO3.format("apigatewaymanagementapi")),
    Choice(
        "aiodynamo over aiohttp",
        ("aiodynamo", "aiohttp"),
        AIODYNAMO,
    ),
    Choice("boto3, for DynamoDB", ("boto3",), MAKE_BOTO3.format("dynamodb")),
    Choice(
        "Talkroom's, for both",
        ("aiohttp", "aiodynamo", "botocore"),
        f"{AIODYNAMO}; {SIGNER}",
        unread="botocore/data",
    ),
    Choice(
        "boto3, for both",
        ("boto3",),
        f"{MAKE_BOTO3.format('apigatewaymanagementapi')}; {MAKE_BOTO3.format('dynamodb')}",
    ),
)


def main(arguments: Sequence[str]) -> None:
    """Install, time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args(arguments)
    version = _run(options.python, "-c", "import platform; print(platform.python_version())").strip()
    core = machine.Cores.choose().generator
    print(f"Python {version}\n")
    print("| choice | start, ms | in the bundle, MB | of it never read, MB |\n| --- | --- | --- | --- |")
    for choice in CHOICES:
        name = "-".join(choice.packages)
        here = _installed(options.python, choice, BUILD / f"here-{version}-{name}", ())
        there = _installed(options.python, choice, BUILD / f"lambda-{name}", ("--only-binary", ":all:", *LAMBDA))
        unread = f"{_megabytes(there / choice.unread):.1f}" if choice.unread else ""
        started_ms = _start_ms(options.python, choice, here, core)
        print(f"| {choice.title} | {started_ms:.0f} | {_megabytes(there):.1f} | {unread} |", flush=True)


def _installed(python: str, choice: Choice, folder: Path, options: Sequence[str]) -> Path:
    if not folder.exists():
        half = folder.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        _run(
            python, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(half), *options, *choice.packages
        )
        half.rename(folder)
    return folder


def _start_ms(python: str, choice: Choice, folder: Path, core: int) -> float:
    """Above what Python itself needs to start asyncio, which every function of ours needs."""
    bare = "import asyncio"
    times: dict[str, list[float]] = {bare: [], choice.start: []}
    for number in range(RUNS + 1):
        for code, taken in times.items():
            measured = _time(python, f"{bare}\n{code}", folder, core)
            if number:  # the first compiles
                taken.append(measured)
    return 1000 * (statistics.median(times[choice.start]) - statistics.median(times[bare]))


def _time(python: str, code: str, folder: Path, core: int) -> float:
    """Processor time of the process, in seconds."""
    timed = f"import time\n{code}\nprint(time.process_time())"
    said = subprocess.run(
        [python, "-c", timed],
        env={"PYTHONPATH": str(folder), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    return float(said.stdout)


def _megabytes(folder: Path) -> float:
    """Unpacked, without byte code."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sum(path.stat().st_size for path in files) / 1e6


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main(sys.argv[1:])
