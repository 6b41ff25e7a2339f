"""What every Subscriptions must do. Subclass `SubscriptionsContract` and provide the fixture `subscriptions`."""

import pytest

from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Kind, Member, Recipients, Subscription
from talkroom.chat.ports import Subscriptions
from tests.contracts.given import ATTIC, LOBBY

NOW = 1_000
LATER = 2_000


def a_subscription(
    connection_id: str = "c-1",
    *,
    room: RoomId = LOBBY,
    kind: Kind = Kind.V1,
    principal_id: str = "alice",
    name: str = "Alice",
    lease_until_ms: int = LATER,
) -> Subscription:
    """A subscription whose lease ends at `LATER`."""
    return Subscription(
        connection_id=connection_id,
        room=room,
        kind=kind,
        principal_id=principal_id,
        name=name,
        lease_until_ms=lease_until_ms,
    )


def ids(recipients: Recipients) -> tuple[set[str], set[str], set[str]]:
    """Plain, v1 and lapsed connections, whose order is nobody's business."""
    return set(recipients.plain), set(recipients.v1), {each.connection_id for each in recipients.lapsed}


class SubscriptionsContract:
    """An adapter overrides `subscriptions`."""

    @pytest.fixture
    def subscriptions(self) -> Subscriptions:
        """None yet."""
        raise NotImplementedError("the adapter's test class provides the fixture subscriptions")

    async def test_a_room_without_subscriptions_has_no_recipients(self, subscriptions: Subscriptions) -> None:
        """Also one that nobody has ever named."""
        assert Recipients() == await subscriptions.recipients(LOBBY, NOW)

    async def test_recipients_are_sorted_by_kind(self, subscriptions: Subscriptions) -> None:
        """Each connection once, under the protocol that it speaks."""
        await subscriptions.subscribe(a_subscription("c-1", kind=Kind.PLAIN))
        await subscriptions.subscribe(a_subscription("c-2", kind=Kind.V1))
        await subscriptions.subscribe(a_subscription("c-3", kind=Kind.V1))

        recipients = await subscriptions.recipients(LOBBY, NOW)

        assert ({"c-1"}, {"c-2", "c-3"}, set()) == ids(recipients)
        assert (len(recipients.plain), len(recipients.v1)) == (1, 2)

    async def test_rooms_have_their_own_recipients(self, subscriptions: Subscriptions) -> None:
        """A connection receives what it subscribed to, and may do so in several rooms."""
        await subscriptions.subscribe(a_subscription("c-1", room=LOBBY))
        await subscriptions.subscribe(a_subscription("c-1", room=ATTIC))
        await subscriptions.subscribe(a_subscription("c-2", room=ATTIC))

        assert (set(), {"c-1"}, set()) == ids(await subscriptions.recipients(LOBBY, NOW))
        assert (set(), {"c-1", "c-2"}, set()) == ids(await subscriptions.recipients(ATTIC, NOW))

    async def test_every_change_is_seen_by_the_next_call(self, subscriptions: Subscriptions) -> None:
        """Recipients that were asked for before do not stand in the way."""
        seen = []
        for connection_id in ("c-1", "c-2"):
            await subscriptions.subscribe(a_subscription(connection_id))
            seen.append(ids(await subscriptions.recipients(LOBBY, NOW))[1])
        await subscriptions.unsubscribe("c-1", LOBBY)
        seen.append(ids(await subscriptions.recipients(LOBBY, NOW))[1])
        await subscriptions.end("c-2")
        seen.append(ids(await subscriptions.recipients(LOBBY, NOW))[1])

        assert [{"c-1"}, {"c-1", "c-2"}, {"c-2"}, set()] == seen

    async def test_subscribing_again_replaces(self, subscriptions: Subscriptions) -> None:
        """One subscription for each connection and room: the latest."""
        await subscriptions.subscribe(a_subscription(kind=Kind.PLAIN, lease_until_ms=NOW))
        await subscriptions.subscribe(a_subscription(kind=Kind.V1, lease_until_ms=LATER))

        assert (set(), {"c-1"}, set()) == ids(await subscriptions.recipients(LOBBY, NOW))
        assert [a_subscription()] == list(await subscriptions.of_connection("c-1"))

    async def test_a_lease_ends_when_its_moment_comes(self, subscriptions: Subscriptions) -> None:
        """A millisecond before, the connection receives; then it is lapsed and never to be sent to."""
        subscription = a_subscription(lease_until_ms=LATER)
        await subscriptions.subscribe(subscription)

        before = await subscriptions.recipients(LOBBY, LATER - 1)
        after = await subscriptions.recipients(LOBBY, LATER)

        assert Recipients(v1=("c-1",)) == before
        assert Recipients(lapsed=(subscription,)) == after

    async def test_leases_end_one_after_another(self, subscriptions: Subscriptions) -> None:
        """Each at its own moment, whenever recipients are asked for in between."""
        for number in range(1, 5):
            await subscriptions.subscribe(a_subscription(f"c-{number}", lease_until_ms=NOW + number))

        live = [ids(await subscriptions.recipients(LOBBY, NOW + after))[1] for after in range(5)]

        assert [{"c-1", "c-2", "c-3", "c-4"}, {"c-2", "c-3", "c-4"}, {"c-3", "c-4"}, {"c-4"}, set()] == live

    async def test_recipients_follow_a_clock_that_steps_back(self, subscriptions: Subscriptions) -> None:
        """A lease that has not ended at the moment given is live, whatever was asked before."""
        await subscriptions.subscribe(a_subscription(lease_until_ms=LATER))
        await subscriptions.recipients(LOBBY, LATER)

        assert Recipients(v1=("c-1",)) == await subscriptions.recipients(LOBBY, NOW)

    async def test_a_lapsed_subscription_stays_lapsed_until_it_goes(self, subscriptions: Subscriptions) -> None:
        """It is told of in every answer, because the one before may have been lost."""
        await subscriptions.subscribe(a_subscription("c-1", lease_until_ms=NOW))
        await subscriptions.subscribe(a_subscription("c-2"))
        first = ids(await subscriptions.recipients(LOBBY, NOW))
        second = ids(await subscriptions.recipients(LOBBY, NOW))
        await subscriptions.unsubscribe("c-1", LOBBY)

        third = ids(await subscriptions.recipients(LOBBY, NOW))

        assert [(set(), {"c-2"}, {"c-1"})] * 2 == [first, second]
        assert (set(), {"c-2"}, set()) == third

    async def test_a_renewed_lease_is_live(self, subscriptions: Subscriptions) -> None:
        """Subscribing again after the lease has ended, as a refresh does."""
        await subscriptions.subscribe(a_subscription(lease_until_ms=NOW))
        await subscriptions.recipients(LOBBY, NOW)
        await subscriptions.subscribe(a_subscription(lease_until_ms=LATER))

        assert Recipients(v1=("c-1",)) == await subscriptions.recipients(LOBBY, NOW)

    async def test_unsubscribing_tells_whether_there_was_anything(self, subscriptions: Subscriptions) -> None:
        """Once it was, then no more; nor in another room, nor for another connection."""
        await subscriptions.subscribe(a_subscription())

        answers = [
            await subscriptions.unsubscribe("c-1", ATTIC),
            await subscriptions.unsubscribe("c-2", LOBBY),
            await subscriptions.unsubscribe("c-1", LOBBY),
            await subscriptions.unsubscribe("c-1", LOBBY),
        ]

        assert answers == [False, False, True, False]

    async def test_unsubscribing_leaves_the_other_rooms(self, subscriptions: Subscriptions) -> None:
        """Of the same connection."""
        await subscriptions.subscribe(a_subscription(room=LOBBY))
        await subscriptions.subscribe(a_subscription(room=ATTIC))

        await subscriptions.unsubscribe("c-1", LOBBY)

        assert [a_subscription(room=ATTIC)] == list(await subscriptions.of_connection("c-1"))

    async def test_the_subscriptions_of_a_connection_include_lapsed_ones(self, subscriptions: Subscriptions) -> None:
        """All that is kept of it, and nothing of another's."""
        mine = [a_subscription(room=LOBBY), a_subscription(room=ATTIC, lease_until_ms=0)]
        for subscription in (*mine, a_subscription("c-2")):
            await subscriptions.subscribe(subscription)

        found = await subscriptions.of_connection("c-1")

        assert mine == sorted(found, key=lambda each: -each.lease_until_ms)

    async def test_an_unknown_connection_has_no_subscriptions(self, subscriptions: Subscriptions) -> None:
        """And that is no error."""
        assert list(await subscriptions.of_connection("c-1")) == []

    async def test_the_end_of_a_connection_removes_all_of_it(self, subscriptions: Subscriptions) -> None:
        """The rooms that it was subscribed to are returned; other connections stay."""
        await subscriptions.subscribe(a_subscription(room=LOBBY))
        await subscriptions.subscribe(a_subscription(room=ATTIC))
        await subscriptions.subscribe(a_subscription("c-2", room=ATTIC))

        rooms = await subscriptions.end("c-1")

        assert sorted(rooms) == [ATTIC, LOBBY]
        assert list(await subscriptions.of_connection("c-1")) == []
        assert Recipients() == await subscriptions.recipients(LOBBY, NOW)
        assert Recipients(v1=("c-2",)) == await subscriptions.recipients(ATTIC, NOW)

    async def test_ending_twice_is_no_error(self, subscriptions: Subscriptions) -> None:
        """Pruning may come before `$disconnect`."""
        await subscriptions.subscribe(a_subscription())

        rooms = [list(await subscriptions.end("c-1")), list(await subscriptions.end("c-1"))]

        assert rooms == [[LOBBY], []]

    async def test_members_are_principals_each_once_by_ascending_id(self, subscriptions: Subscriptions) -> None:
        """A principal with several connections is one member; plain connections count too."""
        await subscriptions.subscribe(a_subscription("c-1", principal_id="carol", name="Carol"))
        await subscriptions.subscribe(a_subscription("c-2", principal_id="alice", name="Alice", kind=Kind.PLAIN))
        await subscriptions.subscribe(a_subscription("c-3", principal_id="carol", name="Carol"))
        await subscriptions.subscribe(a_subscription("c-4", principal_id="bob", name="Bob", room=ATTIC))

        members = await subscriptions.members(LOBBY, "", 10, NOW)

        assert [Member("alice", "Alice"), Member("carol", "Carol")] == list(members)

    async def test_a_member_with_several_names_has_one_of_them(self, subscriptions: Subscriptions) -> None:
        """Whichever."""
        await subscriptions.subscribe(a_subscription("c-1", name="Alice"))
        await subscriptions.subscribe(a_subscription("c-2", name="Alicia"))

        (member,) = await subscriptions.members(LOBBY, "", 10, NOW)

        assert member.id == "alice"
        assert member.name in {"Alice", "Alicia"}

    async def test_members_come_in_pages(self, subscriptions: Subscriptions) -> None:
        """From after the id given on, as many as the limit says."""
        for name in "dbaec":
            await subscriptions.subscribe(a_subscription(f"c-{name}", principal_id=name))

        pages = [
            [member.id for member in await subscriptions.members(LOBBY, after, 2, NOW)]
            for after in ("", "b", "bb", "d", "e", "z")
        ]

        assert pages == [["a", "b"], ["c", "d"], ["c", "d"], ["e"], [], []]

    async def test_a_principal_whose_leases_have_all_ended_is_no_member(self, subscriptions: Subscriptions) -> None:
        """One live connection is enough to be present."""
        await subscriptions.subscribe(a_subscription("c-1", principal_id="alice", lease_until_ms=NOW))
        await subscriptions.subscribe(a_subscription("c-2", principal_id="alice", lease_until_ms=LATER))
        await subscriptions.subscribe(a_subscription("c-3", principal_id="bob", lease_until_ms=NOW))

        now = await subscriptions.members(LOBBY, "", 10, NOW)
        later = await subscriptions.members(LOBBY, "", 10, LATER)

        assert ([member.id for member in now], [member.id for member in later]) == (["alice"], [])

    async def test_members_follow_every_change(self, subscriptions: Subscriptions) -> None:
        """As recipients do."""
        await subscriptions.subscribe(a_subscription("c-1", principal_id="alice"))
        seen = [[member.id for member in await subscriptions.members(LOBBY, "", 10, NOW)]]
        await subscriptions.subscribe(a_subscription("c-2", principal_id="bob"))
        seen.append([member.id for member in await subscriptions.members(LOBBY, "", 10, NOW)])
        await subscriptions.end("c-1")
        seen.append([member.id for member in await subscriptions.members(LOBBY, "", 10, NOW)])

        assert seen == [["alice"], ["alice", "bob"], ["bob"]]

    async def test_an_unknown_room_has_no_members(self, subscriptions: Subscriptions) -> None:
        """And that is no error."""
        assert list(await subscriptions.members(LOBBY, "", 10, NOW)) == []
