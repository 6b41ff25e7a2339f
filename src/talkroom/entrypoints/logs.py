"""How log records look. What is in them is the loggers' business: ids and reasons, never tokens or the text of messages."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes of every record; what else there is came from `extra`."""


_IN_MESSAGE: Final = frozenset({"function", "request_id"})
"""Fields of what functions print: their lines begin with them already."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """Time, level, message and the record's own fields as `name=value`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name is logging's
        """The line."""
        fields = "".join(f" {name}={value}" for name, value in _extra(record).items() if name not in _IN_MESSAGE)
        return super().formatMessage(record) + fields


def configure_logs(level: str, log_format: str) -> None:
    """Send all records to standard error; call it once, when the process begins."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # It quotes the bytes of malformed requests, which may be anybody's token or message.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    # It tells of every change in a watched folder, that of a log file among them.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    # And this one where credentials were found.
    logging.getLogger("botocore").setLevel(logging.WARNING)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}
