"""AWS list prices as data: what, how much, for how many, as of when, and the page that tells today's.

AWS's pages fill in their numbers by script, so the numbers here were read from stored copies of its price lists and pages, each
with the date of the copy. Where none was found the price is `ASSUMED`: as in another region, or in proportion to it. Compare what
is old or assumed with the page before you rely on it. Free tiers, discounts and taxes are not in here.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Final

import msgspec

_API_GATEWAY: Final = "https://aws.amazon.com/api-gateway/pricing/"
_LAMBDA: Final = "https://aws.amazon.com/lambda/pricing/"
_DYNAMODB: Final = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_CLOUDWATCH: Final = "https://aws.amazon.com/cloudwatch/pricing/"
_SECRETS: Final = "https://aws.amazon.com/secrets-manager/pricing/"
_EC2: Final = "https://aws.amazon.com/ec2/pricing/on-demand/"

ARCHITECTURES: Final = ("arm64", "x86_64")
_MILLION: Final = 1_000_000
ASSUMED: Final = "assumed"
GIVEN: Final = "given"
MESSAGES_OF_FIRST_TIER: Final = 1_000_000_000
"""WebSocket messages of a month; those beyond are cheaper."""


class UnknownPrice(ValueError):
    """A price that nobody asks for, or one that is no price. The text says which."""


class Item(msgspec.Struct, frozen=True):
    """Something that has a price."""

    label: str
    per: int
    """So many units have the price."""
    unit: str
    page: str


class Price(msgspec.Struct, frozen=True):
    """What an item costs in a region."""

    usd: float
    as_of: str
    """Date of the price list, `ASSUMED`, or `GIVEN` by whoever asks."""


class PriceList(msgspec.Struct, frozen=True):
    """All prices of a region."""

    region: str
    place: str
    machine: str
    """The instance type whose hour is `machine_hours`."""
    prices: Mapping[str, Price]

    def usd(self, name: str, quantity: float) -> float:
        """What so many units of an item cost."""
        return self.prices[name].usd * quantity / ITEMS[name].per

    def replace(self, given: Mapping[str, object]) -> "PriceList":
        """With other prices for the items named, in USD for as many units as the list has. Raises UnknownPrice."""
        prices = {name: Price(_parse_price(name, usd), GIVEN) for name, usd in given.items()}
        return msgspec.structs.replace(self, prices={**self.prices, **prices})

    @property
    def dates(self) -> tuple[str, ...]:
        """When the prices were read, from the oldest; those that were given or assumed have no date."""
        return tuple(sorted({price.as_of for price in self.prices.values()} - {ASSUMED, GIVEN}))


def _parse_price(name: str, usd: object) -> float:
    if name not in ITEMS:
        raise UnknownPrice(f"there is no price called {name!r}; there are {', '.join(ITEMS)}")
    if isinstance(usd, bool) or not isinstance(usd, int | float) or not isfinite(usd) or usd < 0:
        raise UnknownPrice(
            f"the price of {name} is {usd!r}; give US dollars for {ITEMS[name].per:,} {ITEMS[name].unit}"
        )
    return float(usd)


ITEMS: Final[Mapping[str, Item]] = {
    "websocket_messages": Item("WebSocket messages", _MILLION, "messages of 32 KB", _API_GATEWAY),
    "websocket_messages_above_billion": Item("  beyond a billion", _MILLION, "messages of 32 KB", _API_GATEWAY),
    "connection_minutes": Item("Connection minutes", _MILLION, "minutes", _API_GATEWAY),
    "lambda_requests": Item("Lambda requests", _MILLION, "requests", _LAMBDA),
    "lambda_gb_seconds_arm64": Item("Lambda time, arm64", _MILLION, "GB-seconds", _LAMBDA),
    "lambda_gb_seconds_x86_64": Item("Lambda time, x86_64", _MILLION, "GB-seconds", _LAMBDA),
    "dynamodb_writes": Item("DynamoDB writes", _MILLION, "write units", _DYNAMODB),
    "dynamodb_reads": Item("DynamoDB reads", _MILLION, "read units", _DYNAMODB),
    "dynamodb_storage_gb": Item("DynamoDB storage", 1, "GB-months", _DYNAMODB),
    "dynamodb_backup_gb": Item("DynamoDB backups", 1, "GB-months", _DYNAMODB),
    "secret_requests": Item("Secret requests", 10_000, "requests", _SECRETS),
    "secrets": Item("Secrets", 1, "secret-months", _SECRETS),
    "log_gb": Item("Logs, taken in", 1, "GB", _CLOUDWATCH),
    "metrics": Item("Metrics", 1, "metric-months", _CLOUDWATCH),
    "alarms": Item("Alarms, by metric", 1, "metric-months", _CLOUDWATCH),
    "data_out_gb": Item("Data out", 1, "GB", _EC2),
    "machine_hours": Item("One machine", 1, "hours", _EC2),
}

_LIST_2025: Final = "2025-10-28"
"""Prices of API Gateway, Lambda, CloudWatch, Secrets Manager and data transfer, read from AWS's price list on that day."""

PRICE_LISTS: Final[Mapping[str, PriceList]] = {
    "us-east-1": PriceList(
        "us-east-1",
        "N. Virginia",
        "m7g.large",
        {
            "websocket_messages": Price(1.00, "2026-09-20"),
            "websocket_messages_above_billion": Price(0.80, "2025-11-20"),
            "connection_minutes": Price(0.25, "2026-09-20"),
            "lambda_requests": Price(0.20, _LIST_2025),
            "lambda_gb_seconds_arm64": Price(13.3334, _LIST_2025),
            "lambda_gb_seconds_x86_64": Price(16.6667, _LIST_2025),
            "dynamodb_writes": Price(0.625, "2026-09-11"),
            "dynamodb_reads": Price(0.125, "2026-09-11"),
            "dynamodb_storage_gb": Price(0.25, "2026-09-11"),
            "dynamodb_backup_gb": Price(0.20, ASSUMED),
            "secret_requests": Price(0.05, _LIST_2025),
            "secrets": Price(0.40, _LIST_2025),
            "log_gb": Price(0.50, _LIST_2025),
            "metrics": Price(0.30, _LIST_2025),
            "alarms": Price(0.10, _LIST_2025),
            "data_out_gb": Price(0.09, "2026-09-20"),
            "machine_hours": Price(0.0816, "2026-06-17"),
        },
    ),
    "ap-northeast-1": PriceList(
        "ap-northeast-1",
        "Tokyo",
        "m7i.large",
        {
            "websocket_messages": Price(1.26, "2020-01-02"),
            "websocket_messages_above_billion": Price(1.008, ASSUMED),
            "connection_minutes": Price(0.315, "2020-01-02"),
            "lambda_requests": Price(0.20, "2026-09-23"),
            "lambda_gb_seconds_arm64": Price(13.3334, ASSUMED),
            "lambda_gb_seconds_x86_64": Price(16.6667, "2026-09-23"),
            "dynamodb_writes": Price(0.715, "2026-09-23"),
            "dynamodb_reads": Price(0.1425, "2026-09-23"),
            "dynamodb_storage_gb": Price(0.285, "2026-09-23"),
            "dynamodb_backup_gb": Price(0.228, ASSUMED),
            "secret_requests": Price(0.05, ASSUMED),
            "secrets": Price(0.40, "2026-09-23"),
            "log_gb": Price(0.76, "2026-09-23"),
            "metrics": Price(0.30, "2026-09-23"),
            "alarms": Price(0.10, "2026-09-23"),
            "data_out_gb": Price(0.114, "2026-09-23"),
            "machine_hours": Price(0.1302, "2026-09-21"),
        },
    ),
}
