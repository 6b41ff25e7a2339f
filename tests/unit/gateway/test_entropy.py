"""The pool gives everybody other bytes."""

from talkroom.gateway.entropy import EntropyPool


def test_a_piece_has_the_size_that_was_asked_for() -> None:
    """Also the piece that does not fit into what is left of a pool."""
    pool = EntropyPool()

    assert [7] * 2000 == [len(pool(7)) for _ in range(2000)]


def test_no_piece_is_given_twice() -> None:
    """Over several pools."""
    pool = EntropyPool()
    pieces = [pool(12) for _ in range(2000)]

    assert len(pieces) == len(set(pieces))
