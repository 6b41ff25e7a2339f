"""The catalogue and the registry: one check per behaviour."""

import pytest

from talkroom.conformance.catalogue import CATALOGUE
from talkroom.conformance.suite import all_checks, check
from talkroom.conformance.target import Target


def test_the_catalogue_has_every_number_once() -> None:
    """In order, with section 9's sums of weights by evidence."""
    weights: dict[str, int] = {}
    for row in CATALOGUE.values():
        weights[row.evidence] = weights.get(row.evidence, 0) + row.weight

    assert list(range(1, 127)) == list(CATALOGUE)
    assert {"D": 140, "O": 134, "O?": 5, "I": 15} == weights


def test_sections_follow_each_other() -> None:
    """A to F, each in one piece."""
    firsts: dict[str, int] = {}
    for row in CATALOGUE.values():
        firsts.setdefault(row.section, row.number)

    assert {"A": 1, "B": 25, "C": 45, "D": 65, "E": 88, "F": 110} == firsts
    assert [row.section for row in CATALOGUE.values()] == sorted(row.section for row in CATALOGUE.values())


def test_every_behaviour_has_a_check() -> None:
    """And no module has checks of two sections."""
    checks = all_checks()
    sections: dict[str, set[str]] = {}
    for one in checks.values():
        sections.setdefault(one.run.__module__, set()).add(one.behaviour.section)

    assert set(CATALOGUE) == set(checks)
    assert [] == [module for module, found in sections.items() if len(found) > 1]


@pytest.mark.parametrize("number", [1, 0, 127])
def test_a_number_is_taken_or_unknown(number: int) -> None:
    """A check is registered once, for a behaviour that there is."""
    all_checks()

    async def another(_target: Target) -> None:
        """Never run."""

    with pytest.raises(ValueError, match=f"check {number}"):
        check(number)(another)


def test_checks_say_what_they_look_at() -> None:
    """Each has a docstring."""
    assert [] == [number for number, one in all_checks().items() if not one.run.__doc__]
