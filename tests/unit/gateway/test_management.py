"""The management API in process, without sockets; over sockets it is tested in tests/gateway/test_management.py."""

import asyncio

import asyncio
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries
from talkroom.gateway.codec import encode_text
from talkroom.gateway.live_connection import LiveConnection
from talkroom.gateway.management import InProcessManagement
from tests.unit.gateway.live import RecordingTransport, StandingClock, a_gateway, opened, pending, turn

UNKNOWN = "999999999999999="


async def test_a_post_is_one_frame() -> None:
    """At the end of the turn."""
    gateway, registry = a_gateway()
    connection, transport = opened(gateway)
    await InProcessManagement(registry).post_to_connection(connection.facts.connection_id, b"hello")
    await turn()

    assert [b"\x81\x05hello"] == transport.writes
    assert 1 == registry.counters.posts


async def test_a_post_to_many_tells_what_became_of_each() -> None:
    """Delivered, gone, or limited; in the order given."""
    gateway, registry = a_gateway(outbox_bytes_max=10)
    (first, transport), (slow, _), (pending_one, _) = opened(gateway, 1), opened(gateway, 2), pending(gateway, 3)
    slow.pause_writing()
    slow.outbox.push(b"x" * 10)
    ids = [one.facts.connection_id for one in (first, slow, pending_one)]

    deliveries = await InProcessManagement(registry).post_many([UNKNOWN, *ids, "malformed"], b"hi")
    await turn()

    assert Deliveries(1, [UNKNOWN, ids[2], "malformed"], [ids[1]]) == deliveries
    assert [b"\x81\x02hi"] == transport.writes


async def test_a_post_to_nobody_is_no_error() -> None:
    """An empty room."""
    _, registry = a_gateway()

    assert Deliveries(0, [], []) == await InProcessManagement(registry).post_many([], b"x")


async def test_one_frame_object_serves_all_receivers() -> None:
    """It is built once, whatever their number."""
    gateway, registry = a_gateway()
    connections = [opened(gateway, number)[0] for number in range(3)]
    await InProcessManagement(registry).post_many([one.facts.connection_id for one in connections], b"x" * 1000)

    frames = [one.outbox.take() for one in connections]
    assert frames[0] is frames[1] is frames[2]


async def test_a_full_outbox_is_limit_exceeded_and_takes_nothing() -> None:
    """And what waits already is kept."""
    gateway, registry = a_gateway(outbox_bytes_max=10)
    connection, transport = opened(gateway)
    connection.pause_writing()
    management = InProcessManagement(registry)
    await management.post_to_connection(connection.facts.connection_id, b"12345678")

    with pytest.raises(LimitExceeded):
        await management.post_to_connection(connection.facts.connection_id, b"x")
    connection.resume_writing()
    assert [b"\x81\x0812345678"] == transport.writes


async def test_the_limit_of_a_payload_is_configured() -> None:
    """The error says both sizes."""
    _, registry = a_gateway(message_bytes_max=1000)

    with pytest.raises(PayloadTooLarge, match=r"^the payload has 1001 bytes; at most 1000 are allowed$"):
        await InProcessManagement(registry).post_many([], b"x" * 1001)


async def test_get_tells_what_is_known() -> None:
    """Times in UTC with milliseconds."""
    clock = StandingClock()
    gateway, registry = a_gateway(clock=clock)
    connection, _ = opened(gateway)
    clock.now_s += 61.5
    await InProcessManagement(registry).post_to_connection(connection.facts.connection_id, b"x")
    await asyncio.sleep(0)  # the turn ends, and the post is written
    clock.now_s += 10

    expected = ConnectionInfo(
        "2025-11-25T12:00:00.000Z", ConnectionIdentity("192.0.2.1", None), "2025-11-25T12:01:01.500Z"
    )
    assert expected == await InProcessManagement(registry).get_connection(connection.facts.connection_id)


@pytest.mark.parametrize(("connection_id", "error"), [(UNKNOWN, Gone), ("nonsense", InvalidConnectionId)])
async def test_an_id_that_is_not_open(connection_id: str, error: type[Exception]) -> None:
    """Gone for what could be an id, 400 for what could not."""
    _, registry = a_gateway()
    management = InProcessManagement(registry)

    for call in (
        management.post_to_connection(connection_id, b"x"),
        management.get_connection(connection_id),
        management.delete_connection(connection_id),
    ):
        with pytest.raises(error):
            await call


async def test_a_connection_whose_handshake_is_pending_is_gone() -> None:
    """Until its 101."""
    gateway, registry = a_gateway()
    connection, _ = pending(gateway)

    with pytest.raises(Gone):
        await InProcessManagement(registry).get_connection(connection.facts.connection_id)


async def test_delete_sends_a_close_frame_and_forgets_the_connection() -> None:
    """What was posted before is written before it."""
    gateway, registry = a_gateway()
    connection, transport = opened(gateway)
    management = InProcessManagement(registry)
    await management.post_to_connection(connection.facts.connection_id, b"advice")
    await management.delete_connection(connection.facts.connection_id)

    assert [b"\x81\x06advice\x88\x1c\x03\xe8Connection Closed Normally"] == transport.writes
    assert {} == registry.open


async def test_a_frame_that_no_outbox_could_hold_is_refused_and_harms_nothing() -> None:
    """However it is posted; the next frame is written as ever."""
    gateway, registry = a_gateway(outbox_bytes_max=10)
    connection, transport = opened(gateway)
    ids = (connection.facts.connection_id,)
    management = InProcessManagement(registry)

    to_many = await management.post_many(ids, b"x" * 100)
    with pytest.raises(LimitExceeded):
        await management.post_to_connection(ids[0], b"x" * 100)
    await turn()
    await management.post_many(ids, b"next")
    await turn()

    assert Deliveries(0, [], list(ids)) == to_many
    assert [b"\x81\x04next"] == transport.writes


class Posts(RuleBasedStateMachine):
    """Any mixture of posts, replies, turns and clients that stop and go on reading, beside lists of what each must get.

    What was delivered arrives, once and in the order in which it was posted, whatever was joined or written early on the way.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.begin())

    async def begin(self) -> None:
        """Four connections, and two rooms of them as a chat remembers rooms: the same tuple every time."""
        self.gateway, self.registry = a_gateway(outbox_bytes_max=40)
        self.management = InProcessManagement(self.registry)
        self.members = dict(self.named(opened(self.gateway, number)) for number in range(4))
        ids = tuple(self.members)
        self.rooms = [ids[:3], ids[1:], ids]
        self.expected: dict[str, list[bytes]] = {one: [] for one in ids}
        self.number = 0

    def named(self, pair: tuple[LiveConnection, RecordingTransport]) -> tuple[str, Any]:
        """By id."""
        return pair[0].facts.connection_id, pair

    def payload(self) -> bytes:
        """A new one, of any length that fits or does not."""
        self.number += 1
        return b"%04d" % self.number + b"." * (self.number * 7 % 40)

    @rule(room=st.integers(0, 2), times=st.integers(1, 4), alike=st.booleans())
    def post_to_room(self, room: int, times: int, alike: bool) -> None:
        """Several in one turn; as the tuple that is remembered, or as one that is equal to it."""
        for _ in range(times):
            ids = self.rooms[room] if alike else list(self.rooms[room])
            payload = self.payload()
            deliveries = self.loop.run_until_complete(self.management.post_many(ids, payload))
            missed = {*deliveries.gone, *deliveries.limited}
            assert deliveries.delivered == len(ids) - len(missed)
            for one in set(ids) - missed:
                self.expected[one].append(payload)

    @rule(member=st.integers(0, 3))
    def post_to_one(self, member: int) -> None:
        """A single connection."""
        one, payload = list(self.members)[member], self.payload()
        try:
            self.loop.run_until_complete(self.management.post_to_connection(one, payload))
        except (LimitExceeded, Gone):
            return
        self.expected[one].append(payload)

    @rule(member=st.integers(0, 3))
    def stop_reading(self, member: int) -> None:
        """The transport's buffer is full."""
        list(self.members.values())[member][0].pause_writing()

    @rule(member=st.integers(0, 3))
    def read_again(self, member: int) -> None:
        """It has drained."""
        list(self.members.values())[member][0].resume_writing()

    @rule(member=st.integers(0, 3))
    def delete(self, member: int) -> None:
        """What was delivered before comes before the close frame."""
        try:
            self.loop.run_until_complete(self.management.delete_connection(list(self.members)[member]))
        except Gone:
            pass

    @rule()
    def finish_the_turn(self) -> None:
        """Outboxes are written."""
        self.loop.run_until_complete(turn())

    def teardown(self) -> None:
        """Everybody reads to the end."""
        for connection, _ in self.members.values():
            connection.resume_writing()
        self.loop.run_until_complete(turn())
        for one, (_, transport) in self.members.items():
            frames = b"".join(encode_text(payload) for payload in self.expected[one])
            written = b"".join(transport.writes)
            assert written.partition(b"\x88")[0] == frames
        self.loop.close()


TestPosts = Posts.TestCase
