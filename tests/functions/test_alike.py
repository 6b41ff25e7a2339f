"""What a function may do, and what becomes of it: the same in every language that has a worker here."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.functions.kit import (
    ARN,
    Records,
    call,
    failure,
    hosting,
    state_of,
    until,
    until_frozen,
    until_gone,
)
from tests.functions.sources import LANGUAGES, Language


@pytest.fixture(params=LANGUAGES, ids=lambda language: language.name)
def language(request: pytest.FixtureRequest) -> Language:
    """Python, and Node.js."""
    chosen: Language = request.param
    return chosen


# results


async def test_a_result_is_the_json_of_what_the_handler_returns(language: Language, tmp_path: Path) -> None:
    """Text of all kinds included."""
    async with hosting(language.spec(tmp_path)) as host:
        event = {
            "do": "echo",
            "text": '日本 \U0001f600 \u2028 " \\',
            "number": 1.5,
            "nothing": None,
            "list": [True, {}],
        }
        assert event == json.loads(await host.invoke(json.dumps(event).encode()))


async def test_the_payload_may_be_large(language: Language, tmp_path: Path) -> None:
    """A message of 128 KiB, and what the event adds to it."""
    async with hosting(language.spec(tmp_path)) as host:
        event = {"do": "echo", "text": "x" * 300_000}
        assert event == await call(host, **event)


async def test_an_environment_is_used_again(language: Language, tmp_path: Path) -> None:
    """What a module keeps is there in the next invocation."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        await call(host, "seen", name="a")
        assert ["a", "b"] == await call(host, "seen", name="b")


async def test_the_context_says_what_lambda_s_says(language: Language, tmp_path: Path, records: Records) -> None:
    """Name, version, ARN, memory, log group, request, time left and trace."""
    async with hosting(language.spec(tmp_path, memory_mb=256)) as host:
        trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
        context = json.loads(await host.invoke(b'{"do": "context"}', trace_id=trace))
    remaining_ms = context.pop("remaining")
    request_id = context.pop("request")
    assert 0 < remaining_ms <= 60_000
    assert request_id == vars(await records.seen("REPORT"))["request_id"]
    assert context == {
        "function": "echo-function",
        "version": "$LATEST",
        "arn": ARN,
        "memory": "256",
        "group": "/aws/lambda/echo-function",
        "trace": trace,
    }


async def test_the_working_directory_is_the_code_s_folder(language: Language, tmp_path: Path) -> None:
    """As /var/task is on Lambda."""
    async with hosting(language.spec(tmp_path)) as host:
        assert str(tmp_path) == await call(host, "folder")


async def test_the_developer_s_environment_does_not_leak(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile of the developer's would sign for production."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    async with hosting(language.spec(tmp_path, environment={"TABLE": "messages"})) as host:
        variables = await call(host, "variables")
    assert ("messages", False) == (variables["TABLE"], "AWS_PROFILE" in variables)


# failures


async def test_an_error_is_the_failure_of_its_invocation_alone(language: Language, tmp_path: Path) -> None:
    """The next call works, in the same environment."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        pid = await call(host, "pid")
        failed = await failure(host, "raise", room="lobby")
        assert failed.error_type in {"LookupError", "RangeError"}
        assert failed.message == "no such room: lobby"
        assert pid == await call(host, "pid")


async def test_an_error_s_trace_shows_the_function_s_own_frames(
    language: Language, tmp_path: Path, records: Records
) -> None:
    """In the language's own layout, in one record of the log."""
    async with hosting(language.spec(tmp_path)) as host:
        await failure(host, "raise", room="lobby")
    logged = (await records.seen("failed: ")).getMessage()
    assert "no such room: lobby" in logged
    assert "fail_inside" in logged or "failInside" in logged
    assert str(tmp_path / language.file) in logged
    assert "_worker" not in logged


async def test_a_process_that_exits_fails_its_invocation(language: Language, tmp_path: Path) -> None:
    """Its status is told, and the next call works."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        failed = await failure(host, "exit", status=3)
        assert failed.error_type == "Runtime.ExitError"
        assert failed.message.startswith("RequestId: ")
        assert failed.message.endswith(" Error: Runtime exited with error: exit status 3")
        assert {"do": "echo"} == await call(host, "echo")


async def test_a_process_that_exits_with_nothing_wrong_fails_its_invocation_too(
    language: Language, tmp_path: Path
) -> None:
    """It has not answered."""
    async with hosting(language.spec(tmp_path)) as host:
        failed = await failure(host, "exit", status=0)
    assert failed.message.endswith(" Error: Runtime exited without providing a reason")


async def test_a_process_that_is_killed_fails_its_invocation(language: Language, tmp_path: Path) -> None:
    """As when the machine has no memory left."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        failed = await failure(host, "kill")
        assert failed.message.endswith(" Error: Runtime exited with error: signal: killed")
        assert {"do": "echo"} == await call(host, "echo")


async def test_a_function_that_hangs_is_ended_at_its_timeout(language: Language, tmp_path: Path) -> None:
    """With its process, and the next call works."""
    async with hosting(language.spec(tmp_path, timeout_s=2), concurrency_max=1) as host:
        await host.start()
        (pid,) = host.pids
        failed = await failure(host, "hang")
        assert failed.error_type == "Sandbox.Timedout"
        assert failed.message.endswith(" Error: Task timed out after 2.00 seconds")
        assert {"do": "echo"} == await call(host, "echo")
        await until_gone(pid)


async def test_what_a_function_started_ends_with_it(language: Language, tmp_path: Path, records: Records) -> None:
    """A child of a process that is ended at its timeout would run for ever."""
    async with hosting(language.spec(tmp_path, timeout_s=2)) as host:
        await failure(host, "child_and_hang")
        child = int((await records.seen("child ")).getMessage().rpartition("child ")[2])
        await until_gone(child)


async def test_a_result_that_has_no_json_fails(language: Language, tmp_path: Path) -> None:
    """Each in its runtime's words, and the next call works."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        failed = await failure(host, "odd")
        assert (failed.error_type, failed.message) in {
            ("Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON serializable"),
            ("Error", "Unable to stringify response body"),
        }
        assert {"do": "echo"} == await call(host, "echo")


async def test_a_result_of_6_mb_is_taken(language: Language, tmp_path: Path) -> None:
    """Quotation marks included."""
    async with hosting(language.spec(tmp_path)) as host:
        characters = 6 * 1024 * 1024 + 98
        assert characters == len(await call(host, "large", characters=characters))


async def test_a_larger_result_fails(language: Language, tmp_path: Path) -> None:
    """In Lambda's words, and the next call works."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        failed = await failure(host, "large", characters=6 * 1024 * 1024 + 99)
        assert failed.error_type == "Function.ResponseSizeTooLarge"
        assert failed.message == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
        assert {"do": "echo"} == await call(host, "echo")


# initialization


async def test_a_missing_module_fails_the_invocation(language: Language, tmp_path: Path) -> None:
    """With its name, as Lambda has it."""
    spec = language.spec(tmp_path)
    language.write(tmp_path, language.broken)
    async with hosting(spec) as host:
        failed = await failure(host, "echo")
    assert failed.error_type == "Runtime.ImportModuleError"
    assert "nowhere_to_be_found" in failed.message


async def test_a_syntax_error_fails_the_invocation(language: Language, tmp_path: Path, records: Records) -> None:
    """With its place."""
    spec = language.spec(tmp_path)
    language.write(tmp_path, language.syntax_error)
    async with hosting(spec) as host:
        failed = await failure(host, "echo")
    assert failed.error_type == "Runtime.UserCodeSyntaxError"
    assert str(tmp_path / language.file) in (await records.seen("failed: ")).getMessage()


async def test_a_missing_handler_fails_the_invocation(language: Language, tmp_path: Path) -> None:
    """The module is there and the function is not."""
    async with hosting(language.spec(tmp_path, handler="app.nothing")) as host:
        failed = await failure(host, "echo")
    assert failed.error_type == "Runtime.HandlerNotFound"
    assert "nothing" in failed.message


async def test_a_missing_file_fails_the_invocation(language: Language, tmp_path: Path) -> None:
    """A handler whose module is misspelled."""
    async with hosting(language.spec(tmp_path, handler="ap.handler")) as host:
        failed = await failure(host, "echo")
    assert failed.error_type == "Runtime.ImportModuleError"


async def test_a_failed_start_is_logged_and_tried_again(language: Language, tmp_path: Path, records: Records) -> None:
    """By the next invocation, which finds the mistake corrected."""
    spec = language.spec(tmp_path)
    language.write(tmp_path, language.broken)
    async with hosting(spec) as host:
        await host.start()
        assert "nowhere_to_be_found" in (await records.seen("failed: ")).getMessage()
        language.write(tmp_path)
        assert {"do": "echo"} == await call(host, "echo")


# output


async def test_what_is_printed_is_logged_by_line(language: Language, tmp_path: Path, records: Records) -> None:
    """Both streams in their order, and the last line although it has no end, before the invocation's report."""
    async with hosting(language.spec(tmp_path)) as host:
        await call(host, "print", text="hello")
    texts = [text.rpartition("\t")[2] for text in records.texts]
    assert texts[0] == "importing app"
    assert texts[1:3] == ["to standard output: hello", "to standard error: hello"]
    assert texts[3].startswith("without an end")
    assert texts[4].startswith("REPORT")


async def test_output_names_its_function_and_its_request(language: Language, tmp_path: Path, records: Records) -> None:
    """Output of the initialization is no request's."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        for text in ("first", "second"):
            await call(host, "print", text=text)
    init, first, second = (records.find(text) for text in ("importing", "output: first", "output: second"))
    assert init is not None
    assert first is not None
    assert second is not None
    reports = [vars(record)["request_id"] for record in records.records if "REPORT" in record.getMessage()]
    assert reports == [vars(first)["request_id"], vars(second)["request_id"]]
    assert "init" == vars(init)["request_id"]
    assert {"Echo"} == {vars(record)["function"] for record in records.records}
    assert first.getMessage().startswith(f"Echo {reports[0][:8]} | ")


async def test_a_report_says_whether_the_environment_was_new(
    language: Language, tmp_path: Path, records: Records
) -> None:
    """The first invocation waits for it, the second one does not."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        await call(host, "echo")
        await failure(host, "raise", room="lobby")
    first, second = (text for text in records.texts if text.startswith("REPORT"))
    assert "new environment, ready after" in first
    assert "warm environment, error " in second


async def test_payloads_results_and_secrets_are_not_logged(
    language: Language, tmp_path: Path, records: Records
) -> None:
    """Only what the function prints itself."""
    async with hosting(language.spec(tmp_path)) as host:
        await call(host, "echo", text="a private word")
        await failure(host, "raise", room="lobby", text="a private word")
    whole = "\n".join(records.texts)
    assert "private" not in whole
    assert "a secret of the tests" not in whole


# environments


async def test_two_invocations_run_at_the_same_time(language: Language, tmp_path: Path) -> None:
    """Each waits for a sign of the other."""
    async with hosting(language.spec(tmp_path), concurrency_max=2) as host:
        one, two = str(tmp_path / "one"), str(tmp_path / "two")
        pids = await asyncio.gather(call(host, "meet", mine=one, other=two), call(host, "meet", mine=two, other=one))
        assert set(pids) == set(host.pids)


async def test_a_frozen_function_does_nothing_between_invocations(language: Language, tmp_path: Path) -> None:
    """What it has not awaited goes on when it is invoked again."""
    async with hosting(language.spec(tmp_path), concurrency_max=1, freeze=True) as host:
        path = tmp_path / "done"
        await call(host, "later", path=str(path))
        await until_frozen(host.pids[0])
        assert not path.exists()
        await call(host, "wait", path=str(path))
        assert path.exists()


async def test_a_function_that_is_not_frozen_goes_on(language: Language, tmp_path: Path) -> None:
    """As most emulators have it."""
    async with hosting(language.spec(tmp_path)) as host:
        path = tmp_path / "done"
        await call(host, "later", path=str(path))
        await until(path.exists)


async def test_a_frozen_function_can_be_stopped(language: Language, tmp_path: Path) -> None:
    """And whatever it has started, which is frozen with it."""
    async with hosting(language.spec(tmp_path), freeze=True) as host:
        child = await call(host, "child")
        (pid,) = host.pids
        await until_frozen(pid)
        await until_frozen(child)
        await host.stop()
        assert state_of(pid) is None
        await until_gone(child)


async def test_a_function_that_ends_between_invocations_is_replaced(
    language: Language, tmp_path: Path, records: Records
) -> None:
    """Its developer is told, and the next call works."""
    async with hosting(language.spec(tmp_path), concurrency_max=1) as host:
        path = tmp_path / "now"
        pid = await call(host, "exit_later", path=str(path))
        path.touch()
        await records.seen("the process ended after its invocation")
        assert pid != await call(host, "pid")


async def test_inline_code_has_a_folder_of_its_own(language: Language, tmp_path: Path) -> None:
    """As long as it runs."""
    async with hosting(language.spec(tmp_path, code=language.source, handler="index.handler")) as host:
        folder = await call(host, "folder")
        assert str(tmp_path) != folder
        await host.stop()
        await until(lambda: not Path(folder).exists())
