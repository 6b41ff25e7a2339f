"""`talkroom conformance`: is this gateway as API Gateway is?"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import msgspec

from talkroom.conformance.deployment import Deployment
from talkroom.conformance.errors import Departure, NotRun
from talkroom.conformance.errors import Unusable as RunUnusable
from talkroom.conformance.options import Limits, Options, select
from talkroom.conformance.report import Report, Result
from talkroom.conformance.runner import run
from talkroom.entrypoints.own_gateway import own_gateway, write_probe
from talkroom.entrypoints.settings_options import Unusable

FILE = click.Path(path_type=Path)


@click.command()
@click.option(
    "--ws", metavar="URL", help="WebSocket URL of the probe's API Main. [default: our own gateway, started for it]"
)
@click.option("--management", metavar="URL", help="Its @connections endpoint. [default: the same with http or https]")
@click.option("--region", help="Of signatures. [default: from the URL, or the AWS configuration]")
@click.option("--access-key-id", envvar="AWS_ACCESS_KEY_ID", help="[default: as the AWS SDKs find it]")
@click.option("--secret-access-key", envvar="AWS_SECRET_ACCESS_KEY", help="Belongs to it.")
@click.option("--session-token", envvar="AWS_SESSION_TOKEN", help="Of temporary credentials.")
@click.option("--denied-access-key-id", help="Of a key that may not manage connections.")
@click.option("--denied-secret-access-key", help="Belongs to it.")
@click.option("--denied-session-token", help="Belongs to it.")
@click.option("--only", default="", help="Checks to run: `12,13`, `A` or `B,110-118`. [default: all]")
@click.option("--json", type=FILE, help="Write the report here.")
@click.option("--markdown", type=FILE, help="Write the matrix here.")
@click.option("--notes", type=FILE, help="JSON file of notes for the matrix, by number.")
@click.option("--idle-timeout-s", type=float, help="Of the target. [default: 600]")
@click.option("--connection-duration-s", type=float, help="Of the target. [default: 7200]")
@click.option("--integration-timeout-s", type=float, help="Of the target. [default: 29]")
@click.option("--longest-wait-s", default=120.0, show_default=True, help="A check that must wait longer is not run.")
@click.option("--patience-s", default=10.0, show_default=True, help="How long to wait for what must come at once.")
@click.option("--ca", type=FILE, help="Certificates to trust. On loopback nothing is verified without it.")
@click.option("--domain", metavar="URL", help="Where Main is mapped to a custom domain.")
@click.option("--redeploy", metavar="COMMAND", help="Deploys the probe application again, its code changed.")
@click.option("--deploy", metavar="COMMAND", help="Deploys `{template}`, and fails when it is rejected.")
@click.option("--freezes", is_flag=True, help="The target freezes functions between invocations.")
@click.option("--concurrency", default=8, show_default=True, help="Checks at once.")
@click.option("--probe", type=FILE, metavar="FOLDER", help="Write the probe application here, and do nothing else.")
def conformance(probe: Path | None, **given: Any) -> None:
    """Check 126 behaviours of API Gateway for WebSocket APIs on any gateway, from outside.

    The target must have deployed the probe application (--probe writes it, with a SAM template): real API Gateway, an emulator, or,
    without --ws, our own gateway with shortened limits. The exit status is 1 when a documented or observed behaviour departs.

    docs/gateway-conformance.md is the result for our own; docs/howto/run-your-api-gateway-app-locally.md says more.
    """
    try:
        if probe is not None:
            write_probe(probe)
            return
        report = _run({name: value for name, value in given.items() if value is not None})
    except RunUnusable as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"{error.filename}: {error.strerror}") from None
    click.echo(report.to_text())
    if any(result.behaviour.is_scored for result in report.departures()):
        raise click.exceptions.Exit(1)


def _run(given: Mapping[str, Any]) -> Report:
    if "ws" in given:
        return asyncio.run(_measure(make_options(given)))
    with TemporaryDirectory(prefix="talkroom-conformance-") as folder, own_gateway(Path(folder)) as own:
        return asyncio.run(_measure(make_options({**given, **own})))


async def _measure(options: Options) -> Report:
    """Raises Unusable when the probe application is not there: then every check would say so, and nothing else."""
    select(options.only)
    try:
        await Deployment(options).endpoint("bare")
    except (Departure, NotRun) as error:
        raise RunUnusable(
            f"{error}. Is it deployed at {options.ws}? `talkroom conformance --probe FOLDER` writes it."
        ) from error
    return await run(options, _show if sys.stderr.isatty() else _say_nothing)


def make_options(given: Mapping[str, Any]) -> Options:
    """The options of a run; limits may be given one by one."""
    rest = dict(given)
    limits = dict(rest.pop("limits", {}))
    limits |= {name: rest.pop(name) for name in Limits.__struct_fields__ if name in rest}
    return Options(**rest, limits=msgspec.convert(limits, Limits))


def _show(result: Result) -> None:
    """For who waits; the report has it all again."""
    click.echo(f"{result.number:>4} {result.outcome}", err=True)


def _say_nothing(_result: Result) -> None:
    pass
