"""The management API in process, without sockets; over sockets it is tested in tests/gateway/test_management.py."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkroom.contract.close_codes import DELETED
from talkroom.contract.errors import Gone, InvalidConnectionId, LimitExceeded, PayloadTooLarge
from talkroom.contract.management import ConnectionIdentity, ConnectionInfo, Deliveries
from talkroom.gateway.codec import encode_text
from talkroom.gateway.connection import Ended, State
from talkroom.gateway.management import InProcessManagement
from tests.unit.gateway.live import StandingClock, a_gateway, opened, pending, turn

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


MEMBERS = 4
members = st.integers(0, MEMBERS - 1)
operations = st.one_of(
    st.tuples(st.just("post to a room"), st.integers(0, 2), st.integers(0, 45)),
    st.tuples(st.just("post to an equal list"), st.integers(0, 2), st.integers(0, 45)),
    st.tuples(st.just("post to one"), members, st.integers(0, 45)),
    st.tuples(st.just("reply"), members, st.integers(0, 35)),
    st.tuples(st.just("stop reading"), members, st.none()),
    st.tuples(st.just("read again"), members, st.none()),
    st.tuples(st.just("delete"), members, st.none()),
)


class Play:
    """Four connections, the rooms they are in, and what each must get."""

    def __init__(self) -> None:
        gateway, registry = a_gateway(outbox_bytes_max=60)
        self.management = InProcessManagement(registry)
        self.members = [opened(gateway, number) for number in range(MEMBERS)]
        self.ids = [connection.facts.connection_id for connection, _ in self.members]
        # A chat remembers a room as a tuple, and the same one every time.
        self.rooms = [tuple(self.ids[:3]), tuple(self.ids[1:]), tuple(self.ids)]
        self.posted: dict[str, list[bytes]] = {one: [] for one in self.ids}
        self.replied: list[list[bytes]] = [[] for _ in self.ids]
        self.number = 0

    async def do(self, what: str, which: int, size: int | None) -> None:
        """One operation."""
        match what:
            case "post to a room":
                await self.post(self.rooms[which], size or 0)
            case "post to an equal list":
                await self.post(list(self.rooms[which]), size or 0)
            case "post to one":
                await self.post([self.ids[which]], size or 0)
            case "reply":
                self.reply(which, size or 0)
            case "stop reading":
                self.members[which][0].pause_writing()
            case "read again":
                self.members[which][0].resume_writing()
            case "delete":
                self.members[which][0].happen(Ended(DELETED))

    async def post(self, ids: Sequence[str], size: int) -> None:
        """A payload that says which one it is."""
        self.number += 1
        payload = b"post %04d" % self.number + b"." * size
        deliveries = await self.management.post_many(ids, payload)
        missed = {*deliveries.gone, *deliveries.limited}
        assert deliveries.delivered == len(ids) - len(missed)
        for one in set(ids) - missed:
            self.posted[one].append(payload)

    def reply(self, member: int, size: int) -> None:
        """As an integration's result is sent; one that cannot be sent ends the connection."""
        connection, _ = self.members[member]
        if connection.state is State.OPEN:
            self.number += 1
            self.replied[member].append(b"reply %04d" % self.number + b"." * size)
            connection.send(encode_text(self.replied[member][-1]))

    def written(self, member: int) -> list[bytes]:
        """The messages that this one was sent, up to a close frame; all are short."""
        rest, payloads = b"".join(self.members[member][1].writes), list[bytes]()
        while rest and rest[0] == 0x81:
            payloads.append(rest[2 : 2 + rest[1]])
            rest = rest[2 + rest[1] :]
        return payloads


@given(st.lists(st.lists(operations, max_size=8), max_size=8))
def test_what_was_delivered_arrives_once_and_in_order(turns: list[list[tuple[str, int, int | None]]]) -> None:
    """Whatever was joined, refused or written early on the way, and before the close frame of who was deleted.

    Replies too, as far as the connection lasts; between posts and replies there is no order.
    """

    async def play() -> Play:
        play = Play()
        for operations_of_turn in turns:
            for operation in operations_of_turn:
                await play.do(*operation)
            await turn()
        for connection, _ in play.members:
            connection.resume_writing()
        await turn()
        return play

    played = asyncio.run(play())

    for member, (connection, _) in enumerate(played.members):
        written = played.written(member)
        assert played.posted[played.ids[member]] == [one for one in written if one.startswith(b"post")]
        replies = [one for one in written if one.startswith(b"reply")]
        assert played.replied[member][: len(replies)] == replies
        assert connection.state is not State.OPEN or played.replied[member] == replies
