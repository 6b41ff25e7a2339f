"""Why an invocation has no result, in Lambda's words.

FunctionsError
└── FunctionFailed   the invocation has no result: the function raised, exited, hung, answered nonsense or could not begin

Types and messages are those that AWS answers ("Troubleshoot execution issues in Lambda"; aws-lambda-runtime-interface-emulator
for the words of an exit), so that what a developer reads here can be looked up.
"""

import signal
from collections.abc import Sequence
from typing import Final

import msgspec

RESULT_BYTES_MAX: Final = 6 * 1024 * 1024 + 100
"""Size of a function's result; Lambda's quota of 6 MB is 6,291,556 bytes. A larger one fails the invocation."""

TRACE_LINES_MAX: Final = 200
"""Lines of a trace that are kept; of a longer one the middle is left out."""

_PYTHON_FRAME: Final = '  File "'
_NODE_FRAME: Final = "    at "
_NOT_THE_USERS: Final = ("node_worker.mjs", "aws-lambda-ric/", "node:internal/", "awslambdaric/", "<frozen importlib")
"""Parts of a frame that belongs to whoever runs the function."""


class FunctionsError(Exception):
    """The root of the tree."""


class FunctionFailed(FunctionsError):
    """The invocation has no result: an error's type, its message, and its trace as the language lays it out, line by line."""

    def __init__(self, error_type: str, message: str, trace: Sequence[str] = ()) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.trace = tuple(trace)

    def describe(self) -> str:
        """For people: the trace, or type and message when there is none."""
        return "\n".join(self.trace) if self.trace else str(self)


def read_failure(body: bytes, error_type: str | None) -> FunctionFailed:
    """What a runtime client posted: a JSON object, whose names depend on the language, or anything else.

    `error_type` is that of the header `Lambda-Runtime-Function-Error-Type`, which counts when the body names none.
    """
    try:
        report = msgspec.json.decode(body)
    except msgspec.DecodeError:
        report = None
    fields = report if isinstance(report, dict) else {}
    kind = _text(fields.get("errorType")) or error_type or "Unhandled"
    message = _text(fields.get("errorMessage"))
    return FunctionFailed(kind, message, _shorten(_read_trace(fields, f"{kind}: {message}")))


def cannot_begin(sentence: str, error_type: str = "Runtime.InvalidEntrypoint") -> FunctionFailed:
    """There is no process to run the function; the sentence names the resource, its property and what to do."""
    return FunctionFailed(error_type, sentence)


def exited(request_id: str, returncode: int) -> FunctionFailed:
    """The process ended, by itself or by a signal (a negative code), before it had answered."""
    if returncode == 0:
        reason = "Runtime exited without providing a reason"
    elif returncode > 0:
        reason = f"Runtime exited with error: exit status {returncode}"
    else:
        name = signal.strsignal(-returncode) or f"signal {-returncode}"
        reason = f"Runtime exited with error: signal: {name.lower()}"
    return FunctionFailed("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")


def timed_out(request_id: str, timeout_s: float) -> FunctionFailed:
    """The function took longer than its `Timeout`."""
    message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return FunctionFailed("Sandbox.Timedout", message)


def init_timed_out(limit_s: float) -> FunctionFailed:
    """The function's code, imported, did not come to an end."""
    return FunctionFailed("Sandbox.Timedout", f"Error: Initialization timed out after {limit_s:.2f} seconds")


def result_too_large() -> FunctionFailed:
    """The result is beyond RESULT_BYTES_MAX."""
    message = f"Response payload size exceeded maximum allowed payload size ({RESULT_BYTES_MAX} bytes)."
    return FunctionFailed("Function.ResponseSizeTooLarge", message)


def result_not_json(reason: str) -> FunctionFailed:
    """The runtime client answered with something else."""
    return FunctionFailed("Runtime.MarshalError", f"Unable to marshal response: it is not JSON: {reason}")


def rate_exceeded(reason: str) -> FunctionFailed:
    """Every environment is busy and the queue is full, or the function may have no environment at all."""
    return FunctionFailed("TooManyRequestsException", f"Rate Exceeded. {reason}")


def stopped() -> FunctionFailed:
    """The host ends while the invocation runs or waits."""
    return FunctionFailed("Runtime.Stopped", "the function's host was stopped")


def _read_trace(fields: dict[str, object], headline: str) -> list[str]:
    """Line by line. `trace` is complete; `stackTrace` is frames alone, and gets the headline where its language has it."""
    complete = _texts(fields.get("trace"))
    if complete:
        return [line for line in complete if not (line.startswith(_NODE_FRAME) and _is_foreign(line))]
    frames = [frame for frame in _texts(fields.get("stackTrace")) if not _is_foreign(frame)]
    if not frames:
        return []
    if frames[0].startswith(_PYTHON_FRAME):
        lines = [line for frame in frames for line in frame.splitlines()]
        return ["Traceback (most recent call last):", *lines, *headline.splitlines()]
    return [*headline.splitlines(), *(f"{_NODE_FRAME}{frame.strip()}" for frame in frames)]


def _is_foreign(frame: str) -> bool:
    return any(part in frame for part in _NOT_THE_USERS)


def _shorten(lines: Sequence[str]) -> list[str]:
    if len(lines) <= TRACE_LINES_MAX:
        return list(lines)
    half = TRACE_LINES_MAX // 2
    return [*lines[:half], f"  ... {len(lines) - 2 * half} lines ...", *lines[-half:]]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(values: object) -> list[str]:
    return [one for one in values if isinstance(one, str)] if isinstance(values, list) else []
