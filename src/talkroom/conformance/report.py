"""What a run found.

The JSON of a report:

    {
      "target": "wss://abc.execute-api.eu-west-1.amazonaws.com/prod",
      "score": {"passed": 231, "of": 254},       weights of the D and O checks that passed, and of those that were run
      "results": [
        {
          "number": 6, "section": "A", "weight": 3, "evidence": "D", "title": "…",
          "outcome": "passed",                   or "departed", or "not run"
          "sentence": "",                        what was seen instead, or what to give
          "seconds": 2.013
        }, …
      ]
    }
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from talkroom.conformance.catalogue import CATALOGUE, SECTIONS, Behaviour

Outcome = Literal["passed", "departed", "not run"]


class Result(msgspec.Struct, frozen=True):
    """Of one check."""

    number: int
    outcome: Outcome
    sentence: str
    seconds: float

    @property
    def behaviour(self) -> Behaviour:
        """What was looked at."""
        return CATALOGUE[self.number]


class Score(msgspec.Struct, frozen=True):
    """Weights: of what passed, and of what was run."""

    passed: int
    of: int

    def __str__(self) -> str:
        return f"{self.passed} of {self.of}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All results of a run, by number."""

    target: str
    results: Sequence[Result]

    @property
    def score(self) -> Score:
        """Section 9's: documented and observed behaviours only, weighted."""
        return score_of(result for result in self.results if result.behaviour.is_scored)

    def departures(self) -> list[Result]:
        """What the target did otherwise."""
        return [result for result in self.results if result.outcome == "departed"]

    def to_json(self) -> bytes:
        """As the module says."""
        rows: list[dict[str, Any]] = [
            {
                **msgspec.structs.asdict(result.behaviour),
                "outcome": result.outcome,
                "sentence": result.sentence,
                "seconds": result.seconds,
            }
            for result in self.results
        ]
        whole = {"target": self.target, "score": msgspec.structs.asdict(self.score), "results": rows}
        return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"

    def to_text(self) -> str:
        """A summary for a terminal: what departed and what was not run, then the score and the sections."""
        lines = [_line(result) for result in self.results if result.outcome != "passed"]
        if lines:
            lines.append("")
        lines += [
            f"{letter}. {SECTIONS[letter]}: {_tally(of_section)}"
            for letter in SECTIONS
            if (of_section := [result for result in self.results if result.behaviour.section == letter])
        ]
        assumed = [result for result in self.results if not result.behaviour.is_scored]
        lines.append(f"Score, documented and observed (D, O): {self.score}")
        if assumed:
            lines.append(f"Assumed, not in the score (O?, I, U): {score_of(assumed)}")
        return "\n".join(lines)


def score_of(results: Iterable[Result]) -> Score:
    """Weights passed and weights run."""
    weights = [
        (result.outcome == "passed", result.behaviour.weight) for result in results if result.outcome != "not run"
    ]
    return Score(sum(weight for passed, weight in weights if passed), sum(weight for _, weight in weights))


def _line(result: Result) -> str:
    row = result.behaviour
    return (
        f"{result.outcome:9} {row.number:3} [{row.evidence},{row.weight}] {row.title}\n              {result.sentence}"
    )


def _tally(results: Sequence[Result]) -> str:
    counts = {
        outcome: sum(result.outcome == outcome for result in results) for outcome in ("passed", "departed", "not run")
    }
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
