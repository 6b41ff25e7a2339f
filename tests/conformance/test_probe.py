"""The probe's functions: how they are told, what they return, and what they record."""

import json
from pathlib import Path
from typing import Any

import pytest

from talkroom.conformance.probe.handlers import app
from talkroom.conformance.probe.handlers.authorizer import authorize
from talkroom.conformance.probe.handlers.recording import BODY_SHOWN_MAX, find_records, find_told
from talkroom.conformance.probe.handlers.store import FolderStore, open_store

ARN = "arn:aws:execute-api:us-east-1:000000000000:main/prod/$connect"
CONTEXT = {"connectionId": "AAAAAAAAAAAAAAA=", "eventType": "CONNECT"}


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_STORE_FOLDER", str(tmp_path))


def connecting(do: str = "", **more: Any) -> dict[str, Any]:
    """A CONNECT event."""
    return {"requestContext": CONTEXT, "queryStringParameters": {"case": "one", "do": do}, **more}


def a_message(**body: Any) -> dict[str, Any]:
    """A MESSAGE event."""
    return {"requestContext": {**CONTEXT, "eventType": "MESSAGE"}, "body": json.dumps(body)}


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("", {"statusCode": 200}),
        ("status:403;body:no%3B never", {"statusCode": 403, "body": "no; never"}),
        ("header:A=b=c", {"statusCode": 200, "headers": {"A": "b=c"}}),
        ("subprotocol:chat", {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat"}}),
        ("return:null", None),
        ('return:{"a":[1]}', {"a": [1]}),
        ("sleep:0;note:hello", {"statusCode": 200}),
    ],
)
def test_connect_returns_what_it_is_told(do: str, expected: object) -> None:
    """In the order of the instructions."""
    assert expected == app.connect(connecting(do), None)


def test_a_message_is_returned_as_body() -> None:
    """The text itself, or the whole event."""
    event = a_message(do="body-repeat")
    whole = a_message(do="body-event")

    assert {"statusCode": 200, "body": event["body"]} == app.message(event, None)
    assert whole == json.loads(app.message(whole, None)["body"])


def test_an_exception_is_recorded_and_raised() -> None:
    """The record ends."""
    with pytest.raises(Exception, match=r"^a bug$"):
        app.connect(connecting("note:before;raise:a bug"), None)

    (record,) = find_records("case-one")
    assert {"note": "before", "raised": "Exception: a bug"} == record["notes"]
    assert record["ended_at_ms"] >= record["started_at_ms"]


def test_an_unknown_instruction_is_an_error() -> None:
    """A check that is misspelt does not pass by it."""
    with pytest.raises(ValueError, match="'statsu'"):
        app.connect(connecting("statsu:200"), None)


def test_disconnect_does_what_the_connection_asked_for() -> None:
    """In its handshake or in a message; the event itself says nothing."""
    app.message(a_message(bye="raise:late"), None)

    with pytest.raises(Exception, match=r"^late$"):
        app.disconnect({"requestContext": {**CONTEXT, "eventType": "DISCONNECT"}}, None)


def test_a_record_is_found_by_case_and_by_connection() -> None:
    """With the event as it came."""
    event = connecting()
    app.connect(event, None)

    (by_case,) = find_records("case-one")
    assert [by_case] == find_records("connection-AAAAAAAAAAAAAAA=")
    assert (event, "CONNECT", "connect") == (by_case["event"], by_case["kind"], by_case["function"])


def test_headers_tell_what_a_query_does() -> None:
    """In any case of their names; the query wins."""
    event = {"requestContext": CONTEXT, "headers": {"x-probe-case": "two", "X-PROBE-DO": "status:201"}}

    assert ("two", "status:201") == (find_told(event, "case"), find_told(event, "do"))
    assert "one" == find_told(connecting(headers={"X-Probe-Case": "two"}), "case")


def test_a_long_message_is_kept_by_length_and_digest() -> None:
    """Of characters and of UTF-8."""
    event = a_message(case="one", pad="x" * BODY_SHOWN_MAX)
    app.message(event, None)

    (record,) = find_records("case-one")
    assert (len(event["body"]), BODY_SHOWN_MAX) == (record["body_length"], len(record["event"]["body"]))


def test_recall_pages_what_is_long() -> None:
    """Every record once, in order."""
    for number in range(20):
        app.message(a_message(case="one", number=number, pad="x" * 3000), None)
    numbers: list[int] = []
    after: int | None = 0
    pages = 0
    while after is not None:
        question = a_message(action="recall", ref="7", case="one", after=after)
        answer = json.loads(app.recall(question, None)["body"])
        numbers += [json.loads(record["event"]["body"])["number"] for record in answer["records"]]
        after = answer["next"]
        pages += 1

    assert list(range(20)) == numbers
    assert pages > 1


def test_describe_answers_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids and URLs."""
    monkeypatch.setenv("PROBE_ID_MAIN", "abc")
    monkeypatch.setenv("PROBE_URL_MAIN", "wss://abc/prod")

    answer = json.loads(app.recall(a_message(action="describe", ref="1"), None)["body"])

    assert {"ref": "1", "apis": {"main": {"api_id": "abc", "url": "wss://abc/prod"}}} == answer


@pytest.mark.parametrize(
    ("auth", "effects"),
    [
        ("", [("Allow", ARN)]),
        ("deny", [("Deny", ARN)]),
        ("allow:{stage}/*;deny:{stage}/perform", [("Allow", f"{ARN[:-8]}*"), ("Deny", f"{ARN[:-8]}perform")]),
        ("none", []),
    ],
)
def test_the_authorizer_says_what_it_is_told(auth: str, effects: list[tuple[str, str]]) -> None:
    """Statement by statement."""
    result = authorize({"type": "REQUEST", "methodArn": ARN, "queryStringParameters": {"auth": auth}}, None)

    assert effects == [(one["Effect"], one["Resource"]) for one in result["policyDocument"]["Statement"]]


def test_the_authorizers_context_is_json() -> None:
    """So that it may be of any type; principal and other results too."""
    event = {
        "type": "REQUEST",
        "methodArn": ARN,
        "headers": {"X-Probe-Auth": "principal:alice;context:n=7;context:d={}"},
    }

    result = authorize(event, None)

    assert ("alice", {"n": 7, "d": {}}) == (result["principalId"], result["context"])
    assert {"statusCode": 401} == authorize({**event, "headers": {"X-Probe-Auth": 'return:{"statusCode":401}'}}, None)


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    """Another process may be at it."""
    store = FolderStore(tmp_path)
    store.add(["case-one"], {"id": "1"})
    with (tmp_path / "case-one.jsonl").open("a") as file:
        file.write('{"id": "2')

    assert [{"id": "1"}] == store.find("case-one")
    assert [] == store.find("case-../../etc/passwd")


def test_without_a_store_the_probe_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than forgetting."""
    monkeypatch.delenv("PROBE_STORE_FOLDER")

    with pytest.raises(RuntimeError, match="PROBE_STORE_FOLDER or PROBE_TABLE"):
        open_store()
