"""The table of settings as options of the command line."""

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from talkroom.config import SETTINGS, Config
from talkroom.settings import PREFIX, ConfigError, Setting


class Unusable(click.ClickException):
    """The command cannot run as configured: a sentence on standard error, and this status."""

    exit_code = 2


class SettingOption(click.Option):
    """An option that a row of the table of settings gives."""

    def __init__(self, *args: Any, setting: Setting, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.setting = setting


class SettingsCommand(click.Command):
    """A command with options from the table of settings: shown by section with their variables, after the command's own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One part of the help per section of the table."""
        records = [record for option in self.own_options if (record := option.get_help_record(ctx)) is not None]
        if records:
            with formatter.section("Options"):
                formatter.write_dl(records)
        given = [option.setting for option in self.params if isinstance(option, SettingOption)]
        for section, settings in groupby(given, key=lambda setting: setting.section):
            with formatter.section(section):
                formatter.write_dl([(_usage(setting), _description(setting)) for setting in settings])
        with formatter.section("Other"):
            formatter.write_dl([("--help", "Show this and exit.")])

    @property
    def own_options(self) -> list[click.Parameter]:
        """Those that come from no setting."""
        return [option for option in self.params if not isinstance(option, SettingOption)]


def with_settings(settings: Sequence[Setting] = SETTINGS) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds one option per setting; the function gets a Config, in which the settings that have no option are read as well."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        names = {setting.name for setting in settings}

        def call(**options: Any) -> None:
            given = {name: options.pop(name) for name in list(options) if name in names}
            function(config=read_config(given), **options)

        wrapped: Any = call
        wrapped.__doc__ = function.__doc__
        wrapped.__name__ = function.__name__
        wrapped.__click_params__ = list(getattr(function, "__click_params__", []))
        for setting in reversed(settings):
            wrapped = click.option(
                setting.option, setting.name, help=_description(setting), cls=SettingOption, setting=setting
            )(wrapped)
        return wrapped  # type: ignore[no-any-return]  # click's decorators are typed for any callable

    return decorate


def read_config(options: Mapping[str, str | None]) -> Config:
    """Options win over variables. Exits with a sentence when a value cannot be used."""
    environment = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    variables = {setting.name: setting.variable for setting in SETTINGS}
    environment |= {variables[name]: value for name, value in options.items() if value is not None}
    try:
        return Config.read(environment)
    except ConfigError as error:
        raise Unusable(str(error)) from None


def _usage(setting: Setting) -> str:
    kinds = {int: "NUMBER", float: "NUMBER", Path: "FILE", tuple: "LIST", str: "TEXT"}
    return f"{setting.option} {kinds[setting.kind]}"


def _description(setting: Setting) -> str:
    default = f" [default: {setting.shown_default}]" if setting.shown_default else ""
    return f"{setting.help} {setting.variable}{default}"
