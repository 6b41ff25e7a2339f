"""All checks on our own gateway, as a process; the page that says so is up to date."""

import pytest

from talkroom.conformance.options import Options
from talkroom.conformance.report import Report
from talkroom.conformance.runner import run
from tools.gateway_conformance import NOTES, PAGE, make_page


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    """One report for the tests of this module, once there is one."""
    return []


@pytest.fixture
async def report(options: Options, reports: list[Report]) -> Report:
    """Of all checks, side by side."""
    if not reports:
        reports.append(await run(options))
    return reports[0]


async def test_our_gateway_behaves_as_api_gateway_does(report: Report) -> None:
    """Documented, observed and assumed behaviours alike; nothing is left out."""
    assert [] == [(one.number, one.outcome, one.sentence) for one in report.results if one.outcome != "passed"]


async def test_the_matrix_is_what_the_suite_says(report: Report) -> None:
    """Otherwise: `make conformance`."""
    assert make_page(report) == PAGE.read_text(encoding="utf-8")


def test_every_note_has_a_row() -> None:
    """And is one sentence or two."""
    assert set(range(1, 127)) >= set(NOTES)
