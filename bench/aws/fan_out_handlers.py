"""Runs the functions `messages` and `fan_out` as Lambda does, for rooms of given sizes, and measures each."""

import contextlib
import io
import json
import os
import time

from job import Job, Stopwatch, read_job, report

from talkroom.chat.model.policy import Grant
from talkroom.chat.model.subscription import Kind
from talkroom.chat.protocol.context import encode_context
from talkroom.contract.authorizer import allow, context_for_events
from talkroom.contract.events import encode_event
from talkroom.entrypoints import aws_lambda
from talkroom.testing import a_message_event

HOUR_MS = 3_600_000


class Context:
    """What the handlers read of Lambda's."""

    aws_request_id = "bench"


def main(job: Job) -> None:
    """For every room: warm up, then measure so many messages, and so many pages."""
    os.environ.update(job["variables"])
    context = context_for_events(allow("sender", "arn", encode_context(a_grant(), Kind.V1)))
    results: dict[str, dict[str, float]] = {}
    for room in job["rooms"]:
        for split in (False, True):
            name = f"{room}{'-split' if split else ''}"
            aws_lambda._environment.cache_clear()
            os.environ["TALKROOM_FAN_OUT_FUNCTION"] = "fan-out" if split else ""
            results[name] = measure(lambda room=room: say(room, context, job["text"]), job["times"])
    page = {"connectionIds": job["page"], "payload": job["push"]}
    results["page"] = measure(lambda: aws_lambda.fan_out(page, Context()), job["times"])
    report(results)


def measure(invoke: object, times: int) -> dict[str, float]:
    """Per invocation."""
    assert callable(invoke)
    with contextlib.redirect_stdout(io.StringIO()):
        invoke()
        with Stopwatch() as stopwatch:
            for _ in range(times):
                invoke()
    return {name: value / times for name, value in stopwatch.result.items()}


def say(room: str, context: dict[str, str], text: str) -> None:
    """One `sendmessage` in a frame of its own."""
    body = json.dumps({"action": "sendmessage", "ref": "1", "data": {"roomId": room, "message": text}})
    event = a_message_event(body, authorizer=context, connection_id="sender=", message_id=f"m-{time.time_ns()}")
    answer = aws_lambda.messages(json.loads(encode_event(event)), Context())
    assert json.loads(str(answer["body"]))["type"] == "reply", answer


def a_grant() -> Grant:
    """For every room, for an hour."""
    expires_at_ms = time.time_ns() // 1_000_000 + HOUR_MS
    return Grant(
        principal_id="sender", name="Sender", rooms=("*",), can=frozenset({"send"}), expires_at_ms=expires_at_ms
    )


main(read_job())
