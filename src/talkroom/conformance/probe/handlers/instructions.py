"""Following instructions: the language is described in the package's docstring."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from .management import call_management
from .recording import Event, Recording


class Performance:
    """One invocation that does as it is told."""

    def __init__(self, event: Event, recording: Recording) -> None:
        self.event = event
        self.recording = recording
        self.result: Any = {"statusCode": 200}

    def follow(self, told: str) -> Any:
        """The result that the handler is to return. Raises what it is told to, and ValueError for an unknown word."""
        for word, argument in read(told):
            self.perform(word, argument)
        return self.result

    def perform(self, word: str, argument: str) -> None:
        """One instruction."""
        if word not in WORDS:
            raise ValueError(f"the probe does not know the instruction {word!r}")
        WORDS[word](self, argument)

    def sleep(self, argument: str) -> None:
        """Wait."""
        time.sleep(float(argument))

    def set_status(self, argument: str) -> None:
        """`statusCode`."""
        self.result["statusCode"] = int(argument)

    def set_body(self, argument: str) -> None:
        """`body`."""
        self.result["body"] = argument

    def repeat_body(self, _argument: str) -> None:
        """The message's own."""
        self.result["body"] = self.event["body"]

    def return_event(self, _argument: str) -> None:
        """The event as `body`."""
        self.result["body"] = json.dumps(self.event)

    def set_header(self, argument: str) -> None:
        """NAME=VALUE."""
        name, _, value = argument.partition("=")
        self.result.setdefault("headers", {})[name] = value

    def choose_subprotocol(self, argument: str) -> None:
        """Of the 101."""
        self.set_header(f"Sec-WebSocket-Protocol={argument}")

    def return_json(self, argument: str) -> None:
        """Whatever it is."""
        self.result = json.loads(argument)

    def fail(self, argument: str) -> None:
        """An exception of this text."""
        raise Exception(argument or "asked to raise")  # an authorizer's is compared by its text alone

    def exit(self, argument: str) -> None:
        """The process is gone."""
        os._exit(int(argument or "1"))

    def post(self, argument: str) -> None:
        """To the own connection."""
        self.recording.notes["post"] = call_management(self.event, "post_to_connection", Data=argument.encode())

    def post_to(self, argument: str) -> None:
        """ID TEXT."""
        connection_id, _, text = argument.partition(" ")
        self.recording.notes["post"] = call_management(
            self.event, "post_to_connection", ConnectionId=connection_id, Data=text.encode()
        )

    def get(self, _argument: str) -> None:
        """The own connection."""
        self.recording.notes["get"] = call_management(self.event, "get_connection")

    def delete(self, _argument: str) -> None:
        """The own connection."""
        self.recording.notes["delete"] = call_management(self.event, "delete_connection")

    def note(self, argument: str) -> None:
        """For the record."""
        self.recording.notes["note"] = argument

    def linger(self, argument: str) -> None:
        """A thread that outlives the invocation, if it can."""

        def record_later() -> None:
            time.sleep(float(argument))
            Recording("linger", self.event, self.recording.case, "LINGER").end()

        threading.Thread(target=record_later, daemon=True).start()


WORDS: dict[str, Callable[[Performance, str], None]] = {
    "sleep": Performance.sleep,
    "status": Performance.set_status,
    "body": Performance.set_body,
    "body-repeat": Performance.repeat_body,
    "body-event": Performance.return_event,
    "header": Performance.set_header,
    "subprotocol": Performance.choose_subprotocol,
    "return": Performance.return_json,
    "raise": Performance.fail,
    "exit": Performance.exit,
    "post": Performance.post,
    "post-to": Performance.post_to,
    "get": Performance.get,
    "delete": Performance.delete,
    "note": Performance.note,
    "linger": Performance.linger,
}


def read(told: str) -> Iterator[tuple[str, str]]:
    """Words and arguments."""
    for one in filter(None, told.split(";")):
        word, _, argument = one.partition(":")
        yield word, unquote(argument)
