"""What a function's process prints, and how its invocations end, as log records."""

import logging
from typing import Final

from talkroom.functions.failures import FunctionFailed

INIT: Final = "init"
"""Stands for a request id until an environment's first invocation."""
WAITING: Final = "waiting"
"""Stands for it where an invocation has not come to an environment."""

logger = logging.getLogger("talkroom.functions")


class FunctionLog:
    """Records of one function: each names its function and the request that it belongs to.

    A function's output is its developer's own and is logged; payloads and results are not.
    """

    def __init__(self, function: str, request_id: str = INIT) -> None:
        self._function = function
        self.request_id = request_id

    def output(self, line: str) -> None:
        """A line that the process printed."""
        self._write(logging.INFO, line)

    def failed(self, failure: FunctionFailed) -> None:
        """The whole trace, in one record."""
        self._write(logging.ERROR, f"failed: {failure.describe()}")

    def report(self, duration_s: float, init_s: float | None, error_type: str | None) -> None:
        """The end of an invocation; `init_s` is given when its environment was new."""
        parts = [f"REPORT {duration_s * 1000:.1f} ms"]
        parts.append("warm environment" if init_s is None else f"new environment, ready after {init_s * 1000:.1f} ms")
        if error_type is not None:
            parts.append(f"error {error_type}")
        self._write(logging.INFO, ", ".join(parts))

    def warn(self, sentence: str) -> None:
        """Something of the process that no invocation failed by."""
        self._write(logging.WARNING, sentence)

    def _write(self, level: int, text: str) -> None:
        fields = {"function": self._function, "request_id": self.request_id}
        logger.log(level, "%s %s | %s", self._function, self.request_id[:8], text, extra=fields)
