"""The units of the model are those of docs/topics/dynamodb.md, where another test compares them with what DynamoDB counts."""

import re

import pytest

from talkroom.cost import storage_units
from talkroom.cost.usage import Usage
from tests.docs.support import DOCS, table

PAGE = DOCS / "topics" / "dynamodb.md"
SHORT = 20
"""Bytes of the text of a message that is stored in a kilobyte."""

ROWS = {
    ("append, warm",): storage_units.append(SHORT),
    ("append, cold",): storage_units.append(SHORT) + storage_units.learn_tail(),
    ("append, one conflict",): storage_units.append(SHORT) + storage_units.conflict(SHORT),
    ("position",): storage_units.position(),
    ("read_before, newest 10 messages",): storage_units.history(10, SHORT),
    ("subscribe",): storage_units.subscribe(),
    ("of_connection",): storage_units.of_connection(),
    ("recipients",): storage_units.recipients(2),
    ("grant not found",): storage_units.find_grant(),
    ("end", "grant ended, not there"): storage_units.end(1),
}
"""Rows of the page that come to one access of the model."""


@pytest.mark.parametrize(("names", "usage"), ROWS.items(), ids=[" + ".join(names) for names in ROWS])
def test_an_access_takes_the_units_of_the_page(names: tuple[str, ...], usage: Usage) -> None:
    """Writes and reads, and nothing else."""
    rows = {row[0]: row for row in table(PAGE, "use case", "requests", "write units", "read units")}
    writes, reads = (sum(float(rows[name][column]) for name in names) for column in (2, 3))

    assert Usage(dynamodb_writes=writes, dynamodb_reads=reads) == usage


def test_recipients_of_a_large_room_are_read_as_the_page_says() -> None:
    """By its examples, to 2 %: the size of a row depends on its names."""
    [shown] = [row[1] for row in table(PAGE, "what", "units") if row[0].startswith("recipients of n")]
    examples = {
        int(members.replace(",", "")): float(units)
        for units, members in re.findall(r"([\d.]+) for ([\d,]+\d|\d)", shown)
    }

    assert {2, 1000, 5000} <= set(examples)
    assert examples == {
        members: pytest.approx(storage_units.recipients(members).dynamodb_reads, rel=0.02) for members in examples
    }
