"""`talkroom cost`: what it prints and refuses, and that docs/topics/cost.md shows what it prints."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from talkroom.cost import lambda_time, model, storage_units, units
from talkroom.cost.lambda_time import Functions
from talkroom.cost.model import Workload
from talkroom.cost.prices import PRICE_LISTS
from talkroom.cost.units import Room
from talkroom.entrypoints.cli import main
from tests.docs.support import DOCS, ROOT, Fence, fences, table
from tests.e2e.server import run_talkroom

PAGE = DOCS / "topics" / "cost.md"
SHOWN = [fence for fence in fences(PAGE) if fence.language == "console"]


def cost(*options: str) -> Result:
    """What the command does in this process."""
    return CliRunner().invoke(main, ["cost", *options], catch_exceptions=False)


def printed(*options: str) -> str:
    """What it prints when it succeeds."""
    result = cost(*options)
    assert 0 == result.exit_code, result.output
    return result.output


# The command.


def test_it_prints_three_tables_without_being_asked_anything() -> None:
    """As a program of its own, which needs no configuration."""
    result = run_talkroom("cost")

    assert (0, "") == (result.returncode, result.stderr)
    for title in ("A million messages, ", "A million hours of one connection, ", "A month: 10 x 50 members, "):
        assert title in result.stdout


def test_help_names_what_it_is_for() -> None:
    """And every option."""
    text = printed("--help")

    for option in main.commands["cost"].params:
        assert isinstance(option, click.Option)
        assert option.opts[0] in text


def test_json_has_what_the_text_has() -> None:
    """The month's total, to the cent."""
    options = ("--region", "ap-northeast-1", "--members", "200")
    total = json.loads(printed(*options, "--json"))["month"]["usd"]

    assert f"{total:,.2f}" in printed(*options)


def test_prices_as_json() -> None:
    """Of which a file of one's own can be made."""
    prices = json.loads(printed("--list-prices", "--json"))

    assert 1.0 == prices["websocket_messages"]["usd"]
    assert 1_000_000 == prices["websocket_messages"]["per"]


def test_messages_may_be_counted_by_member() -> None:
    """6 of each of 50 are 300 of the room."""
    assert printed("--messages-per-member-hour", "2") == printed("--messages-per-room-hour", "100")


def test_the_default_follows_the_members() -> None:
    """6 messages of each."""
    assert printed("--members", "7") == printed("--members", "7", "--messages-per-room-hour", "42")


def test_a_price_of_ones_own_is_used(tmp_path: Path) -> None:
    """From a file, and the command line wins over it."""
    file = tmp_path / "prices.json"
    file.write_text('{"metrics": 3, "alarms": 5}')
    month = json.loads(printed("--json", "--prices", str(file), "--price", "alarms=7"))["month"]

    assert {"metrics": 3, "alarms": 7} == {
        line["item"]: line["priceUsd"] for line in month["lines"] if line["item"] in ("metrics", "alarms")
    }


REFUSED = {
    "--members 1": ["--members", "2<=x"],
    "--members many": ["--members", "many"],
    "--text-bytes 0": ["--text-bytes"],
    "--hours 745": ["--hours"],
    "--hours nan": ["--hours", "nan"],
    "--connection-hours 3": ["--connection-hours"],
    "--memory-mb 64": ["--memory-mb"],
    "--region mars-1": ["--region", "us-east-1"],
    "--messages-per-room-hour 1 --messages-per-member-hour 1": ["not both"],
    "--price messages=1": ["'messages'", "websocket_messages"],
    "--price log_gb": ["'log_gb'", "websocket_messages=1.26"],
    "--price log_gb=-1": ["log_gb", "-1.0"],
    "--prices /nowhere/prices.json": ["/nowhere/prices.json", "No such file"],
    "--members 100000 --fan-out-inline 100000": ["29 s", "--fan-out-inline"],
    "--members 100000 --fan-out-page 1": ["29 s", "--fan-out-page"],
}


@pytest.mark.parametrize(("options", "words"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_is_refused(options: str, words: list[str]) -> None:
    """With a sentence that says what, and status 2."""
    result = cost(*options.split())
    sentence = result.stderr.splitlines()[-1]

    assert (2, "") == (result.exit_code, result.stdout)
    assert sentence.startswith("Error: ")
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize("content", ["[]", "{", '{"log_gb": "1"}', '{"log": 1}', "\udcff"])
def test_a_file_that_holds_no_prices_is_refused(tmp_path: Path, content: str) -> None:
    """Whatever else it holds."""
    file = tmp_path / "prices.json"
    file.write_bytes(content.encode(errors="surrogateescape"))
    result = cost("--prices", str(file))

    assert 2 == result.exit_code
    assert result.stderr.startswith("Error: ")


# The page.


@pytest.mark.parametrize("fence", SHOWN, ids=str)
def test_the_page_shows_what_the_command_prints(fence: Fence) -> None:
    """The command line stands above its output."""
    command, _, output = fence.text.partition("\n")
    program, subcommand, *options = shlex.split(command.removeprefix("$ "))

    assert ("talkroom", "cost") == (program, subcommand)
    assert printed(*options) == output


def test_the_page_has_all_tables() -> None:
    """Both regions' messages and prices, and the units."""
    commands = [fence.text.partition("\n")[0] for fence in SHOWN]

    assert {
        "$ talkroom cost",
        "$ talkroom cost --region ap-northeast-1",
        "$ talkroom cost --list-units",
        "$ talkroom cost --list-prices",
        "$ talkroom cost --list-prices --region ap-northeast-1",
    } < set(commands)


def test_the_page_states_the_numbers_of_the_model() -> None:
    """Row by row, the numbers in their order."""
    shown = [
        [float(number.replace(",", "")) for number in re.findall(r"[\d.,]*\d", row[1])]
        for row in table(PAGE, "", "value")
    ]

    assert [
        [lambda_time.POST_CPU_MS],
        [lambda_time.STORE_CPU_MS],
        [lambda_time.HANDLER_CPU_MS],
        [lambda_time.INVOKE_CPU_MS],
        [lambda_time.FULL_CORE_MB, 1],
        [lambda_time.STORE_WAIT_MS],
        [lambda_time.POST_WAIT_MS, lambda_time.POSTS_AT_ONCE],
        [lambda_time.INVOKE_WAIT_MS, lambda_time.INVOKES_AT_ONCE],
        [lambda_time.COLD_SHARE * 100, lambda_time.INIT_MS],
        [units.TAIL_SHARE * 100],
        [units.CONFLICT_SHARE * 100],
        [lambda_time.LAMBDA_LOG_BYTES],
        [lambda_time.METRICS_LOG_BYTES],
        [units.ACCESS_LOG_BYTES],
        [Workload().metrics],
        [Workload().alarms],
        [],
        [],
        [],
        [units.COMMAND_BYTES, units.REPLY_BYTES, units.PUSH_BYTES],
        [storage_units.ENTRY_BYTES, storage_units.KEY_BYTES, storage_units.SUBSCRIPTION_BYTES],
    ] == shown


def test_the_page_compares_with_one_machine_as_the_model_does() -> None:
    """The machine's price, the messages that it would pay for, and the hour of a busy room."""
    prices, functions = PRICE_LISTS["us-east-1"], Functions()
    machine = model.machine_month_usd(prices)
    quiet = model.month(Workload(messages_per_room_hour=0), functions, prices).usd
    million = model.million_messages(Workload().room, functions, prices).usd
    busy_hour = model.million_messages(Room(members=500), functions, prices).usd * 3.6
    text = " ".join(PAGE.read_text(encoding="utf-8").split())

    assert f"costs {machine:.2f} dollars a month" in text
    assert f"about {round((machine - quiet) / million * 100) * 10_000:,} messages" in text
    assert f"about {round(busy_hour / 100) * 100:,} dollars an hour" in text


def test_the_page_says_how_little_lambda_matters() -> None:
    """In a room of two, and in larger ones."""
    shares = {}
    for members in (2, 50, 5000):
        bill = model.million_messages(Room(members=members), Functions(), PRICE_LISTS["us-east-1"])
        shares[members] = round(bill.by_service()["lambda"] / bill.usd * 100)

    assert {2: 8, 50: 1, 5000: 1} == shares
    assert "8 % of a message in a room of two, and 1 % in rooms of 50 and more" in PAGE.read_text(encoding="utf-8")


def test_the_alarms_are_about_those_of_the_template() -> None:
    """A few more or less are cents; each metric that an alarm watches counts."""
    text = (ROOT / "infra" / "aws" / "template.yaml").read_text(encoding="utf-8")
    alarms = "".join(re.findall(r"Type: AWS::CloudWatch::Alarm\n(.*?)(?=\n  \w|\Z)", text, re.DOTALL))
    watched = alarms.count("MetricStat:") + len(re.findall(r"^      MetricName:", alarms, re.MULTILINE))

    assert pytest.approx(watched, abs=5) == Workload().alarms
