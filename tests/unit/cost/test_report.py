"""The result as text and as data."""

import msgspec
import pytest

from talkroom.cost.lambda_time import Functions
from talkroom.cost.model import ROOM_SIZES, Workload
from talkroom.cost.prices import ITEMS, PRICE_LISTS
from talkroom.cost.report import make_report, prices_to_data, prices_to_text, to_data, to_text, units_to_text

FUNCTIONS = Functions()
LARGE = Workload(rooms=1000, members=5000, messages_per_room_hour=2000, hours=730, text_bytes=98_304)


@pytest.mark.parametrize("region", PRICE_LISTS)
@pytest.mark.parametrize("workload", [Workload(), LARGE, Workload(protocol="plain", members=2)])
def test_the_text_fits_into_80_columns(workload: Workload, region: str) -> None:
    """Also for large numbers."""
    prices = PRICE_LISTS[region]
    texts = [
        to_text(make_report(workload, FUNCTIONS, prices)),
        prices_to_text(prices),
        units_to_text(workload, FUNCTIONS),
    ]

    assert [] == [line for text in texts for line in text.splitlines() if len(line) > 80]


def test_the_room_that_was_asked_for_is_among_the_sizes() -> None:
    """In its place."""
    report = make_report(Workload(members=77), FUNCTIONS, PRICE_LISTS["us-east-1"])

    assert sorted([*ROOM_SIZES, 77]) == list(report.messages)


def test_the_quota_is_named_when_it_is_too_small() -> None:
    """And only then."""
    texts = [to_text(make_report(workload, FUNCTIONS, PRICE_LISTS["us-east-1"])) for workload in (Workload(), LARGE)]

    assert [False, True] == ["default quota is 10,000 requests a second" in text for text in texts]


def test_the_data_are_what_the_text_says() -> None:
    """Unrounded, with every line."""
    report = make_report(Workload(), FUNCTIONS, PRICE_LISTS["ap-northeast-1"])
    data = msgspec.json.decode(msgspec.json.encode(to_data(report)))

    assert "ap-northeast-1" == data["region"]
    assert f"{data['month']['usd']:,.2f}" in to_text(report)
    assert list(ROOM_SIZES) == [row["members"] for row in data["millionMessages"]]
    assert data["month"]["usd"] == pytest.approx(sum(line["usd"] for line in data["month"]["lines"]))
    assert {"message", "connect", "join", "page of history", "ping", "disconnect"} == set(data["useCases"])


def test_the_prices_are_listed_with_their_dates_and_pages() -> None:
    """All of them."""
    prices = PRICE_LISTS["us-east-1"]
    text = prices_to_text(prices)

    assert set(ITEMS) == set(prices_to_data(prices))
    for name, item in ITEMS.items():
        assert name in text
        assert item.page in text
