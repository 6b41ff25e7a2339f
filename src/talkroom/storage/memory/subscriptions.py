"""Subscriptions, in this process.

Two indexes hold the same values. By connection, a tuple: most connections have one room, a tuple of one costs a quarter of
the smallest dictionary, and the longest (`rooms_per_connection_max`) is still searched in a microsecond. By room, a
dictionary, because a room may have thousands.

What a push needs, the recipients of a room, is derived once and kept until it can change: when a subscription comes or
goes, or when the first lease ends. A message into a room at rest therefore costs one dictionary look-up, however many
receive it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from talkroom.chat.model.room import RoomId
from talkroom.chat.model.subscription import Kind, Member, Recipients, Subscription

_NEVER: Final = 2**63
"""A moment after every lease, in milliseconds."""


class MemorySubscriptions:
    """See the port `Subscriptions`."""

    __slots__ = ("_by_connection", "_rooms")

    def __init__(self) -> None:
        self._by_connection: dict[str, tuple[Subscription, ...]] = {}
        self._rooms: dict[RoomId, _Room] = {}

    async def subscribe(self, subscription: Subscription) -> None:
        """See `Subscriptions.subscribe`."""
        room = self._rooms.get(subscription.room)
        if room is None:
            room = self._rooms[subscription.room] = _Room()
        connection_id = subscription.connection_id
        others = _without(self._by_connection.get(connection_id, ()), subscription.room)
        self._by_connection[connection_id] = (*others, subscription)
        room.put(subscription)

    async def unsubscribe(self, connection_id: str, room: RoomId) -> bool:
        """See `Subscriptions.unsubscribe`."""
        subscriptions = self._by_connection.get(connection_id, ())
        others = _without(subscriptions, room)
        if len(others) == len(subscriptions):
            return False
        if others:
            self._by_connection[connection_id] = others
        else:
            del self._by_connection[connection_id]
        self._remove_from_room(connection_id, room)
        return True

    async def of_connection(self, connection_id: str) -> Sequence[Subscription]:
        """See `Subscriptions.of_connection`."""
        return self._by_connection.get(connection_id, ())

    async def recipients(self, room: RoomId, now_ms: int) -> Recipients:
        """See `Subscriptions.recipients`."""
        found = self._rooms.get(room)
        return _NOBODY if found is None else found.recipients(now_ms)

    async def members(self, room: RoomId, after: str, limit: int, now_ms: int) -> Sequence[Member]:
        """See `Subscriptions.members`."""
        found = self._rooms.get(room)
        if found is None:
            return ()
        members = found.members(now_ms)
        start = bisect_right(members, after, key=attrgetter("id"))
        return members[start : start + max(limit, 0)]

    async def end(self, connection_id: str) -> Sequence[RoomId]:
        """See `Subscriptions.end`."""
        rooms = [subscription.room for subscription in self._by_connection.pop(connection_id, ())]
        for room in rooms:
            self._remove_from_room(connection_id, room)
        return rooms

    def _remove_from_room(self, connection_id: str, room: RoomId) -> None:
        # An empty room is forgotten: clients choose the names of rooms, and could otherwise fill the memory with them.
        if not self._rooms[room].remove(connection_id):
            del self._rooms[room]


class _Room:
    """The subscriptions of one room, and what was derived from them.

    Derived values are right for the moments in `_from_ms <= now < _until_ms`; no moment is when nothing has been derived.
    """

    __slots__ = ("_from_ms", "_members", "_recipients", "_subscriptions", "_until_ms")

    def __init__(self) -> None:
        self._subscriptions: dict[str, Subscription] = {}
        self._recipients = _NOBODY
        self._members: tuple[Member, ...] | None = None
        self._from_ms = self._until_ms = 0

    def put(self, subscription: Subscription) -> None:
        self._subscriptions[subscription.connection_id] = subscription
        self._forget()

    def remove(self, connection_id: str) -> bool:
        """Whether anyone is left."""
        del self._subscriptions[connection_id]
        self._forget()
        return bool(self._subscriptions)

    def recipients(self, now_ms: int) -> Recipients:
        if not self._from_ms <= now_ms < self._until_ms:
            self._derive(now_ms)
        return self._recipients

    def members(self, now_ms: int) -> tuple[Member, ...]:
        """In ascending order of ids. Derived only when asked for, because few rooms are."""
        if not self._from_ms <= now_ms < self._until_ms:
            self._derive(now_ms)
        if self._members is None:
            live = (each for each in self._subscriptions.values() if now_ms < each.lease_until_ms)
            names = {each.principal_id: each.name for each in live}
            self._members = tuple(Member(*pair) for pair in sorted(names.items()))
        return self._members

    def _forget(self) -> None:
        self._recipients = _NOBODY
        self._members = None
        self._from_ms = self._until_ms = 0

    def _derive(self, now_ms: int) -> None:
        live: dict[Kind, list[str]] = {kind: [] for kind in Kind}
        lapsed: list[Subscription] = []
        until_ms = _NEVER
        for each in self._subscriptions.values():
            lease_until_ms = each.lease_until_ms
            if lease_until_ms <= now_ms:
                lapsed.append(each)
                continue
            # Not min(): in a room of thousands, calls are what this loop costs.
            if lease_until_ms < until_ms:
                until_ms = lease_until_ms
            live[each.kind].append(each.connection_id)
        self._recipients = Recipients(tuple(live[Kind.PLAIN]), tuple(live[Kind.V1]), tuple(lapsed))
        self._members = None
        self._from_ms, self._until_ms = now_ms, until_ms


_NOBODY: Final = Recipients()


def _without(subscriptions: tuple[Subscription, ...], room: RoomId) -> tuple[Subscription, ...]:
    return tuple(each for each in subscriptions if each.room != room)
