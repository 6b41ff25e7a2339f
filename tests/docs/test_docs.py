"""What the documents say is there, and what is there the documents say."""

import asyncio
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from talkroom.auth.settings import TokenSettings
from talkroom.aws_config import AWS_SETTINGS
from talkroom.bootstrap import build, open_log
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.message import Draft
from talkroom.chat.model.room import RoomId
from talkroom.config import SETTINGS, Config
from talkroom.entrypoints.cli import main
from talkroom.entrypoints.metrics import Metrics
from talkroom.entrypoints.settings_options import SettingOption
from talkroom.gateway.api import GatewayLimits
from talkroom.gateway.registry import wall_clock_ms
from talkroom.settings import Setting
from tests.docs.support import DOCS, PAGES, ROOT, SECRET, Fence, fences, table

OPERATIONS = DOCS / "operations.md"
CONFIGURATION = DOCS / "configuration.md"
LOBBY = RoomId("lobby")


def without_spaces(text: str) -> str:
    """Help is wrapped, also at hyphens."""
    return re.sub(r"\s", "", text)


# Settings and the command line.


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_is_in_the_help(setting: Setting) -> None:
    """Option, help, variable and default, in this order."""
    shown = without_spaces(CliRunner().invoke(main, ["serve", "--help"], catch_exceptions=False).output)
    default = f"[default: {setting.shown_default}]" if setting.shown_default else ""
    kind = r"(NUMBER|FILE|LIST|TEXT)"

    expected = re.escape(without_spaces(f"{setting.help}{setting.variable}{default}"))
    assert re.search(re.escape(setting.option) + kind + expected, shown)


def test_the_table_of_settings_is_the_code() -> None:
    """Option, variable, default and meaning of every setting, in order."""
    expected = [
        [f"`{one.option}`", f"`{one.variable}`", f"`{one.shown_default}`" if one.shown_default else "", one.help]
        for one in SETTINGS
    ]

    assert expected == table(CONFIGURATION, "option", "variable", "default", "meaning")


@pytest.mark.parametrize("name", main.commands)
def test_a_command_and_its_options_are_documented(name: str) -> None:
    """In the reference."""
    text = CONFIGURATION.read_text(encoding="utf-8")

    assert f"## `talkroom {name}`" in text
    for option in main.commands[name].params:
        if isinstance(option, SettingOption):
            assert f"| `{option.opts[0]}` |" in text
        elif isinstance(option, click.Option):
            assert f"| `{', '.join(option.opts + option.secondary_opts)}` |" in text


def test_every_option_on_a_page_exists() -> None:
    """A page names no option that was renamed."""
    params = [each for command in main.commands.values() for each in command.params]
    known = {option for each in params for option in each.opts + each.secondary_opts}
    known |= {"--help", "--version", "--check", "--quick"}
    for page in PAGES:
        for option in re.findall(r"`(--(?!talkroom-)[a-z][a-z0-9-]+)[` ]", page.read_text(encoding="utf-8")):
            assert option in known, f"{page.relative_to(ROOT)}: {option}"


def test_every_variable_on_a_page_exists() -> None:
    """A page names no variable that was renamed."""
    known = {setting.variable for setting in (*SETTINGS, *AWS_SETTINGS)}
    for page in PAGES:
        for variable in re.findall(r"\bTALKROOM_[A-Z0-9_]+", page.read_text(encoding="utf-8")):
            assert variable in known, f"{page.relative_to(ROOT)}: {variable}"


# Operations.


async def rendered_metrics(database: str) -> set[str]:
    """The names that a server shows, counters with their ending."""
    application = await build(Config(database=Path(database), token_secret=SECRET), TokenSettings(secret=SECRET))
    try:
        text = Metrics(application).render().decode()
    finally:
        await application.log.close()
    return {
        family.name + ("_total" if family.type == "counter" else "") for family in text_string_to_metric_families(text)
    }


async def test_every_metric_is_documented(tmp_path: Path) -> None:
    """And every documented one exists, but for those of the process, which not every system has."""
    shown = await rendered_metrics(str(tmp_path / "talkroom.db"))
    rows = [*table(OPERATIONS, "metric", "type"), *table(OPERATIONS, "metric", "meaning")]
    documented = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row[0])}

    assert shown <= documented
    assert {name for name in shown if name.startswith("talkroom_")} == {
        name for name in documented if name.startswith("talkroom_")
    }


def test_every_configurable_limit_is_in_the_table_of_limits() -> None:
    """With its option and what happens beyond it."""
    rows = {row[2].strip("`"): row for row in table(OPERATIONS, "limit", "default", "option")}
    limits = {*GatewayLimits.__struct_fields__, *Limits.__struct_fields__}

    for setting in SETTINGS:
        if setting.name in limits and setting.kind is not str:
            assert rows[setting.option][3]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_default_in_the_table_of_limits_is_the_codes(setting: Setting) -> None:
    """Whatever unit the table uses."""
    for _, default, option, _ in table(OPERATIONS, "limit", "default", "option"):
        if option == f"`{setting.option}`":
            number, _, unit = default.replace(",", "").partition(" ")
            assert float(number) * {"KiB": 1024}.get(unit.split(" ")[0], 1) == setting.default


def script(name: str) -> str:
    """The block of the page that begins with this file's name."""
    return next(fence.text for fence in fences(OPERATIONS) if fence.text.startswith(f"# {name}:"))


async def test_the_backup_script_copies_a_database_in_use(tmp_path: Path) -> None:
    """And the script for new epochs makes clients notice what a restore has taken back."""
    source, target = tmp_path / "talkroom.db", tmp_path / "backup.db"
    log = await open_log(Config(database=source), wall_clock_ms)
    draft = Draft(room=LOBBY, sender="alice", name="alice", id="1", text="hi", sent_at_ms=0)
    stored = (await log.append(draft)).message
    await asyncio.to_thread(run_script, tmp_path, "backup.py", source, target)
    await log.close()
    await asyncio.to_thread(run_script, tmp_path, "new_epochs.py", target)

    restored = await open_log(Config(database=target), wall_clock_ms)
    page = await restored.read_after(LOBBY, 0, 10)
    await restored.close()
    assert [message.text for message in page.messages] == ["hi"]
    assert page.position.last == stored.sequence
    assert page.position.epoch != stored.epoch


def run_script(folder: Path, name: str, *arguments: Path) -> None:
    """As a person would."""
    (folder / name).write_text(script(name), encoding="utf-8")
    subprocess.run([sys.executable, folder / name, *arguments], check=True)


def test_the_sqlite_version_on_the_page_is_the_one_needed() -> None:
    """Operations names the oldest SQLite that works."""
    from talkroom.storage.sqlite.connections import SQLITE_MIN

    assert f"SQLite {SQLITE_MIN[0]}.{SQLITE_MIN[1]} or newer" in OPERATIONS.read_text(encoding="utf-8")
    assert sqlite3.sqlite_version_info >= SQLITE_MIN


# Pages.

LINK = re.compile(r"(?<!!)\[(?:[^\]\[]|\[[^\]]*\]|\\.)*\]\(([^)\s]+)\)")
WITHOUT_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them from headings."""
    found: set[str] = set()
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower().replace("\\", "")
        slug = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
        number = sum(1 for one in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", one))
        found.add(f"{slug}-{number}" if number else slug)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_internal_link_leads_somewhere(page: Path) -> None:
    """Files exist, and so do the headings that are pointed at."""
    for target in LINK.findall(WITHOUT_CODE.sub("`code`", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} does not exist"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{target}: no such heading"


PYTHON = [fence for page in PAGES for fence in fences(page) if fence.language in ("python", "py")]


@pytest.mark.parametrize("fence", PYTHON, ids=str)
def test_a_python_block_compiles(fence: Fence) -> None:
    """Whether it also runs is another test's business."""
    compile(fence.text, str(fence), "exec", dont_inherit=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_registry_or_a_machine(page: Path) -> None:
    """Documents are the same everywhere."""
    text = page.read_text(encoding="utf-8")

    assert not re.search(r"registry\.npmjs|pypi\.org|files\.pythonhosted|/work/|/root/", text)


def test_the_index_names_every_page() -> None:
    """docs/README.md leads to each page of the folder."""
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        if page.name != "README.md":
            assert f"({page.relative_to(DOCS)})" in index, page.name
