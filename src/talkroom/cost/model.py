"""The price of a message, of a connected hour, and of a month, from units and prices."""

from typing import Final

import msgspec

from talkroom.cost import storage_units, units
from talkroom.cost.bill import Bill, make_bill
from talkroom.cost.lambda_time import Functions
from talkroom.cost.prices import PriceList
from talkroom.cost.units import Protocol, Room
from talkroom.cost.usage import GB, Usage

ROOM_SIZES: Final = (2, 10, 50, 100, 500, 1000, 5000)
HOURS_OF_MONTH: Final = 730
DAYS_OF_MONTH: Final = 30
MILLION: Final = 1_000_000


class Workload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Your numbers."""

    rooms: int = 10
    members: int = 50
    """Connections in each room."""
    messages_per_room_hour: float = 300
    hours: float = 176
    """Of a month in which the members are connected: 22 days of 8 hours. Nothing is charged by the hour otherwise."""
    text_bytes: int = 200
    protocol: Protocol = "talkroom.v1"
    pings_per_hour: float = 12
    """Commands `ping` of a connection: a browser sends one after 5 quiet minutes; others can send WebSocket pings instead."""
    connection_hours: float = 2
    """How long a connection lasts; API Gateway ends it after 2 hours."""
    rooms_per_connection: int = 1
    history_messages: int = 50
    """Messages in the page that is read after joining a room."""
    retention_days: float = 30
    metrics: int = 40
    """Series that are charged: about 20 of ours (each metric of each function that has it), and as many of API Gateway's detailed
    ones (each metric of each route). One that nothing was reported to in an hour is not charged for it; here all are."""
    alarms: int = 31
    """Metrics that alarms watch: an alarm on the sum of five is charged as five."""

    @property
    def room(self) -> Room:
        """One of the rooms."""
        return Room(members=self.members, text_bytes=self.text_bytes, protocol=self.protocol)

    @property
    def messages(self) -> float:
        """Of all rooms, in a month."""
        return self.rooms * self.messages_per_room_hour * self.hours

    @property
    def connected_hours(self) -> float:
        """Of all connections, in a month."""
        return self.rooms * self.members / self.rooms_per_connection * self.hours

    @property
    def deliveries_per_s(self) -> float:
        """Pushes of all rooms while the members are connected, on average."""
        return self.rooms * self.messages_per_room_hour * self.room.recipients / 3600


def use_cases(workload: Workload, functions: Functions) -> dict[str, Usage]:
    """What each use case takes, once. Raises Impossible."""
    room = workload.room
    found = {
        "message": units.message(room, functions),
        "connect": units.connect(room, functions),
        "join": units.join(room, functions),
        "page of history": units.history(room, functions, workload.history_messages),
        "ping": units.ping(room, functions),
        "disconnect": units.disconnect(functions, workload.rooms_per_connection),
    }
    return {name: usage for name, usage in found.items() if room.protocol == "talkroom.v1" or name != "page of history"}


def million_messages(room: Room, functions: Functions, prices: PriceList) -> Bill:
    """What a million messages to such a room cost. The first tier's price holds for every one. Raises Impossible."""
    one = make_bill(units.message(room, functions), prices)
    return _times(one, MILLION)


def million_connected_hours(workload: Workload, functions: Functions, prices: PriceList) -> dict[str, Bill]:
    """What a million hours of being connected cost, by what they are for."""
    parts = connected_hour(workload, functions)
    return {name: _times(make_bill(usage, prices), MILLION) for name, usage in parts.items()}


def connected_hour(workload: Workload, functions: Functions) -> dict[str, Usage]:
    """Usage of one connection in an hour in which nobody says anything."""
    return {
        "being connected": Usage(connection_minutes=60),
        "pings": units.ping(workload.room, functions).times(workload.pings_per_hour),
        "coming and going": _coming_and_going(workload, functions).times(1 / workload.connection_hours),
    }


def _coming_and_going(workload: Workload, functions: Functions) -> Usage:
    room, rooms = workload.room, workload.rooms_per_connection
    usage = units.connect(room, functions) + units.disconnect(functions, rooms)
    if room.protocol == "plain":
        return usage + units.join(room, functions).times(rooms - 1)
    usage += units.join(room, functions).times(rooms)
    if workload.history_messages:
        usage += units.history(room, functions, workload.history_messages).times(rooms)
    return usage


def month(workload: Workload, functions: Functions, prices: PriceList) -> Bill:
    """The bill of a month. Raises Impossible."""
    usage = units.message(workload.room, functions).times(workload.messages)
    for part in connected_hour(workload, functions).values():
        usage += part.times(workload.connected_hours)
    return make_bill(usage + _standing(workload), prices)


def _standing(workload: Workload) -> Usage:
    """What is kept: messages, their backups, the secret, metrics and alarms."""
    kept = workload.messages / DAYS_OF_MONTH * workload.retention_days
    kept_gb = kept * storage_units.kept_bytes(workload.text_bytes) / GB
    return Usage(
        dynamodb_storage_gb=kept_gb,
        dynamodb_backup_gb=kept_gb,
        secrets=1,
        metrics=workload.metrics,
        alarms=workload.alarms,
    )


def machine_month_usd(prices: PriceList) -> float:
    """One functions, on all month, without its disk and without data out."""
    return prices.usd("machine_hours", HOURS_OF_MONTH)


def _times(bill: Bill, count: float) -> Bill:
    return Bill(
        tuple(
            msgspec.structs.replace(line, quantity=line.quantity * count, usd=line.usd * count) for line in bill.lines
        )
    )
