"""What becomes of a check, whatever it does."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from talkroom.conformance.catalogue import CATALOGUE
from talkroom.conformance.deployment import Deployment
from talkroom.conformance.errors import Departure, NotRun, Unusable
from talkroom.conformance.options import Limits, Options, select
from talkroom.conformance.report import Result
from talkroom.conformance.runner import run, run_check
from talkroom.conformance.suite import Check, CheckFunction, Waits
from talkroom.conformance.target import Target

OPTIONS = Options(ws="ws://127.0.0.1:9/prod", access_key_id="AKID", secret_access_key="secret", patience_s=0.1)


async def outcome(function: CheckFunction, *, waits: Waits = lambda _limits: 0.0, options: Options = OPTIONS) -> Result:
    """Of a check of behaviour 1."""
    result = await run_check(1, Check(CATALOGUE[1], function, waits), Deployment(options))
    return msgspec.structs.replace(result, seconds=0)


async def test_a_check_that_says_nothing_has_passed() -> None:
    """Silence is consent."""

    async def says_nothing(_target: Target) -> None: ...

    assert Result(1, "passed", "", 0) == await outcome(says_nothing)


@pytest.mark.parametrize(
    ("error", "expected", "sentence"),
    [
        (Departure("it said no"), "departed", "it said no"),
        (NotRun("no key: give one"), "not run", "no key: give one"),
        (KeyError("requestContext"), "departed", "the check could not read what came: KeyError: 'requestContext'"),
        (TimeoutError(), "departed", "something was due, and nothing came within 0.1 s"),
        (asyncio.IncompleteReadError(b"", 2), "departed", "the target ended the TCP connection when something was due"),
        (
            ConnectionRefusedError(111, "refused"),
            "departed",
            "the target could not be reached: ConnectionRefusedError: [Errno 111] refused",
        ),
    ],
)
async def test_an_exception_is_a_result(error: Exception, expected: str, sentence: str) -> None:
    """Never the end of the run."""

    async def raises(_target: Target) -> None:
        raise error

    result = await outcome(raises)

    assert (expected, sentence) == (result.outcome, result.sentence)


async def test_a_check_that_waits_longer_than_allowed_is_not_run() -> None:
    """Nobody waits for two hours who did not ask for it."""

    async def never(_target: Target) -> None:
        raise AssertionError

    result = await outcome(never, waits=lambda limits: limits.connection_duration_s)

    assert "not run" == result.outcome
    assert result.sentence.startswith("it waits 7200 s: give --longest-wait-s 7200")


async def test_a_shorter_limit_of_the_target_is_waited_for() -> None:
    """Whoever configured the gateway tells the suite."""

    async def says_nothing(_target: Target) -> None: ...

    options = msgspec.structs.replace(OPTIONS, limits=Limits(connection_duration_s=3))

    assert (
        "passed" == (await outcome(says_nothing, waits=lambda one: one.connection_duration_s, options=options)).outcome
    )


async def test_a_target_that_is_not_there_departs_from_everything(tmp_path: Path) -> None:
    """And the run ends, with its files written."""
    json, markdown = tmp_path / "report.json", tmp_path / "matrix.md"
    options = msgspec.structs.replace(OPTIONS, only="1-3", json=json, markdown=markdown)
    seen: list[int] = []

    report = await run(options, lambda result: seen.append(result.number))

    assert {"departed"} == {result.outcome for result in report.results}
    assert [1, 2, 3] == sorted(seen)
    assert report.to_json() == json.read_bytes()
    assert "| 3 |" in markdown.read_text()


@pytest.mark.parametrize(
    ("only", "expected"),
    [("12,13", {12, 13}), ("a", set(range(1, 25))), ("F, 1-2", {1, 2, *range(110, 127)}), ("", set(range(1, 127)))],
)
def test_checks_are_chosen(only: str, expected: set[int]) -> None:
    """By number, section and range."""
    assert expected == select(only)


@pytest.mark.parametrize("only", ["0", "127", "G", "3-200", "x-1"])
def test_what_is_no_check_cannot_be_chosen(only: str) -> None:
    """It is named."""
    with pytest.raises(Unusable, match=f"--only {only}"):
        select(only)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"ws": "127.0.0.1:9"}, "--ws"),
        ({"ws": "ws://127.0.0.1:9/prod?a=1"}, "--ws"),
        ({"management": "ftp://127.0.0.1/prod"}, "--management"),
        ({"secret_access_key": None}, "--secret-access-key"),
        ({"ca": Path("/nowhere.pem")}, "--ca /nowhere.pem"),
        ({"notes": Path("/nowhere.json")}, "--notes /nowhere.json"),
    ],
)
async def test_options_that_cannot_be_used_are_named(change: dict[str, object], sentence: str) -> None:
    """Before anything is run."""
    with pytest.raises(Unusable, match=sentence):
        await run(msgspec.structs.replace(OPTIONS, only="1", **change))
