"""The command line: `talkroom serve` and `talkroom token`."""

import re
from typing import Any

import click

from talkroom import __version__
from talkroom.auth.errors import AuthError
from talkroom.auth.issue import TokenIssuer
from talkroom.config import Config
from talkroom.entrypoints.conformance_command import conformance
from talkroom.entrypoints.cost_command import cost
from talkroom.entrypoints.gateway_command import gateway
from talkroom.entrypoints.logs import configure_logs
from talkroom.entrypoints.serve import run, token_settings
from talkroom.entrypoints.settings_options import SettingsCommand, Unusable, read_config, with_settings
from talkroom.gateway.registry import wall_clock_ms
from talkroom.settings import ConfigError
from talkroom.storage.sqlite import DatabaseUnusable


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="talkroom")
def main() -> None:
    """Authenticated chat rooms over WebSocket, on one machine or on AWS.

    `talkroom serve` starts a server; `talkroom token` makes a token for somebody to connect with.
    """


@main.command(cls=SettingsCommand)
@with_settings()
def serve(config: Config) -> None:
    """Serve chat rooms on this machine until SIGTERM or Ctrl-C.

    The WebSocket URL is ws://HOST:PORT/STAGE. Clients carry a chat token in Sec-WebSocket-Protocol: `<token>, <room>` as
    `wscat -s <token> -s <room>` sends it, or `talkroom.v1, <token>` for the full protocol (docs/protocol.md).

    The same port answers /healthz (alive), /readyz (wants traffic) and /metrics (Prometheus), and the management API at
    /STAGE/@connections for whoever has its key.

    Every option is also a variable, named below; an option wins over its variable. SIGTERM drains: the server stops accepting,
    finishes the messages in hand, closes connections with 1001, and exits 0.
    """
    configure_logs(config.log_level, config.log_format)
    try:
        run(config, lambda text: click.echo(text))
    except (ConfigError, AuthError, DatabaseUnusable) as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"cannot listen on {config.host}:{config.port}: {error.strerror or error}") from None


main.add_command(conformance)
main.add_command(cost)
main.add_command(gateway)
main.add_command(gateway, "start-websocket-api")  # as `sam local` would call it

_DURATION = re.compile(r"(\d+)(s|m|h|d)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, None: 1}


class Duration(click.ParamType[int]):
    """Seconds, or a number with s, m, h or d."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds."""
        match = _DURATION.fullmatch(str(value))
        if match is None or not int(match[1]):
            self.fail(f"{value!r} is not a duration such as 90s, 15m, 12h or 7d", param, ctx)
        return int(match[1]) * _UNITS[match[2]]


@main.command()
@click.option("--user", required=True, help="Principal id: who the token is for (`sub`).")
@click.option("--name", help="Name shown beside messages. [default: the user]")
@click.option("--room", "rooms", multiple=True, help="Room id, or prefix ending in `*`; may be repeated. [default: *]")
@click.option("--can", multiple=True, default=("read", "send"), show_default=True, help="Capability; may be repeated.")
@click.option(
    "--ttl", type=Duration(), default="1h", show_default=True, help="How long it is valid: 90s, 15m, 12h, 7d."
)
@click.option("--database", help="Database whose development secret signs it, when no secret is configured.")
def token(
    user: str, name: str | None, rooms: tuple[str, ...], can: tuple[str, ...], ttl: int, database: str | None
) -> None:
    """Make a chat token and print it, nothing else.

    It is signed with TALKROOM_TOKEN_SECRET, or with the development secret beside the database, which is made when there is
    none yet. With a public key or a JWKS configured, your own back end issues the tokens.
    """
    config = read_config({"database": database})
    if config.token_key or config.token_jwks:
        raise Unusable("tokens are verified with a public key: only the holder of the private key can issue them")
    try:
        settings, _ = token_settings(config)
        issuer = TokenIssuer(settings.secret, audience=config.token_audience, issuer=config.token_issuer)
        click.echo(issuer.issue(user, name=name, rooms=rooms or ("*",), can=can, ttl_s=ttl, now_ms=wall_clock_ms()))
    except (ConfigError, AuthError) as error:
        raise Unusable(str(error)) from None


if __name__ == "__main__":
    main()
