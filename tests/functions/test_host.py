"""The environments of one function: who gets one, in which order, and when they end."""

import asyncio
import signal
from os import kill
from pathlib import Path

import pytest

from talkroom.functions.failures import FunctionFailed
from talkroom.functions.host import FunctionHost
from tests.functions.kit import (
    Records,
    a_spec,
    call,
    failure,
    hosting,
    some_settings,
    until,
    until_frozen,
    until_gone,
)
from tests.functions.sources import PYTHON


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the Python function of tests/functions/sources.py is."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.py").write_text(PYTHON)
    return code


# concurrency


async def test_the_most_recently_used_environment_is_used_first(folder: Path, tmp_path: Path) -> None:
    """So that those which are not needed stay idle."""
    async with hosting(a_spec(folder)) as host:
        one, two = str(tmp_path / "one"), str(tmp_path / "two")
        await asyncio.gather(call(host, "meet", mine=one, other=two), call(host, "meet", mine=two, other=one))
        pid = await call(host, "pid")
        assert [pid] * 3 == [await call(host, "pid") for _ in range(3)]


async def test_no_more_environments_than_allowed(folder: Path) -> None:
    """Five invocations at once, in two of them."""
    async with hosting(a_spec(folder), concurrency_max=2) as host:
        pids = await asyncio.gather(*(call(host, "pid") for _ in range(5)))
        assert len(set(pids)) <= 2
        assert set(pids) == set(host.pids)


async def test_a_function_may_reserve_fewer(folder: Path) -> None:
    """`ReservedConcurrentExecutions`."""
    async with hosting(a_spec(folder, concurrency_max=1), concurrency_max=5) as host:
        pids = await asyncio.gather(*(call(host, "pid") for _ in range(5)))
        assert 1 == len(set(pids))


async def test_a_function_that_reserves_none_is_throttled(folder: Path) -> None:
    """It has been switched off."""
    async with hosting(a_spec(folder, concurrency_max=0)) as host:
        await host.start()
        failed = await failure(host, "echo")
        assert ("TooManyRequestsException", []) == (failed.error_type, host.pids)


async def test_invocations_wait_in_the_order_in_which_they_came(folder: Path) -> None:
    """One environment sees them all."""
    async with hosting(a_spec(folder), concurrency_max=1) as host:
        seen = await asyncio.gather(*(call(host, "seen", name=name) for name in "abcde"))
        assert list("abcde") == max(seen, key=len)


async def test_too_many_waiting_invocations_are_throttled(folder: Path, tmp_path: Path, records: Records) -> None:
    """Those that wait already are not."""
    async with hosting(a_spec(folder), waiting_max=1, concurrency_max=1) as host:
        path = tmp_path / "go"
        running = asyncio.create_task(call(host, "wait", path=str(path)))
        await records.seen("waiting")
        waiting = asyncio.create_task(call(host, "pid"))
        await asyncio.sleep(0)
        failed = await failure(host, "echo")
        assert ("TooManyRequestsException", True) == (failed.error_type, failed.message.startswith("Rate Exceeded."))
        path.touch()
        assert await running == await waiting


# callers that do not wait


async def test_a_cancelled_caller_s_invocation_goes_on(folder: Path, tmp_path: Path, records: Records) -> None:
    """Its environment then takes the next one."""
    async with hosting(a_spec(folder), concurrency_max=1) as host:
        path = tmp_path / "go"
        caller = asyncio.create_task(call(host, "wait", path=str(path), name="first"))
        await records.seen("waiting first")
        caller.cancel()
        path.touch()
        assert ["first", "second"] == await call(host, "seen", name="second")


async def test_a_cancelled_caller_s_failure_is_logged(folder: Path, records: Records) -> None:
    """Nobody else would tell of it."""
    async with hosting(a_spec(folder, timeout_s=2), concurrency_max=1) as host:
        caller = asyncio.create_task(call(host, "hang"))
        await records.seen("hanging")
        caller.cancel()
        await records.seen("Task timed out after 2.00 seconds")
        assert {"do": "echo"} == await call(host, "echo")


async def test_a_cancelled_caller_that_waits_is_forgotten(folder: Path, tmp_path: Path, records: Records) -> None:
    """Its invocation has not begun, and never does."""
    async with hosting(a_spec(folder), concurrency_max=1) as host:
        path = tmp_path / "go"
        running = asyncio.create_task(call(host, "wait", path=str(path), name="first"))
        await records.seen("waiting first")
        waiting = asyncio.create_task(call(host, "seen", name="second"))
        await asyncio.sleep(0)
        waiting.cancel()
        path.touch()
        await running
        assert ["first", "third"] == await call(host, "seen", name="third")


# starting


async def test_a_started_function_has_a_warm_environment(folder: Path, records: Records) -> None:
    """The first invocation uses it."""
    async with hosting(a_spec(folder)) as host:
        await host.start()
        pids = host.pids
        await call(host, "echo")
        assert (1, pids) == (len(pids), host.pids)
        assert "warm environment" in (await records.seen("REPORT")).getMessage()


async def test_a_function_that_fails_to_start_is_started_only_for_invocations(folder: Path, records: Records) -> None:
    """One process each, and none between them."""
    async with hosting(a_spec(folder, environment={"PYTHONPATH": ""}, handler="broken.handler")) as host:
        (folder / "broken.py").write_text("print('beginning')\nraise RuntimeError('no database')")
        for _ in range(3):
            failed = await failure(host, "echo")
            assert ("RuntimeError", "no database") == (failed.error_type, failed.message)
        assert 3 == records.texts.count("beginning")


async def test_an_initialization_that_hangs_is_ended(folder: Path) -> None:
    """After its own limit and the function's timeout together."""
    (folder / "app.py").write_text("print('beginning')\nwhile True: pass")
    async with hosting(a_spec(folder, timeout_s=0.5), init_timeout_s=0.25) as host:
        failed = await failure(host, "echo")
        await until(lambda: host.pids == [])
    assert ("Sandbox.Timedout", "Error: Initialization timed out after 0.75 seconds") == (
        failed.error_type,
        failed.message,
    )


async def test_a_process_that_ends_in_its_initialization_fails_the_invocation(folder: Path) -> None:
    """With its status."""
    (folder / "app.py").write_text("import sys\nsys.exit(4)")
    async with hosting(a_spec(folder)) as host:
        failed = await failure(host, "echo")
    assert "Runtime.ExitError" == failed.error_type
    assert failed.message.endswith("exit status 4")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"code": Path("/nowhere/at/all")}, "Echo: CodeUri is /nowhere/at/all, and there is no such folder"),
        ({"handler": "handler"}, "Echo: Handler 'handler' is not of the form module.function"),
        ({"runtime": "java21"}, "--runtime-command java=COMMAND"),
        ({"runtime": "provided.al2023"}, "needs an executable file named bootstrap"),
        ({"environment": {"TABLE": "a\0b"}}, "Echo: it cannot be started: embedded null byte."),
    ],
)
async def test_a_function_that_cannot_begin_says_why(
    folder: Path, records: Records, fields: dict[str, object], sentence: str
) -> None:
    """At the start, and with every invocation."""
    async with hosting(a_spec(**{"code": folder, **fields})) as host:  # type: ignore[arg-type]  # fields of any type
        await host.start()
        assert sentence in (await records.seen("failed: ")).getMessage()
        assert sentence in (await failure(host, "echo")).message


async def test_a_missing_interpreter_is_named(folder: Path) -> None:
    """With what to do."""
    async with hosting(a_spec(folder), python=Path("/nowhere/python")) as host:
        failed = await failure(host, "echo")
    assert "Echo: Runtime 'python3.12' is run by /nowhere/python, which is not an executable file." in failed.message
    assert "--runtime-command python3.12=COMMAND" in failed.message


# replacing


async def test_replacing_takes_the_new_code(folder: Path) -> None:
    """The old process ends."""
    async with hosting(a_spec(folder)) as host:
        old = await call(host, "pid")
        (folder / "app.py").write_text("def handler(event, context):\n    return 'new'")
        await host.replace()
        assert "new" == await call(host, "pid")
        assert old not in host.pids
        await until_gone(old)


async def test_replacing_takes_new_settings(folder: Path) -> None:
    """What the template says now."""
    async with hosting(a_spec(folder)) as host:
        await call(host, "echo")
        await host.replace(a_spec(folder, environment={"TABLE": "messages"}))
        assert "messages" == (await call(host, "variables"))["TABLE"]


async def test_replacing_lets_invocations_end_where_they_are(folder: Path, tmp_path: Path, records: Records) -> None:
    """And their environments with them."""
    async with hosting(a_spec(folder), concurrency_max=1) as host:
        path = tmp_path / "go"
        running = asyncio.create_task(call(host, "wait", path=str(path)))
        await records.seen("waiting")
        (old,) = host.pids
        await host.replace()
        new = await call(host, "pid")
        path.touch()
        assert old == await running
        assert old != new
        await until_gone(old)


async def test_replacing_serves_those_who_wait(folder: Path, tmp_path: Path, records: Records) -> None:
    """With the new code, while the old one still runs."""
    async with hosting(a_spec(folder), concurrency_max=1) as host:
        path = tmp_path / "go"
        running = asyncio.create_task(call(host, "wait", path=str(path)))
        await records.seen("waiting")
        waiting = asyncio.create_task(call(host, "echo"))
        await asyncio.sleep(0)
        await host.replace()
        assert {"do": "echo"} == await waiting
        path.touch()
        await running


async def test_a_frozen_function_can_be_replaced(folder: Path) -> None:
    """It does not notice."""
    async with hosting(a_spec(folder), freeze=True) as host:
        old = await call(host, "pid")
        await until_frozen(old)
        await host.replace()
        assert old != await call(host, "pid")
        await until_gone(old)


# ending


async def test_stopping_ends_idle_running_and_frozen_environments(
    folder: Path, tmp_path: Path, records: Records
) -> None:
    """With what they have started."""
    host = FunctionHost(a_spec(folder), some_settings(freeze=True))
    child = await call(host, "child")
    running = asyncio.create_task(failure(host, "child_and_hang"))
    other = int((await records.seen("child ")).getMessage().rpartition("child ")[2])
    await records.seen("hanging")
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    await asyncio.gather(call(host, "meet", mine=one, other=two), call(host, "meet", mine=two, other=one))
    pids = host.pids
    await host.stop()
    assert (3, []) == (len(pids), host.pids)
    assert "Runtime.Stopped" == (await running).error_type
    for pid in (*pids, child, other):
        await until_gone(pid)


async def test_stopping_fails_those_who_wait(folder: Path, records: Records) -> None:
    """And those who come later."""
    async with hosting(a_spec(folder), concurrency_max=1) as host:
        running = asyncio.create_task(failure(host, "hang"))
        await records.seen("hanging")
        waiting = asyncio.create_task(failure(host, "echo"))
        await asyncio.sleep(0)
        await host.stop()
        assert ["Runtime.Stopped"] * 2 == [(await running).error_type, (await waiting).error_type]
        assert "Runtime.Stopped" == (await failure(host, "echo")).error_type


async def test_stopping_ends_a_function_that_has_just_begun(folder: Path) -> None:
    """Whatever it is doing."""
    host = FunctionHost(a_spec(folder), some_settings())
    starting = asyncio.create_task(host.start())
    invoking = asyncio.create_task(failure(host, "echo"))
    await asyncio.sleep(0)
    await host.stop()
    await starting
    assert ("Runtime.Stopped", []) == ((await invoking).error_type, host.pids)


async def test_stopping_twice_is_allowed(folder: Path) -> None:
    """Also before anything was started."""
    host = FunctionHost(a_spec(folder), some_settings())
    await host.stop()
    await host.stop()
    await host.start()
    assert [] == host.pids


async def test_an_environment_that_is_killed_while_it_is_frozen_is_replaced(folder: Path, records: Records) -> None:
    """By somebody with little memory left."""
    async with hosting(a_spec(folder), concurrency_max=1, freeze=True) as host:
        pid = await call(host, "pid")
        kill(pid, signal.SIGKILL)
        await records.seen("the process ended after its invocation")
        assert pid != await call(host, "pid")


async def test_a_result_that_is_not_json_fails(folder: Path) -> None:
    """Bytes are posted as they are, as by AWS's client."""
    (folder / "app.py").write_text("def handler(event, context):\n    return b'<html>'")
    async with hosting(a_spec(folder)) as host:
        with pytest.raises(FunctionFailed) as raised:
            await host.invoke(b"{}")
    assert "Runtime.MarshalError" == raised.value.error_type
