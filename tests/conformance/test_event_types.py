"""What fits the types of Go and of Powertools, and what does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from talkroom.conformance.checks import event_types
from talkroom.conformance.checks.event_keys import nulls, same_keys
from talkroom.conformance.checks.event_types import GO_CONTEXT, GO_IDENTITY, GO_REQUEST, load_models, misfits
from talkroom.conformance.errors import Departure, NotRun

GOLDEN = Path(__file__).parents[1] / "golden" / "events"


@pytest.mark.parametrize("kind", ["connect", "message", "disconnect"])
def test_the_golden_events_fit_go(kind: str) -> None:
    """Field by field."""
    event = json.loads((GOLDEN / f"{kind}.json").read_bytes())
    context = event["requestContext"]

    assert [] == [
        *misfits(event, GO_REQUEST),
        *misfits(context, GO_CONTEXT),
        *misfits(context["identity"], GO_IDENTITY),
    ]


@pytest.mark.parametrize(
    ("field", "value", "go_type"),
    [
        ("body", {"a": 1}, "string"),
        ("isBase64Encoded", "false", "bool"),
        ("headers", {"Host": ["a"]}, "map[string]string"),
        ("multiValueHeaders", {"Host": "a"}, "map[string][]string"),
        ("stageVariables", {"size": 12}, "map[string]string"),
        ("requestContext", "none", "struct"),
        ("connectedAt", 1764072000.5, "int64"),
        ("requestTimeEpoch", "1764072000123", "int64"),
        ("disconnectStatusCode", True, "int64"),
        ("requestId", 7, "string"),
    ],
)
def test_a_value_of_another_type_does_not_fit_go(field: str, value: Any, go_type: str) -> None:
    """What encoding/json would fail with, by name; null fits everything."""
    fields = {**GO_REQUEST, **GO_CONTEXT}

    assert [f"{field} is {value!r}, and {go_type} in Go"] == list(misfits({field: value}, fields))
    assert [] == list(misfits({field: None}, fields))


def test_without_powertools_the_check_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says what to install."""
    monkeypatch.setattr(event_types, "POWERTOOLS", "no_such_package.models")

    with pytest.raises(NotRun, match=r"pip install 'aws-lambda-powertools\[parser\]'"):
        load_models()


def test_keys_that_differ_are_named() -> None:
    """Both ways."""
    with pytest.raises(Departure, match=r"^CONNECT has not b and has also c, d$"):
        same_keys(frozenset({"a", "b"}), {"a": 1, "c": 1, "d": 1}, "CONNECT")


def test_nulls_are_found_where_they_are() -> None:
    """In objects and in lists."""
    assert ["a.b", "c[1]"] == list(nulls({"a": {"b": None}, "c": [1, None], "d": ""}))
