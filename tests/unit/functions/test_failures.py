"""What runtime clients report, and what is made of it."""

import json
from typing import Any

import pytest

from talkroom.functions.failures import TRACE_LINES_MAX, FunctionFailed, exited, read_failure, timed_out


def read(fields: Any, error_type: str | None = None) -> FunctionFailed:
    """The failure of a report."""
    return read_failure(json.dumps(fields).encode(), error_type)


def test_a_failure_says_type_and_message() -> None:
    """In that order."""
    failure = FunctionFailed("KeyError", "'room'")
    assert ("KeyError: 'room'", "KeyError: 'room'") == (str(failure), failure.describe())


def test_a_report_s_type_wins_over_the_header_s() -> None:
    """The body says more exactly what happened."""
    failure = read({"errorType": "KeyError", "errorMessage": "'room'"}, "Runtime.Unknown")
    assert ("KeyError", "'room'") == (failure.error_type, failure.message)


@pytest.mark.parametrize("body", [b"", b"oops", b"[]", b'"text"', b'{"errorType": 1, "errorMessage": {}}'])
@pytest.mark.parametrize(("header", "expected"), [("Function.Odd", "Function.Odd"), (None, "Unhandled")])
def test_anything_may_be_reported(body: bytes, header: str | None, expected: str) -> None:
    """Shell scripts report what they like."""
    failure = read_failure(body, header)
    assert (expected, "", ()) == (failure.error_type, failure.message, failure.trace)


def test_python_s_frames_get_python_s_layout() -> None:
    """awslambdaric reports frames alone."""
    frames = ['  File "/var/task/app.py", line 3, in handler\n    rooms["lobby"]\n']
    failure = read({"errorType": "KeyError", "errorMessage": "'lobby'", "stackTrace": frames})
    assert failure.describe().splitlines() == [
        "Traceback (most recent call last):",
        '  File "/var/task/app.py", line 3, in handler',
        '    rooms["lobby"]',
        "KeyError: 'lobby'",
    ]


def test_other_frames_get_the_layout_of_most_languages() -> None:
    """Those of Java and Ruby come without words around them."""
    frames = ["chat.Handler.run(Handler.java:12)"]
    failure = read({"errorType": "java.lang.Error", "errorMessage": "no room", "stackTrace": frames})
    assert "java.lang.Error: no room\n    at chat.Handler.run(Handler.java:12)" == failure.describe()


def test_a_complete_trace_is_kept_without_the_client_s_frames() -> None:
    """As aws-lambda-ric reports it."""
    trace = [
        "RangeError: no room",
        "    at exports.handler (/var/task/app.js:5:9)",
        "    at Runtime.handleOnce (file:///var/task/node_modules/aws-lambda-ric/index.mjs:1173:29)",
        "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    ]
    assert trace[:2] == list(read({"errorType": "RangeError", "trace": trace}).trace)


def test_a_message_that_looks_like_a_frame_is_kept() -> None:
    """Only lines that are frames are looked at."""
    trace = ["Error: cannot load node:internal/modules", "    at handler (/var/task/app.js:1:1)"]
    assert trace == list(read({"trace": trace}).trace)


def test_a_long_trace_loses_its_middle() -> None:
    """Its ends say where it began and what happened."""
    trace = read({"trace": [f"line {number}" for number in range(1000)]}).trace
    assert (TRACE_LINES_MAX + 1, "line 0", "line 999") == (len(trace), trace[0], trace[-1])
    assert "  ... 800 lines ..." in trace


@pytest.mark.parametrize(
    ("returncode", "reason"),
    [
        (1, "Runtime exited with error: exit status 1"),
        (0, "Runtime exited without providing a reason"),
        (-9, "Runtime exited with error: signal: killed"),
        (-11, "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_an_exit_is_told_in_lambda_s_words(returncode: int, reason: str) -> None:
    """Which developers search for."""
    failure = exited("8476a536", returncode)
    assert ("Runtime.ExitError", f"RequestId: 8476a536 Error: {reason}") == (failure.error_type, failure.message)


def test_a_timeout_is_told_in_lambda_s_words() -> None:
    """With two decimals."""
    failure = timed_out("8476a536", 3)
    assert ("Sandbox.Timedout", "RequestId: 8476a536 Error: Task timed out after 3.00 seconds") == (
        failure.error_type,
        failure.message,
    )
