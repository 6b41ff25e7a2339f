"""Usage and prices make a bill: lines of quantity, unit price and price, and their sums by service."""

from collections.abc import Mapping
from typing import Final

import msgspec

from talkroom.cost.prices import ITEMS, MESSAGES_OF_FIRST_TIER, PriceList
from talkroom.cost.usage import METERS, Usage

SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "websocket": ("websocket_messages", "websocket_messages_above_billion", "connection_minutes"),
    "lambda": ("lambda_requests", "lambda_gb_seconds_arm64", "lambda_gb_seconds_x86_64"),
    "dynamodb": ("dynamodb_writes", "dynamodb_reads", "dynamodb_storage_gb", "dynamodb_backup_gb"),
    "other": ("log_gb", "metrics", "alarms", "secrets", "secret_requests"),
    "data_out": ("data_out_gb",),
}
"""Which prices are of which service, for a table with few columns; every line is of one."""


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """One line of a bill."""

    item: str
    """The name of its price."""
    quantity: float
    price_usd: float
    """For so many units as `ITEMS` says."""
    per: int
    unit: str
    usd: float


class Bill(msgspec.Struct, frozen=True):
    """What is used, and what it costs."""

    lines: tuple[Line, ...]

    @property
    def usd(self) -> float:
        """The sum."""
        return sum(line.usd for line in self.lines)

    def by_service(self) -> dict[str, float]:
        """The sums in the order of `SERVICES`."""
        return {
            service: sum(line.usd for line in self.lines if line.item in items) for service, items in SERVICES.items()
        }


def make_bill(usage: Usage, prices: PriceList) -> Bill:
    """One line for everything that is used; what is not used has none.

    Messages beyond the first billion have their own line: right for the usage of a month, and for no more messages than that.
    """
    quantities = {name: getattr(usage, name) for name in METERS}
    messages = quantities["websocket_messages"]
    quantities["websocket_messages"] = min(messages, MESSAGES_OF_FIRST_TIER)
    quantities["websocket_messages_above_billion"] = max(0.0, messages - MESSAGES_OF_FIRST_TIER)
    return Bill(tuple(_line(name, quantities[name], prices) for name in ITEMS if quantities.get(name)))


def _line(name: str, quantity: float, prices: PriceList) -> Line:
    item = ITEMS[name]
    return Line(name, quantity, prices.prices[name].usd, item.per, item.unit, prices.usd(name, quantity))
