"""Runs checks against a deployment of the probe application, and makes the report."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import msgspec
from botocore.exceptions import BotoCoreError

from talkroom.conformance.deployment import Deployment
from talkroom.conformance.errors import ConformanceError, NotRun, Unusable
from talkroom.conformance.matrix import make_matrix
from talkroom.conformance.options import Options, select
from talkroom.conformance.report import Outcome, Report, Result
from talkroom.conformance.suite import Check, all_checks, deadline_s
from talkroom.conformance.target import Target

SENTENCE_MAX: Final = 600
"""Characters of what a check says; a response of the target may be long."""

Progress = Callable[[Result], None]


async def run(options: Options, progress: Progress = lambda _result: None) -> Report:
    """Run the checks that the options choose, and write the files that they name. `progress` is told of each as it ends.

    Raises Unusable for options that cannot be used, and OSError for a file that cannot be written. What a target does wrong,
    or a check, is a result.
    """
    chosen = select(options.only)
    deployment = Deployment(options)
    notes = _read_notes(options)
    places = asyncio.Semaphore(options.concurrency)

    async def run_in_place(number: int, one: Check | None) -> Result:
        async with places:
            result = await run_check(number, one, deployment)
        progress(result)
        return result

    checks = all_checks()
    results = await asyncio.gather(*(run_in_place(number, checks.get(number)) for number in sorted(chosen)))
    report = Report(target=deployment.main.url, results=results)
    if options.json is not None:
        options.json.write_bytes(report.to_json())
    if options.markdown is not None:
        options.markdown.write_text(make_matrix(report, notes))
    return report


async def run_check(number: int, one: Check | None, deployment: Deployment) -> Result:
    """The result of one check; none that is known is one that was not run."""
    started_s = time.monotonic()
    outcome, sentence = await _judge(one, deployment)
    return Result(number, outcome, sentence[:SENTENCE_MAX], round(time.monotonic() - started_s, 3))


async def _judge(one: Check | None, deployment: Deployment) -> tuple[Outcome, str]:
    if one is None:
        return "not run", "this version of the suite has no check of it"
    patience_s = deployment.options.patience_s
    allowed_s = 0.0
    try:
        allowed_s = deadline_s(one, deployment.options)
        async with asyncio.timeout(allowed_s) as deadline, Target(deployment) as target:
            await one.run(target)
    except NotRun as reason:
        return "not run", str(reason)
    except ConformanceError as departure:
        return "departed", str(departure)
    except TimeoutError:
        if deadline.expired():
            return "departed", f"the check did not end within {allowed_s:g} s"
        return "departed", f"something was due, and nothing came within {patience_s:g} s"
    except asyncio.IncompleteReadError:
        return "departed", "the target ended the TCP connection when something was due"
    except (OSError, BotoCoreError) as error:
        return "departed", f"the target could not be reached: {type(error).__name__}: {error}"
    except Exception as error:  # the outermost loop: a check that fails must not keep the others from being run
        return "departed", f"the check could not read what came: {type(error).__name__}: {error}"
    return "passed", ""


def _read_notes(options: Options) -> dict[int, str]:
    if options.notes is None:
        return {}
    try:
        return msgspec.json.decode(options.notes.read_bytes(), type=dict[int, str], strict=False)
    except (OSError, msgspec.DecodeError) as error:
        raise Unusable(f"--notes {options.notes}: not a JSON object from numbers to sentences: {error}") from error
