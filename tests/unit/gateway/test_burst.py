"""Posts of one turn to the same connections: joined, in order, and never told wrongly."""

from talkroom.contract.close_codes import DELETED
from talkroom.gateway.codec import encode_text
from talkroom.gateway.connection import Ended, Lost
from talkroom.gateway.live_connection import LiveConnection
from talkroom.gateway.management import InProcessManagement
from tests.unit.gateway.live import RecordingTransport, a_gateway, opened, turn


class Room:
    """Three open connections, and the tuple of ids that a chat remembers for its room."""

    def __init__(self, **limits: int) -> None:
        self.gateway, self.registry = a_gateway(**limits)
        self.management = InProcessManagement(self.registry)
        self.members: list[tuple[LiveConnection, RecordingTransport]] = [
            opened(self.gateway, number) for number in range(1, 4)
        ]
        self.ids = tuple(connection.facts.connection_id for connection, _ in self.members)

    def written(self, member: int) -> bytes:
        """All that one member's transport was given."""
        return b"".join(self.members[member][1].writes)


async def test_posts_of_one_turn_are_one_write_in_order() -> None:
    """For every connection."""
    room = Room()
    for number in range(3):
        await room.management.post_many(room.ids, b"%d" % number)
    await turn()

    whole = b"".join(encode_text(b"%d" % number) for number in range(3))
    assert [[whole]] * 3 == [transport.writes for _, transport in room.members]


async def test_a_post_to_one_of_them_does_not_overtake() -> None:
    """Posts that are awaited one after the other arrive in that order."""
    room = Room()
    await room.management.post_many(room.ids, b"first")
    await room.management.post_to_connection(room.ids[0], b"second")
    await room.management.post_many(room.ids, b"third")
    await turn()

    assert encode_text(b"first") + encode_text(b"second") + encode_text(b"third") == room.written(0)
    assert encode_text(b"first") + encode_text(b"third") == room.written(1)


async def test_a_reply_comes_after_the_pushes_of_its_turn() -> None:
    """And does not end the burst: one write holds both."""
    room = Room()
    await room.management.post_many(room.ids, b"push 1")
    room.members[0][0].send(encode_text(b"reply 1"))
    await room.management.post_many(room.ids, b"push 2")
    await turn()

    pushes = encode_text(b"push 1") + encode_text(b"push 2")
    assert [pushes + encode_text(b"reply 1")] == room.members[0][1].writes
    assert [pushes] == room.members[1][1].writes


async def test_a_close_frame_does_not_overtake() -> None:
    """What was accepted before the connection was deleted leaves before its close frame."""
    room = Room()
    await room.management.post_many(room.ids, b"last words")
    room.members[0][0].happen(Ended(DELETED))
    await turn()

    assert room.written(0).startswith(encode_text(b"last words"))
    assert encode_text(b"last words") == room.written(1)


async def test_a_connection_that_is_lost_in_the_turn_is_gone_for_the_next_post() -> None:
    """The others get both."""
    room = Room()
    await room.management.post_many(room.ids, b"1")
    room.members[0][0].happen(Lost())
    deliveries = await room.management.post_many(room.ids, b"2")
    await turn()

    assert (2, [room.ids[0]]) == (deliveries.delivered, list(deliveries.gone))
    assert encode_text(b"1") + encode_text(b"2") == room.written(2)


async def test_a_connection_that_stalls_in_the_turn_is_refused_when_its_outbox_is_full() -> None:
    """What it was posted before waits for it."""
    room = Room(outbox_bytes_max=20)
    await room.management.post_many(room.ids, b"0123456789")
    room.members[0][0].pause_writing()
    deliveries = await room.management.post_many(room.ids, b"abcdefghij")
    room.members[0][0].resume_writing()
    await turn()

    assert (2, [room.ids[0]]) == (deliveries.delivered, list(deliveries.limited))
    assert encode_text(b"0123456789") == room.written(0)
    assert encode_text(b"0123456789") + encode_text(b"abcdefghij") == room.written(1)


async def test_a_burst_larger_than_an_outbox_is_written_in_pieces() -> None:
    """Nothing is refused to clients that read."""
    room = Room(outbox_bytes_max=30)
    outcomes = [(await room.management.post_many(room.ids, b"0123456789")).delivered for _ in range(20)]
    await turn()

    assert [3] * 20 == outcomes
    assert [encode_text(b"0123456789") * 20] * 3 == [room.written(member) for member in range(3)]


async def test_another_tuple_of_ids_is_another_set() -> None:
    """Sameness is of the object, not of the ids in it: looking would cost what the burst saves."""
    room = Room()
    await room.management.post_many(room.ids, b"1")
    await room.management.post_many(tuple(list(room.ids)[:2]), b"2")
    await turn()

    assert encode_text(b"1") + encode_text(b"2") == room.written(0)
    assert encode_text(b"1") == room.written(2)
