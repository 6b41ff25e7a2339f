"""The report as a Markdown page that is the same whenever the results are: without times, hosts or what a check said.

One table per section for documented and observed behaviours, and one for all that are assumed: number, behaviour, weight,
evidence, result, and the note of a deliberate difference.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from talkroom.conformance.catalogue import SECTIONS
from talkroom.conformance.report import Report, Result, score_of

_SIGNS: Final = {"passed": "yes", "departed": "**no**", "not run": "not run"}


def make_matrix(report: Report, notes: Mapping[int, str]) -> str:
    """The page's tables; `notes` are shown beside the behaviours of their numbers."""
    assumed = [result for result in report.results if not result.behaviour.is_scored]
    scores = (
        f"Score, the weights of documented and observed behaviours (D, O): **{report.score}**.\n"
        f"Assumed behaviours (O?, I), which do not count: {score_of(assumed)}.\n"
    )
    parts = [scores]
    for letter, name in SECTIONS.items():
        results = [one for one in report.results if one.behaviour.section == letter and one.behaviour.is_scored]
        if results:
            parts.append(_table(f"{letter}. {name}", results, notes))
    if assumed:
        parts.append(_table("Assumed, from all sections", assumed, notes))
    return "\n".join(parts)


def _table(title: str, results: Sequence[Result], notes: Mapping[int, str]) -> str:
    lines = [
        f"## {title}",
        "",
        "| # | behaviour | weight | evidence | passes | note |",
        "| ---: | --- | ---: | --- | --- | --- |",
    ]
    for result in results:
        row = result.behaviour
        cells = (
            str(row.number),
            row.title,
            str(row.weight),
            row.evidence,
            _SIGNS[result.outcome],
            notes.get(row.number, ""),
        )
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines) + "\n"
