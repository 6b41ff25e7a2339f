"""Write the documents that are made from the code; with `--check`, only say which differ, and exit 1.

docs/asyncapi.json and docs/schemas/ from the types of the protocol, docs/configuration.md from the table of settings and the
command line, docs/connection-lifecycle.md from the table of the gateway's connections.
"""

import json
import sys
from collections.abc import Iterator
from inspect import cleandoc
from itertools import groupby
from pathlib import Path
from typing import Any, Final, get_args

import click

from talkroom.aws_config import AWS_SETTINGS
from talkroom.chat.protocol.asyncapi import make_asyncapi
from talkroom.chat.protocol.json_schema import make_documents
from talkroom.config import SETTINGS
from talkroom.contract import close_codes
from talkroom.contract.close_codes import CloseCode
from talkroom.entrypoints.cli import main as command_line
from talkroom.entrypoints.settings_options import SettingOption, SettingsCommand
from talkroom.gateway import connection
from talkroom.gateway.connection import TABLE, State
from talkroom.settings import Setting

DOCS: Final = Path(__file__).parent.parent / "docs"

NOTICE: Final = "<!-- Written by tools/generate_docs.py; change the code it is made from, then run `make docs`. -->"

SAMPLES: Final[dict[type[Any], Any]] = {
    connection.Allowed: connection.Allowed(),
    connection.Refused: connection.Refused(401, "Unauthorized"),
    connection.Integrated: connection.Integrated("talkroom.v1"),
    connection.PeerClosed: connection.PeerClosed(CloseCode.NORMAL, ""),
    connection.Violated: connection.Violated(CloseCode.PROTOCOL_ERROR, ""),
    connection.Lost: connection.Lost(),
    connection.Ended: connection.Ended(close_codes.IDLE),
    connection.Dropped: connection.Dropped(close_codes.IDLE),
    connection.CloseElapsed: connection.CloseElapsed(),
}
"""One input of each type, to ask the table for its effects."""


def make_all() -> dict[Path, str]:
    """Every generated document by its path."""
    documents = {DOCS / "asyncapi.json": _json(make_asyncapi())}
    documents |= {DOCS / "schemas" / f"{name}.json": _json(schema) for name, schema in make_documents().items()}
    documents[DOCS / "configuration.md"] = make_configuration()
    documents[DOCS / "configuration-aws.md"] = make_aws_configuration()
    documents[DOCS / "connection-lifecycle.md"] = make_lifecycle()
    return documents


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


# The table of settings.


def make_configuration() -> str:
    """docs/configuration.md."""
    lines = [
        NOTICE,
        "",
        "# Configuration and command line",
        "",
        "Every setting of `talkroom serve` is an option and a variable. An option wins over its variable; an empty variable is an",
        "absent one; a `TALKROOM_*` variable that is not in this list is an error. `talkroom serve --help` shows the same table.",
        "`talkroom token` reads the same variables.",
        "",
        "Bytes are bytes, not kilobytes; `_s` is seconds; numbers without a unit in their name count things.",
    ]
    for section, settings in groupby(SETTINGS, key=lambda setting: setting.section):
        lines += ["", f"## {section}", "", "| option | variable | default | meaning |", "| --- | --- | --- | --- |"]
        lines += [_setting_row(setting) for setting in settings]
    for name, command in sorted(command_line.commands.items()):
        is_alias = command.name != name
        text = [f"The same as `talkroom {command.name}`."] if is_alias else _command(name, command)
        lines += ["", f"## `talkroom {name}`", "", *text]
    return "\n".join(lines) + "\n"


def make_aws_configuration() -> str:
    """docs/configuration-aws.md."""
    lines = [
        NOTICE,
        "",
        "# Configuration of the functions on AWS",
        "",
        "Variables of the Lambda functions. infra/aws/template.yaml sets those that it has parameters for; add others there. A",
        "`TALKROOM_*` variable that is not in this list is an error, which the function logs. The addresses of DynamoDB,",
        "Lambda, Secrets Manager and SSM are replaced by the variables of the AWS SDKs, `AWS_ENDPOINT_URL` for all of them or",
        "`AWS_ENDPOINT_URL_DYNAMODB` and so on for one.",
        "",
        "Bytes are bytes, not kilobytes; `_s` is seconds; numbers without a unit in their name count things.",
    ]
    for section, settings in groupby(AWS_SETTINGS, key=lambda setting: setting.section):
        lines += ["", f"## {section}", "", "| variable | default | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{one.variable}` | {_code(one.shown_default)} | {one.help} |" for one in settings]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _setting_row(setting: Setting) -> str:
    return f"| `{setting.option}` | `{setting.variable}` | {_code(setting.shown_default)} | {setting.help} |"


def _command(name: str, command: click.Command) -> Iterator[str]:
    paragraphs = cleandoc(command.help or "").split("\n\n")
    own = command.own_options if isinstance(command, SettingsCommand) else command.params
    if not own:
        yield from (paragraphs[0], "", f"Its options are the tables above; `talkroom {name} --help` shows them too.")
        return
    yield from "\n\n".join(paragraphs).split("\n")
    yield from ("", "| option | default | meaning |", "| --- | --- | --- |")
    for option in own:
        if isinstance(option, click.Option):
            spelling = ", ".join(option.opts + option.secondary_opts)
            yield f"| `{spelling}` | {_shown_default(option)} | {option.help} |"
    if len(own) < len(command.params):
        options = [f"`{one.opts[0]}`" for one in command.params if isinstance(one, SettingOption)]
        yield from ("", f"From the tables above it has {', '.join(options)}, with their variables.")


def _shown_default(option: click.Option) -> str:
    if option.required:
        return "required"
    if option.is_flag:
        return ""
    values = option.default if isinstance(option.default, tuple) else (option.default,)
    return ", ".join(f"`{value}`" for value in values if option.show_default)


# The table of the connection.


def make_lifecycle() -> str:
    """docs/connection-lifecycle.md."""
    rows = [(state, kind, *_outcome(state, kind)) for state, kind in TABLE]
    return "\n".join(
        [
            NOTICE,
            "",
            "# The life of a connection",
            "",
            "Drawn from the table in `src/talkroom/gateway/connection.py`. [How the gateway works](topics/gateway.md) tells it in",
            "words. An arrow is an input; an input that has no arrow from a state changes nothing.",
            "",
            "```mermaid",
            *_diagram(rows),
            "```",
            "",
            "What the gateway does on the way, in this order:",
            "",
            "| state | input | next state | effects |",
            "| --- | --- | --- | --- |",
            *(
                f"| {_name(state)} | {kind.__name__} | {_name(after)} | {', '.join(effects) or 'none'} |"
                for state, kind, after, effects in rows
            ),
            "",
            "## Inputs",
            "",
            *_meanings(get_args(connection.Input)),
            "",
            "## Effects",
            "",
            *_meanings(get_args(connection.Effect)),
            "",
        ]
    )


def _outcome(state: State, kind: type[Any]) -> tuple[State, list[str]]:
    after, effects = connection.step(state, SAMPLES[kind])
    return after, [type(effect).__name__ for effect in effects]


def _diagram(rows: list[tuple[State, type[Any], State, list[str]]]) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {_name(State.AUTHORIZING)}: upgrade request"
    for state, kind, after, _ in rows:
        yield f"    {_name(state)} --> {_name(after)}: {kind.__name__}"
    yield f"    {_name(State.CLOSED)} --> [*]"


def _name(state: State) -> str:
    return state.name.capitalize()


def _meanings(kinds: tuple[type[Any], ...]) -> Iterator[str]:
    yield "| name | meaning |"
    yield "| --- | --- |"
    for kind in kinds:
        yield f"| {kind.__name__} | {' '.join((kind.__doc__ or '').split())} |"


def main(arguments: list[str]) -> int:
    """The exit status."""
    differing = []
    for path, text in make_all().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        differing.append(str(path.relative_to(DOCS.parent)))
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if "--check" in arguments and differing:
        print(f"{', '.join(differing)}: differs from the code; run `make docs`", file=sys.stderr)
        return 1
    print(f"wrote {', '.join(differing)}" if differing else "nothing differs")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
