"""Reports: scores, the text, the JSON and the matrix."""

import json

from talkroom.conformance.matrix import make_matrix
from talkroom.conformance.report import Report, Result

REPORT = Report(
    target="ws://127.0.0.1:1/prod",
    results=[
        Result(1, "passed", "", 0.1),  # D, 3
        Result(3, "departed", "status: API Gateway's is 403, this is 404", 0.2),  # O, 2
        Result(13, "passed", "", 0.3),  # I, 2
        Result(14, "departed", "no answer", 0.4),  # I, 3
        Result(103, "not run", "no key", 0.0),  # D, 2
    ],
)


def test_the_score_is_of_what_is_known_and_was_run() -> None:
    """Neither assumptions nor checks that were not run count."""
    assert (3, 5) == (REPORT.score.passed, REPORT.score.of)


def test_the_json_has_a_row_per_check() -> None:
    """With what the catalogue says, and what was seen."""
    decoded = json.loads(REPORT.to_json())

    assert {"passed": 3, "of": 5} == decoded["score"]
    assert {
        "number": 3,
        "section": "A",
        "weight": 2,
        "evidence": "O",
        "title": 'an unknown stage is 403 `{"message":"Forbidden"}`, and no function is invoked',
        "outcome": "departed",
        "sentence": "status: API Gateway's is 403, this is 404",
        "seconds": 0.2,
    } == decoded["results"][1]


def test_the_text_names_what_did_not_pass() -> None:
    """And the scores, assumed behaviours apart."""
    text = REPORT.to_text()

    assert "departed    3 [O,2]" in text
    assert "not run   103 [D,2]" in text
    assert "A. Endpoint and handshake: 2 passed, 2 departed\nE. @connections: 1 not run" in text
    assert text.endswith("(D, O): 3 of 5\nAssumed, not in the score (O?, I, U): 2 of 5")


def test_the_matrix_depends_on_outcomes_only() -> None:
    """Not on times, sentences or the target."""
    again = Report(
        target="wss://elsewhere/prod", results=[Result(one.number, one.outcome, "", 9.9) for one in REPORT.results]
    )

    assert make_matrix(REPORT, {}) == make_matrix(again, {})


def test_the_matrix_shows_notes_beside_their_behaviours() -> None:
    """A bar in a note does not end the cell."""
    lines = make_matrix(REPORT, {14: "ours | theirs"}).splitlines()

    assert (
        "| 14 | after a refused `$connect` the management API says 410 of its id | 3 | I | **no** | ours &#124; theirs |"
        in lines
    )


def test_the_matrix_lists_assumed_behaviours_apart() -> None:
    """They do not count."""
    lines = make_matrix(REPORT, {}).splitlines()
    titles = ["## A. Endpoint and handshake", "## E. @connections", "## Assumed, from all sections"]

    assert titles == [one for one in lines if one.startswith("##")]
    assert {"O?", "I"} >= {one.split(" | ")[3] for one in lines[lines.index(titles[2]) + 4 :]}
