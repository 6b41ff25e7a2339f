"""The handlers of routes. `recall` never follows instructions, so that nothing done to the others hurts what was recorded."""

import json
import os
from typing import Any

from .instructions import Performance
from .management import call_management
from .recording import Event, Recording, find_records, find_told

PAGE_CHARACTERS_MAX = 24_000
"""Of an answer's records, so that it fits one frame; a longer record goes alone."""


def connect(event: Event, _context: Any) -> Any:
    """`$connect`."""
    return _perform("connect", event, find_told(event, "do"))


def message(event: Event, _context: Any) -> Any:
    """Every route of messages but those of `recall`."""
    return _perform("message", event, find_told(event, "do"))


def disconnect(event: Event, _context: Any) -> Any:
    """`$disconnect`: it does what the handshake or a message of the connection has asked for in `bye`."""
    connection_id = event["requestContext"]["connectionId"]
    wishes = [find_told(one["event"], "bye") for one in find_records(f"connection-{connection_id}")]
    return _perform("disconnect", event, next(filter(None, wishes), ""))


def recall(event: Event, _context: Any) -> Any:
    """The routes `recall` and `describe` of Main.

    Asked by the route response, or (`via` is `post`) by `@connections`.
    """
    question = json.loads(event["body"])
    answer = _describe() if question["action"] == "describe" else _recall(question)
    text = json.dumps({"ref": question["ref"], **answer})
    if question.get("via") == "post":
        call_management(event, "post_to_connection", Data=text.encode())
        return {"statusCode": 200}
    return {"statusCode": 200, "body": text}


def _perform(function: str, event: Event, told: str) -> Any:
    recording = Recording(function, event, find_told(event, "case"))
    try:
        return Performance(event, recording).follow(told)
    except Exception as error:
        recording.notes["raised"] = f"{type(error).__name__}: {error}"
        raise
    finally:
        recording.end()


def _recall(question: dict[str, Any]) -> dict[str, Any]:
    """A page of the records of a case or a connection, and where the next one begins."""
    key = f"case-{question['case']}" if "case" in question else f"connection-{question['connection_id']}"
    after = question.get("after", 0)
    records = find_records(key)
    page: list[Any] = []
    size = 0
    for record in records[after:]:
        size += len(json.dumps(record))
        if page and size > PAGE_CHARACTERS_MAX:
            return {"records": page, "next": after + len(page)}
        page.append(record)
    return {"records": page, "next": None}


def _describe() -> dict[str, Any]:
    """Ids and URLs of the APIs, from the variables that the template sets."""
    names = [name.removeprefix("PROBE_URL_") for name in os.environ if name.startswith("PROBE_URL_")]
    return {
        "apis": {
            name.lower(): {"api_id": os.environ.get(f"PROBE_ID_{name}", ""), "url": os.environ[f"PROBE_URL_{name}"]}
            for name in sorted(names)
        }
    }
