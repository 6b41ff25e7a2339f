"""`talkroom gateway`: the WebSocket APIs of a SAM or CloudFormation template on this machine."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from talkroom.auth.development_key import read_or_create_key
from talkroom.auth.errors import AuthError
from talkroom.config import GATEWAY_LIMITS, SETTINGS, Config
from talkroom.entrypoints.credentials import find_credentials
from talkroom.entrypoints.gateway import run_gateway
from talkroom.entrypoints.logs import configure_logs
from talkroom.entrypoints.settings_options import SettingsCommand, Unusable, with_settings
from talkroom.functions.host import Credentials, HostSettings
from talkroom.functions.settings import inherit_variables
from talkroom.functions.template import TemplateUnusable
from talkroom.gateway.api import ThrottleConfig
from talkroom.gateway.signing_keys import KeysUnusable, ManagementKey, read_keys
from talkroom.local_tls.errors import LocalTlsError
from talkroom.template_gateway.greeting import outline
from talkroom.template_gateway.local_gateway import read_stack
from talkroom.template_gateway.options import ACCOUNT_THROTTLE, GatewayOptions, TemplateSource
from talkroom.template_gateway.site import CannotListen

TEMPLATE_NAMES: Final = (".aws-sam/build/template.yaml", "template.yaml", "template.yml", "template.json")
"""Where a template is looked for, as `sam local` does."""

STATE_FOLDER: Final = ".talkroom"
"""Beside the template: the local certificate authority and the key for `@connections`."""

LIMITS: Final = tuple(
    setting for setting in SETTINGS if setting.section == GATEWAY_LIMITS or setting.name in ("log_level", "log_format")
)

KEY_FILE: Final = "development-key.json"

ENDPOINTS: Final = "AWS_ENDPOINT_URL"
"""Also `AWS_ENDPOINT_URL_DYNAMODB` and the like: where a stand-in for a service of AWS is."""
PASSED_ON: Final = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
TRUSTED: Final = ("AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables of this process that functions get too; those of the last row with our own authority added."""


class Assignment(click.ParamType[tuple[str, str]]):
    """NAME=VALUE."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Name and value."""
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not (name and equals):
            self.fail(f"{value!r} is not of the form NAME=VALUE", param, ctx)
        return name, text


@click.command(cls=SettingsCommand)
@click.option(
    "--template", "-t", type=click.Path(path_type=Path), help=f"[default: the first of {', '.join(TEMPLATE_NAMES)}]"
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", "-p", default=3001, show_default=True, help="Port of the first API; others follow. 0: any free."
)
@click.option("--stage", help="Stage to serve. [default: the first of each API in the template]")
@click.option(
    "--parameter", "parameters", type=Assignment(), multiple=True, help="Parameter of the template; repeatable."
)
@click.option(
    "-n",
    "--env-vars",
    type=click.Path(path_type=Path),
    help="JSON file with variables of functions, as for `sam local`.",
)
@click.option("--region", help="[default: AWS_REGION, AWS_DEFAULT_REGION, us-east-1]")
@click.option("--account-id", default="000000000000", show_default=True, help="In ARNs.")
@click.option(
    "--keys", type=click.Path(path_type=Path), help="JSON file of key pairs and IAM policies for @connections."
)
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    help="Interpreter of Python functions. [default: of the active virtual environment, else Talkroom's own]",
)
@click.option("--node", type=click.Path(path_type=Path), help="Program of Node functions. [default: node]")
@click.option(
    "--runtime-command",
    "runtime_commands",
    type=Assignment(),
    multiple=True,
    help="Runtime client of other runtimes, by prefix: 'ruby3=aws_lambda_ric {handler}'; repeatable.",
)
@click.option(
    "--concurrency", default=10, show_default=True, type=click.IntRange(1, 1000), help="Processes of a function."
)
@click.option(
    "--freeze/--no-freeze", default=False, show_default=True, help="Stop functions between invocations, as Lambda does."
)
@click.option("--reload/--no-reload", default=True, show_default=True, help="Begin anew when code or template change.")
@click.option(
    "--throttle-per-s",
    default=ACCOUNT_THROTTLE.per_s,
    show_default=True,
    help="Requests a second, as an AWS account has.",
)
@click.option("--throttle-burst", default=ACCOUNT_THROTTLE.burst, show_default=True, help="Requests at once.")
@click.option("--check", is_flag=True, help="Only say whether the template can be served.")
@with_settings(LIMITS)
def gateway(config: Config, **options: Any) -> None:
    """Run your API Gateway WebSocket APIs on this machine, with your Lambda functions behind them.

    Reads a SAM or CloudFormation template, starts its functions as processes, and serves each WebSocket API on a port of its
    own: ws and wss for clients, http and https for @connections, routes, authorizer, errors and limits as on AWS. Code and
    template are watched; open connections survive a change.

    docs/howto/run-your-api-gateway-app-locally.md is the guide, docs/gateway-conformance.md what is as on AWS.
    """
    configure_logs(config.log_level, config.log_format)
    try:
        source = _read_source(options)
        if options["check"]:
            click.echo(outline(read_stack(source)))
            return
        state = source.template.resolve().parent / STATE_FOLDER
        keys, made_here = _find_keys(options["keys"], state)
        chosen = _read_options(config, options, source, keys, state)
        run_gateway(chosen, lambda text: click.echo(text), shows_secret=made_here)
    except (TemplateUnusable, KeysUnusable, AuthError, LocalTlsError, CannotListen) as error:
        raise Unusable(str(error)) from None


def _read_source(options: Mapping[str, Any]) -> TemplateSource:
    region = options["region"] or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return TemplateSource(
        template=_find_template(options["template"]),
        stage=options["stage"],
        parameters=dict(options["parameters"]),
        region=region,
        account_id=options["account_id"],
    )


def _read_options(
    config: Config, options: Mapping[str, Any], source: TemplateSource, keys: tuple[ManagementKey, ...], state: Path
) -> GatewayOptions:
    return GatewayOptions(
        source=source,
        host=options["host"],
        port=options["port"],
        keys=keys,
        hosts=HostSettings(
            freeze=options["freeze"],
            concurrency_max=options["concurrency"],
            python=options["python"] or _default_python(),
            node=options["node"],
            region=source.region,
            account_id=source.account_id,
            credentials=Credentials(
                access_key_id=keys[0].access_key_id,
                secret_access_key=keys[0].secret_access_key,
                session_token=keys[0].session_token,
            ),
            environment=_passed_on(os.environ),
            inherited=inherit_variables(os.environ),
            overrides=_read_env_vars(options["env_vars"]),
            runtime_commands=dict(options["runtime_commands"]),
        ),
        limits=config.gateway_limits,
        throttle=ThrottleConfig(options["throttle_per_s"], options["throttle_burst"]),
        reload=options["reload"],
        state=state,
    )


def _find_template(given: Path | None) -> Path:
    if given is not None:
        return given
    found = next((path for name in TEMPLATE_NAMES if (path := Path(name)).exists()), None)
    if found is None:
        raise Unusable(f"there is no template here ({', '.join(TEMPLATE_NAMES)}): name one with --template")
    return found


def _make_state_folder(state: Path) -> None:
    """Private, and never committed."""
    try:
        state.mkdir(mode=0o700, exist_ok=True)
        (state / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise Unusable(
            f"{state}, where the key and the certificates are kept, cannot be written: {error.strerror}"
        ) from None


def _find_keys(given: Path | None, state: Path) -> tuple[tuple[ManagementKey, ...], bool]:
    """Who may call `@connections`; the first is what functions get. Whether it was made here, and may be shown."""
    if given is not None:
        try:
            return read_keys(given.read_text(encoding="utf-8")), False
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(f"--keys {given} cannot be read: {error}") from None
    own = find_credentials()
    if own is not None:
        return (own,), False
    _make_state_folder(state)
    made = read_or_create_key(state / KEY_FILE)
    return (ManagementKey(made.access_key_id, made.secret_access_key),), True


def _read_env_vars(path: Path | None) -> dict[str, dict[str, str]]:
    """By function, as in a file of `sam local --env-vars`; `Parameters` are for every function."""
    if path is None:
        return {}
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, str | int | float | bool]])
    except (OSError, msgspec.DecodeError) as error:
        raise Unusable(
            f'--env-vars {path}: {error}. It must be JSON such as {{"MyFunction": {{"TABLE": "local"}}}}'
        ) from None
    return {function: {name: _as_text(value) for name, value in some.items()} for function, some in found.items()}


def _as_text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _default_python() -> Path:
    """That of the active virtual environment, which has what functions import; else our own."""
    active = os.environ.get("VIRTUAL_ENV")
    return Path(active, "bin", "python") if active else Path(sys.executable)


def _passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(ENDPOINTS) or name.upper() in PASSED_ON or name in TRUSTED
    }
