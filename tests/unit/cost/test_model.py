"""Prices of a message, an hour and a month."""

import msgspec
import pytest

from talkroom.cost import model, units
from talkroom.cost.bill import make_bill
from talkroom.cost.lambda_time import Functions
from talkroom.cost.model import ROOM_SIZES, Workload
from talkroom.cost.prices import ITEMS, PRICE_LISTS
from talkroom.cost.units import Room
from talkroom.cost.usage import Usage

FUNCTIONS = Functions()
VIRGINIA = PRICE_LISTS["us-east-1"]
FREE = VIRGINIA.replace(dict.fromkeys(ITEMS, 0))


def test_a_bill_multiplies_quantities_with_prices() -> None:
    """And leaves out what was not used."""
    bill = make_bill(Usage(dynamodb_writes=2_000_000, secrets=1), VIRGINIA)

    assert [("dynamodb_writes", 1.25), ("secrets", 0.4)] == [(line.item, line.usd) for line in bill.lines]
    assert 1.65 == pytest.approx(bill.usd)


def test_messages_beyond_a_billion_are_cheaper() -> None:
    """A dollar a million for the first billion, then 80 cents."""
    bill = make_bill(Usage(websocket_messages=1_500_000_000), VIRGINIA)

    assert [1_000_000_000, 500_000_000] == [line.quantity for line in bill.lines]
    assert 1400 == pytest.approx(bill.usd)


def test_the_services_add_up_to_the_bill() -> None:
    """Every line is of one."""
    bill = model.month(Workload(), FUNCTIONS, VIRGINIA)

    assert bill.usd == pytest.approx(sum(bill.by_service().values()))


@pytest.mark.parametrize("members", ROOM_SIZES)
def test_messages_to_a_room_cost_what_their_frames_cost_and_little_more(members: int) -> None:
    """A dollar for a million frames, which are command, reply and a push to each; the rest is under 5 % in a large room."""
    bill = model.million_messages(Room(members=members), FUNCTIONS, VIRGINIA)

    assert members + 2 == pytest.approx(bill.by_service()["websocket"])
    assert bill.usd < (members + 2) * (1.05 if members >= 500 else 1.8)


def test_only_websocket_messages_cost_something_when_nothing_else_has_a_price() -> None:
    """Each item has its own."""
    prices = FREE.replace({"websocket_messages": 10})

    assert 10 * (50 + 2) == pytest.approx(model.million_messages(Room(members=50), FUNCTIONS, prices).usd)


def test_a_connected_hour_is_sixty_minutes() -> None:
    """At 25 cents a million."""
    bills = model.million_connected_hours(Workload(), FUNCTIONS, VIRGINIA)

    assert 15 == pytest.approx(bills["being connected"].usd)


def test_a_connection_that_does_not_ping_pays_for_no_ping() -> None:
    """One that can send WebSocket pings needs none."""
    assert 0 == model.million_connected_hours(Workload(pings_per_hour=0), FUNCTIONS, VIRGINIA)["pings"].usd


def test_a_connection_that_lasts_half_as_long_comes_and_goes_twice_as_often() -> None:
    """Its handshakes are what an hour has of them."""
    long, short = (
        model.million_connected_hours(Workload(connection_hours=hours), FUNCTIONS, VIRGINIA)["coming and going"].usd
        for hours in (2, 1)
    )

    assert 2 * long == pytest.approx(short)


def test_a_connection_in_several_rooms_pays_its_minutes_once() -> None:
    """Two rooms of 50 are then 50 connections."""
    workload = Workload(rooms=2, members=50, rooms_per_connection=2, hours=1)

    assert 50 == workload.connected_hours


def test_a_month_is_its_messages_and_its_hours_and_what_is_kept() -> None:
    """By the lines of each."""
    workload = Workload(rooms=3, members=10, messages_per_room_hour=7, hours=11)
    bill = model.month(workload, FUNCTIONS, VIRGINIA)
    messages = make_bill(units.message(workload.room, FUNCTIONS).times(3 * 7 * 11), VIRGINIA)
    hours = model.million_connected_hours(workload, FUNCTIONS, VIRGINIA)
    kept = {"dynamodb_storage_gb", "dynamodb_backup_gb", "secrets", "metrics", "alarms"}

    expected = messages.usd + sum(bill.usd for bill in hours.values()) * 3 * 10 * 11 / 1_000_000
    assert expected == pytest.approx(sum(line.usd for line in bill.lines if line.item not in kept))
    assert kept == {line.item for line in bill.lines} & kept


def test_messages_are_stored_for_as_long_as_they_are_kept() -> None:
    """Thirty days is a month of them, ten days a third."""
    month, third = (
        next(
            line.quantity
            for line in model.month(Workload(retention_days=days), FUNCTIONS, VIRGINIA).lines
            if line.item == "dynamodb_storage_gb"
        )
        for days in (30, 10)
    )

    assert month == pytest.approx(3 * third)


def test_without_anybody_a_month_costs_what_stands() -> None:
    """The secret, the metrics and the alarms."""
    bill = model.month(Workload(hours=0), FUNCTIONS, VIRGINIA)

    assert {"secrets", "metrics", "alarms"} == {line.item for line in bill.lines}


def test_plain_connections_join_their_first_room_with_the_handshake() -> None:
    """Only the others take a command."""
    one = Workload(protocol="plain")
    two = msgspec.structs.replace(one, rooms_per_connection=2)
    frames = [
        model.connected_hour(workload, FUNCTIONS)["coming and going"].websocket_messages for workload in (one, two)
    ]

    assert [0, 0.5] == frames


def test_the_machine_is_on_all_month() -> None:
    """730 hours."""
    assert 730 * 0.0816 == pytest.approx(model.machine_month_usd(VIRGINIA))
