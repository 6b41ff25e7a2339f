"""What the kit gives away."""

import talkroom.testing


def test_every_exported_name_exists_and_is_documented():
    """`__all__` is the promise."""
    assert [] == [name for name in talkroom.testing.__all__ if not getattr(talkroom.testing, name).__doc__]


def test_exports_are_sorted():
    """So that a person finds one."""
    assert sorted(talkroom.testing.__all__) == talkroom.testing.__all__
