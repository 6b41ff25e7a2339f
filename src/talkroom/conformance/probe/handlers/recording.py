"""A record of one invocation: what the function was given, when it began and ended, and its notes."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from .store import Line, open_store

Event = dict[str, Any]

BODY_SHOWN_MAX = 4096
"""Characters of a message that are kept; of all of it, the length and the digest."""


def _digest_code() -> str:
    """Of all files beside this one, as they are when the environment begins."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


CODE = _digest_code()
"""Says in a record which deployment has made it."""


class Recording:
    """Begun when it is made; `end` may be called once."""

    def __init__(self, function: str, event: Event, case: str, kind: str | None = None) -> None:
        context = event.get("requestContext") or {}
        connection_id = str(context.get("connectionId", ""))
        self.id = uuid4().hex
        self.case = case
        self.notes: dict[str, Any] = {}
        self._keys = [*([f"case-{case}"] if case else []), *([f"connection-{connection_id}"] if connection_id else [])]
        open_store().add(
            self._keys,
            {
                "id": self.id,
                "kind": kind or kind_of(event),
                "function": function,
                "case": case,
                "connection_id": connection_id,
                "code": CODE,
                "started_at_ms": time.time() * 1000,
                **_shorten(event),
            },
        )

    def end(self) -> None:
        """The handler is done."""
        open_store().add(self._keys, {"id": self.id, "ended_at_ms": time.time() * 1000, "notes": self.notes})


def find_records(key: str) -> list[Line]:
    """Records of a key, begin and end joined, in the order in which they began."""
    records: dict[str, Line] = {}
    for line in open_store().find(key):
        records.setdefault(line["id"], {}).update(line)
    return sorted((one for one in records.values() if "kind" in one), key=lambda one: one["started_at_ms"])


def kind_of(event: Event) -> str:
    """CONNECT, MESSAGE, DISCONNECT, or AUTHORIZER."""
    if event.get("type") == "REQUEST":
        return "AUTHORIZER"
    return str((event.get("requestContext") or {}).get("eventType", ""))


def find_told(event: Event, name: str) -> str:
    """What the event says of `case`, `do`, `bye` or `auth`: in the message's JSON, the query or a header; else an empty text."""
    if kind_of(event) == "MESSAGE":
        value = _find_object(event.get("body")).get(name, "")
    else:
        value = (event.get("queryStringParameters") or {}).get(name) or _find_header(event, f"x-probe-{name}")
    return value if isinstance(value, str) else ""


def _find_header(event: Event, name: str) -> str:
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _find_object(body: Any) -> Event:
    try:
        found = json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _shorten(event: Event) -> Line:
    body = event.get("body")
    if not isinstance(body, str):
        return {"event": event}
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    shown = event if len(body) <= BODY_SHOWN_MAX else {**event, "body": body[:BODY_SHOWN_MAX]}
    return {"event": shown, "body_length": len(body), "body_sha256": digest}
