"""The rows of the table follow from the rule that the contract page states."""

import re

from talkroom.conformance.invalid_utf8 import REPLACED

SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")


def test_every_row_follows_from_the_rule() -> None:
    """Python's replacement, but one character for a surrogate; 0xFF is one byte that is never UTF-8."""
    assert REPLACED == {posted: SURROGATE.sub(b"\xff", posted).decode("utf-8", "replace") for posted in REPLACED}


def test_there_are_as_many_rows_as_were_measured() -> None:
    """And none says less than the others: each is a case of its own."""
    assert 25 == len(REPLACED)


def test_python_alone_does_not_pass() -> None:
    """Some rows tell a gateway that simply decodes from API Gateway."""
    assert 5 == sum(posted.decode("utf-8", "replace") != delivered for posted, delivered in REPLACED.items())
