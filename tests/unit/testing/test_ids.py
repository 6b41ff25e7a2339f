"""Ids that tests can foresee."""

from talkroom.testing import SequentialIds


def test_ids_count_from_one():
    """With the prefix."""
    ids = SequentialIds("m")

    assert ["m1", "m2", "m3"] == [ids(), ids(), ids()]
