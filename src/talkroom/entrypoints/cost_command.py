"""`talkroom cost`: what the chat costs on AWS, for your numbers."""

from math import isnan
from pathlib import Path
from typing import Any

import click
import msgspec

from talkroom.cost.lambda_time import Functions
from talkroom.cost.model import Workload
from talkroom.cost.prices import ARCHITECTURES, PRICE_LISTS, UnknownPrice
from talkroom.cost.report import make_report, prices_to_data, prices_to_text, to_data, to_text, units_to_text
from talkroom.cost.units import Impossible
from talkroom.entrypoints.settings_options import Unusable


class Number(click.FloatRange):
    """A number of a range; `nan` is in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A float."""
        number = super().convert(value, param, ctx)
        if isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


_COUNT = click.IntRange(1, 1_000_000)
_MEMBERS = click.IntRange(2, 100_000)
_TEXT = click.IntRange(1, 98_304)
_MEMORY = click.IntRange(128, 10_240)
_PAGE = click.IntRange(1, 100_000)
_RATE = Number(0, 1_000_000)
_HOURS = Number(0, 744)
_CONNECTION = Number(0.05, 2)
_DAYS = Number(1, 3_650)
_HISTORY = click.IntRange(0, 100)


@click.command()
@click.option(
    "--region", type=click.Choice(list(PRICE_LISTS)), default="us-east-1", show_default=True, help="Of the prices."
)
@click.option("--rooms", type=_COUNT, default=10, show_default=True, help="Rooms.")
@click.option("--members", type=_MEMBERS, default=50, show_default=True, help="Connections in each room.")
@click.option("--messages-per-room-hour", type=_RATE, help="Messages to a room in an hour. [default: 6 of each member]")
@click.option("--messages-per-member-hour", type=_RATE, help="The same, said of one member.")
@click.option(
    "--hours", type=_HOURS, default=176, show_default=True, help="Hours of the month with everybody connected."
)
@click.option("--text-bytes", type=_TEXT, default=200, show_default=True, help="Of a message, in UTF-8.")
@click.option(
    "--protocol",
    type=click.Choice(["talkroom.v1", "plain"]),
    default="talkroom.v1",
    show_default=True,
    help="What the connections speak.",
)
@click.option("--pings-per-hour", type=_RATE, default=12, show_default=True, help="Commands `ping` of one connection.")
@click.option("--connection-hours", type=_CONNECTION, default=2, show_default=True, help="How long a connection lasts.")
@click.option(
    "--rooms-per-connection",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Rooms that one has joined.",
)
@click.option("--history-messages", type=_HISTORY, default=50, show_default=True, help="Messages read after joining.")
@click.option("--retention-days", type=_DAYS, default=30, show_default=True, help="How long messages are kept.")
@click.option(
    "--metrics",
    type=click.IntRange(0, 100_000),
    default=40,
    show_default=True,
    help="Series of metrics that are charged.",
)
@click.option(
    "--alarms", type=click.IntRange(0, 100_000), default=31, show_default=True, help="Metrics that alarms watch."
)
@click.option("--memory-mb", type=_MEMORY, default=512, show_default=True, help="Of the functions.")
@click.option(
    "--architecture", type=click.Choice(ARCHITECTURES), default="arm64", show_default=True, help="Of the functions."
)
@click.option(
    "--fan-out-inline", type=_PAGE, default=500, show_default=True, help="Recipients without handing over pages."
)
@click.option("--fan-out-page", type=_PAGE, default=500, show_default=True, help="Recipients of a page.")
@click.option("--price", "price", multiple=True, metavar="NAME=USD", help="Your price of an item; may be repeated.")
@click.option("--prices", type=click.Path(path_type=Path), metavar="FILE", help="JSON object of such prices.")
@click.option("--list-prices", is_flag=True, help="Show the prices, their dates and pages, and nothing else.")
@click.option("--list-units", is_flag=True, help="Show what each use case takes, and nothing else; with --json all.")
@click.option("--json", is_flag=True, help="Print JSON, unrounded, with every line.")
def cost(
    region: str,
    price: tuple[str, ...],
    prices: Path | None,
    list_prices: bool,
    list_units: bool,
    json: bool,
    **given: Any,
) -> None:
    """Print what the chat costs on AWS: a message by the size of the room, a connected hour, and a month of your numbers.

    It multiplies the units of each use case by list prices; nothing is asked of AWS. Free tiers and discounts are not subtracted.
    docs/topics/cost.md says where units and prices come from, and what is assumed.
    """
    try:
        price_list = PRICE_LISTS[region].replace(_read_prices(prices)).replace(_parse_prices(price))
        if list_prices:
            click.echo(_encode(prices_to_data(price_list)) if json else prices_to_text(price_list))
            return
        workload, functions = _read_numbers(given)
        if list_units and not json:
            click.echo(units_to_text(workload, functions))
            return
        report = make_report(workload, functions, price_list)
        click.echo(_encode(to_data(report)) if json else to_text(report))
    except (Impossible, UnknownPrice) as error:
        raise Unusable(str(error)) from None


def _read_numbers(given: dict[str, Any]) -> tuple[Workload, Functions]:
    """Raises click.UsageError when a number is said twice."""
    by_member, by_room = given.pop("messages_per_member_hour"), given["messages_per_room_hour"]
    if by_member is not None and by_room is not None:
        raise click.UsageError("give --messages-per-room-hour or --messages-per-member-hour, not both")
    if by_room is None:
        given["messages_per_room_hour"] = given["members"] * (6 if by_member is None else by_member)
    functions = Functions(
        memory_mb=given.pop("memory_mb"),
        architecture=given.pop("architecture"),
        inline_max=given.pop("fan_out_inline"),
        page_max=given.pop("fan_out_page"),
    )
    return Workload(**given), functions


def _parse_prices(given: tuple[str, ...]) -> dict[str, object]:
    prices: dict[str, object] = {}
    for text in given:
        name, _, usd = text.partition("=")
        try:
            prices[name] = float(usd)
        except ValueError:
            raise UnknownPrice(
                f"--price {text!r} is not a name and US dollars, such as websocket_messages=1.26"
            ) from None
    return prices


def _read_prices(file: Path | None) -> dict[str, object]:
    if file is None:
        return {}
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, object])
    except OSError as error:
        raise UnknownPrice(f"--prices {file}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise UnknownPrice(f"--prices {file} is no JSON object of prices: {error}") from None


def _encode(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
