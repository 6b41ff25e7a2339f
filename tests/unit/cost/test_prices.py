"""The price lists are whole, and can be replaced item by item."""

import re

import pytest

from talkroom.cost.bill import SERVICES
from talkroom.cost.prices import ASSUMED, GIVEN, ITEMS, PRICE_LISTS, PriceList, UnknownPrice
from talkroom.cost.usage import METERS

VIRGINIA = PRICE_LISTS["us-east-1"]
EVERY_LIST = pytest.mark.parametrize("prices", PRICE_LISTS.values(), ids=PRICE_LISTS)


@EVERY_LIST
def test_every_item_has_a_price_in_every_region(prices: PriceList) -> None:
    """And no other thing has one."""
    assert set(ITEMS) == set(prices.prices)


@EVERY_LIST
def test_every_price_says_when_it_was_read(prices: PriceList) -> None:
    """A day, or that nobody found it."""
    for price in prices.prices.values():
        assert ASSUMED == price.as_of or re.fullmatch(r"20\d\d-\d\d-\d\d", price.as_of)


def test_every_meter_has_a_price() -> None:
    """What is counted is charged."""
    assert set(METERS) == set(ITEMS) - {"websocket_messages_above_billion", "machine_hours"}


def test_every_item_is_of_one_service() -> None:
    """So that the columns of a table add up to its total."""
    assert sorted(set(ITEMS) - {"machine_hours"}) == sorted(name for names in SERVICES.values() for name in names)


def test_a_price_is_for_as_many_units_as_its_item_says() -> None:
    """A million messages for a dollar."""
    assert 2.5 == VIRGINIA.usd("websocket_messages", 2_500_000)


def test_a_given_price_takes_the_place_of_the_list() -> None:
    """The others stay, and the dates are those of the rest."""
    prices = VIRGINIA.replace({"log_gb": 9})

    assert (9.0, GIVEN) == (prices.prices["log_gb"].usd, prices.prices["log_gb"].as_of)
    assert VIRGINIA.prices["alarms"] == prices.prices["alarms"]
    assert GIVEN not in prices.dates


def test_prices_that_are_all_given_have_no_dates() -> None:
    """Nothing was read."""
    assert () == VIRGINIA.replace(dict.fromkeys(ITEMS, 1.0)).dates


def test_an_unknown_price_is_named() -> None:
    """With those that there are."""
    with pytest.raises(UnknownPrice, match=r"no price called 'messages'; there are websocket_messages, "):
        VIRGINIA.replace({"messages": 1})


@pytest.mark.parametrize("usd", [-0.01, float("nan"), float("inf"), "1", None, True, [1]])
def test_what_is_no_price_is_refused(usd: object) -> None:
    """With the name, and what would be one."""
    with pytest.raises(UnknownPrice, match=r"the price of log_gb is .*; give US dollars for 1 GB"):
        VIRGINIA.replace({"log_gb": usd})
