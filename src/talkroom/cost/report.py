"""The result as text of 80 columns, and as data for JSON."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from talkroom.cost import model
from talkroom.cost.bill import Bill
from talkroom.cost.lambda_time import Functions
from talkroom.cost.model import ROOM_SIZES, Workload
from talkroom.cost.prices import ITEMS, PriceList
from talkroom.cost.units import Room
from talkroom.cost.usage import GB, Usage

COLUMNS: Final = {
    "websocket": "WebSocket",
    "lambda": "Lambda",
    "dynamodb": "DynamoDB",
    "data_out": "Data out",
    "other": "Other",
}
REQUESTS_PER_S: Final = 10_000
"""API Gateway's default quota of an account and region; posts to connections count too."""


class Report(msgspec.Struct, frozen=True):
    """What was asked, and the bills that answer it."""

    workload: Workload
    functions: Functions
    prices: PriceList
    messages: dict[int, Bill]
    """Of a million messages, by the size of the room."""
    hours: dict[str, Bill]
    """Of a million connected hours, by what they are for."""
    month: Bill


def make_report(workload: Workload, functions: Functions, prices: PriceList) -> Report:
    """Raises Impossible."""
    rooms = (
        Room(members=size, text_bytes=workload.text_bytes, protocol=workload.protocol)
        for size in sorted({*ROOM_SIZES, workload.members})
    )
    return Report(
        workload,
        functions,
        prices,
        {room.members: model.million_messages(room, functions, prices) for room in rooms},
        model.million_connected_hours(workload, functions, prices),
        model.month(workload, functions, prices),
    )


# Text.


def to_text(report: Report) -> str:
    """For a terminal."""
    parts = (_head(report), _messages(report), _hours(report), _month(report), _notes(report))
    return "\n\n".join("\n".join(part) for part in parts)


def _head(report: Report) -> Iterator[str]:
    workload, functions, prices = report.workload, report.functions, report.prices
    dates = f"lists of {prices.dates[0]} to {prices.dates[-1]}" if prices.dates else "all given"
    yield f"{prices.region} ({prices.place}), US dollars, {dates}"
    yield f"{functions.architecture}, {functions.memory_mb} MB; {workload.text_bytes:,} bytes of text; {workload.protocol}"


def _messages(report: Report) -> Iterator[str]:
    yield "A million messages, by the members of the room"
    yield f"{'members':>8}{_column_titles()}{'Total':>10}{'a delivery*':>12}"
    for members, bill in report.messages.items():
        recipients = Room(members=members, protocol=report.workload.protocol).recipients
        yield f"{members:>8,}{_columns(bill)}{bill.usd:>10,.2f}{bill.usd / recipients:>12,.2f}"
    yield "* in millionths of a dollar"


def _hours(report: Report) -> Iterator[str]:
    yield "A million hours of one connection, in which nobody says anything"
    yield f"{'':<18}{_column_titles()}{'Total':>10}"
    total = Bill(tuple(line for bill in report.hours.values() for line in bill.lines))
    for name, bill in {**report.hours, "together": total}.items():
        yield f"{name:<18}{_columns(bill)}{bill.usd:>10,.2f}"


def _month(report: Report) -> Iterator[str]:
    work = report.workload
    yield f"A month: {work.rooms:,} x {work.members:,} members, {work.hours:g} hours, {work.messages:,.0f} messages"
    yield f"{'':<24}{'quantity':>18} {'price':<23}{'USD':>14}"
    for line in report.month.lines:
        price = _price(line.price_usd) + ("" if line.per == 1 else f" for {line.per:,}")
        yield f"{ITEMS[line.item].label:<24}{_quantity(line.quantity):>18} {price:<23}{line.usd:>14,.2f}"
    yield f"{'Total':<66}{report.month.usd:>14,.2f}"


def _notes(report: Report) -> Iterator[str]:
    machine_usd = model.machine_month_usd(report.prices)
    deliveries_per_s = report.workload.deliveries_per_s
    yield f"One {report.prices.machine} instead costs {machine_usd:,.2f}, idle or busy, and its disk and data out."
    yield f"It would have to make {deliveries_per_s:,.0f} deliveries a second; nothing takes over for it."
    if deliveries_per_s > REQUESTS_PER_S:
        yield f"API Gateway's default quota is {REQUESTS_PER_S:,} requests a second: ask AWS for more."


def _column_titles() -> str:
    return "".join(f"{title:>10}" for title in COLUMNS.values())


def _columns(bill: Bill) -> str:
    sums = bill.by_service()
    return "".join(f"{sums[service]:>10,.2f}" for service in COLUMNS)


def _quantity(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:,.2f}"


def _price(usd: float) -> str:
    """With all its digits, and at least two."""
    return max(f"{usd:.2f}", f"{usd:g}", key=len)


def prices_to_text(prices: PriceList) -> str:
    """The prices with their dates, and the pages that tell today's."""
    lines = [f"{'name':<33}{'USD':>8} {'for':<28}as of"]
    for name, item in ITEMS.items():
        price = prices.prices[name]
        unit = item.unit if item.per == 1 else f"{item.per:,} {item.unit}"
        lines.append(f"{name:<33}{_price(price.usd):>8} {unit:<28}{price.as_of}")
    lines += ["", f"{prices.region} ({prices.place}); machine_hours is for {prices.machine}. Today's prices:"]
    lines += sorted({item.page for item in ITEMS.values()})
    return "\n".join(lines)


def units_to_text(workload: Workload, functions: Functions) -> str:
    """What each use case takes. Raises Impossible."""
    lines = [
        f"A room of {workload.members:,}, {workload.text_bytes:,} bytes of text, {workload.protocol}, {functions.memory_mb} MB",
        f"{'':<16}{'metered':>9}{'requests':>9}{'ms':>9}{'writes':>8}{'reads':>8}{'log bytes':>10}{'bytes out':>11}",
    ]
    for name, usage in model.use_cases(workload, functions).items():
        time_ms = _gb_seconds(usage) / (functions.memory_mb / 1024) * 1000
        lines.append(
            f"{name:<16}{usage.websocket_messages:>9,.0f}{usage.lambda_requests:>9,.0f}{time_ms:>9,.0f}"
            f"{usage.dynamodb_writes:>8,.1f}{usage.dynamodb_reads:>8,.1f}{usage.log_gb * GB:>10,.0f}"
            f"{usage.data_out_gb * GB:>11,.0f}"
        )
    return "\n".join(lines)


def _gb_seconds(usage: Usage) -> float:
    return usage.lambda_gb_seconds_arm64 + usage.lambda_gb_seconds_x86_64


# JSON.


def to_data(report: Report) -> dict[str, Any]:
    """Everything that the text has, unrounded. Prices and quantities are those of the units that each line names."""
    return {
        "region": report.prices.region,
        "workload": msgspec.to_builtins(report.workload),
        "functions": msgspec.to_builtins(report.functions),
        "prices": prices_to_data(report.prices),
        "useCases": {
            name: msgspec.to_builtins(usage)
            for name, usage in model.use_cases(report.workload, report.functions).items()
        },
        "millionMessages": [{"members": members, **_bill_data(bill)} for members, bill in report.messages.items()],
        "millionConnectedHours": {name: _bill_data(bill) for name, bill in report.hours.items()},
        "month": _bill_data(report.month),
        "oneMachine": {"type": report.prices.machine, "usd": model.machine_month_usd(report.prices)},
    }


def prices_to_data(prices: PriceList) -> dict[str, Any]:
    """By name: US dollars, for how many of what, as of when, and the page."""
    return {
        name: {
            "usd": price.usd,
            "per": ITEMS[name].per,
            "unit": ITEMS[name].unit,
            "asOf": price.as_of,
            "page": ITEMS[name].page,
        }
        for name, price in prices.prices.items()
    }


def _bill_data(bill: Bill) -> dict[str, Any]:
    return {"usd": bill.usd, "services": bill.by_service(), "lines": msgspec.to_builtins(bill.lines)}
