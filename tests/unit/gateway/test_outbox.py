"""The outbox keeps order, counts bytes, and says no at its limit."""

from hypothesis import given
from hypothesis import strategies as st

from talkroom.gateway.outbox import Outbox, offer_to_all

frames = st.lists(st.binary(min_size=1, max_size=20), max_size=20)


def test_a_new_outbox_is_empty() -> None:
    """And false, which is how a connection knows that it must be scheduled."""
    outbox = Outbox()

    assert (False, 0, b"") == (bool(outbox), outbox.queued_bytes, outbox.take())


def test_frames_leave_as_one_piece_in_order() -> None:
    """And the outbox is empty afterwards."""
    outbox = Outbox()
    outbox.offer(b"ab", 100)
    outbox.push(b"c")
    outbox.offer(b"de", 100)

    assert (True, 5) == (bool(outbox), outbox.queued_bytes)
    assert b"abcde" == outbox.take()
    assert (False, 0) == (bool(outbox), outbox.queued_bytes)


def test_a_single_frame_is_not_copied() -> None:
    """A push to a room of thousands is one object."""
    frame = b"x" * 1000
    outbox = Outbox()
    outbox.offer(frame, 1000)

    assert outbox.take() is frame


def test_a_frame_that_fits_exactly_is_taken() -> None:
    """The limit itself is allowed."""
    outbox = Outbox()

    assert outbox.offer(b"12345", 5)
    assert not outbox.offer(b"6", 5)


def test_a_refused_frame_changes_nothing() -> None:
    """What was queued stays, and what fits is taken."""
    outbox = Outbox()
    outbox.offer(b"123", 5)

    assert not outbox.offer(b"456", 5)
    assert 3 == outbox.queued_bytes
    assert outbox.offer(b"45", 5)
    assert b"12345" == outbox.take()


def test_a_refused_frame_leaves_an_empty_outbox_empty() -> None:
    """A frame larger than the limit never fits."""
    outbox = Outbox()

    assert not outbox.offer(b"123456", 5)
    assert not outbox


def test_a_close_frame_is_queued_however_full_it_is() -> None:
    """It is small, and owed."""
    outbox = Outbox()
    outbox.offer(b"12345", 5)
    outbox.push(b"close")

    assert b"12345close" == outbox.take()


@given(frames, st.integers(0, 60))
def test_what_was_taken_in_comes_out(offered: list[bytes], bytes_max: int) -> None:
    """All of it, in order, and never more than the limit waits."""
    outbox = Outbox()
    accepted = []
    for frame in offered:
        if outbox.offer(frame, bytes_max):
            accepted.append(frame)
        assert sum(map(len, accepted)) == outbox.queued_bytes <= bytes_max

    assert b"".join(accepted) == outbox.take()


class Connection:
    """Something with an outbox."""

    def __init__(self, waiting: bytes = b"") -> None:
        self.outbox = Outbox()
        if waiting:
            self.outbox.push(waiting)


def test_one_frame_is_offered_to_many() -> None:
    """It tells whose outbox has begun, who must be scheduled for it, and whose is too full, who must be dealt with."""
    empty, waiting, full = Connection(), Connection(b"1234"), Connection(b"12345")

    assert ([empty], [full]) == offer_to_all([empty, waiting, full], b"x", 5)
    assert [b"x", b"1234x", b"12345"] == [one.outbox.take() for one in (empty, waiting, full)]


def test_a_connection_that_is_named_twice_gets_the_frame_twice() -> None:
    """And begins once."""
    connection = Connection()

    assert ([connection], []) == offer_to_all([connection, connection], b"x", 5)
    assert b"xx" == connection.outbox.take()


@given(
    st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=8),
    st.binary(min_size=1, max_size=8),
    st.integers(0, 12),
)
def test_offering_to_many_is_offering_to_each(waiting: list[bytes], frame: bytes, bytes_max: int) -> None:
    """It says the same twice, so both are compared."""
    ours, theirs = [Connection(one) for one in waiting], [Connection(one) for one in waiting]
    _, full = offer_to_all(ours, frame, bytes_max)
    refused = [not one.outbox.offer(frame, bytes_max) for one in theirs]

    assert refused == [one in full for one in ours]
    assert [one.outbox.queued_bytes for one in theirs] == [one.outbox.queued_bytes for one in ours]
    assert [one.outbox.take() for one in theirs] == [one.outbox.take() for one in ours]
