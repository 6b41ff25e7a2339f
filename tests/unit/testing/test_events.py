"""Events that tests build have the fields of those captured on AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from talkroom.contract.close_codes import IDLE
from talkroom.contract.events import Event, decode_event, encode_event
from talkroom.testing import a_connect_event, a_disconnect_event, a_message_event

GOLDEN = Path(__file__).parents[2] / "golden" / "events"
CONTEXT = {"principalId": "alice"}
EVENTS: dict[str, Event] = {
    "connect": a_connect_event(offered="talkroom.v1, tok", authorizer=CONTEXT),
    "message": a_message_event("hi", route_key="sendmessage", authorizer=CONTEXT),
    "disconnect": a_disconnect_event(closure=IDLE, authorizer=CONTEXT),
}


def encoded(event: Event) -> dict[str, Any]:
    """An event as a function receives it."""
    value: dict[str, Any] = json.loads(encode_event(event))
    return value


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_has_the_keys_of_the_golden_one(name: str):
    """Outside and in `requestContext`."""
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    event = encoded(EVENTS[name])

    assert (list(golden), list(golden["requestContext"])) == (list(event), list(event["requestContext"]))


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_survives_its_json(name: str):
    """A Lambda function gets the same."""
    assert EVENTS[name] == decode_event(encoded(EVENTS[name]))


@pytest.mark.parametrize("event", [a_connect_event(), a_message_event("hi"), a_disconnect_event()])
def test_without_an_authorizer_there_is_no_context(event: Event):
    """The key is absent."""
    assert False is ("authorizer" in encoded(event)["requestContext"])


def test_a_client_that_offers_no_subprotocol_has_no_such_header():
    """Absent, not empty."""
    assert False is ("Sec-WebSocket-Protocol" in a_connect_event().headers)


def test_the_time_of_an_event_is_written_both_ways():
    """As a number and in the form of log files."""
    context = encoded(a_message_event("hi", at_ms=1_705_751_700_453))["requestContext"]

    assert (1_705_751_700_453, "20/Jan/2024:11:55:00 +0000") == (context["requestTimeEpoch"], context["requestTime"])
