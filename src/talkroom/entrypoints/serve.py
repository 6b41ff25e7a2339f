"""`talkroom serve`: one process that is the whole system."""

import asyncio
import gc
import ipaddress
import logging
import resource
import shlex
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import uvloop
from aiohttp import web

from talkroom import __version__
from talkroom.auth.development_key import read_or_create_key
from talkroom.auth.development_secret import read_or_create_secret
from talkroom.auth.issue import TokenIssuer
from talkroom.auth.settings import TokenSettings
from talkroom.bootstrap import Application, build
from talkroom.config import DEFAULT_DATABASE, Config
from talkroom.entrypoints.development_tokens import DevelopmentTokens
from talkroom.entrypoints.http_app import Status, make_http
from talkroom.entrypoints.page import Page, PageSettings
from talkroom.entrypoints.web_files import find_web_folder, read_web_files
from talkroom.gateway.registry import wall_clock_ms
from talkroom.settings import ConfigError

log = logging.getLogger("talkroom")

DEVELOPMENT_SECRET_FILE: Final = "development-secret"  # noqa: S105  # a file name
DEVELOPMENT_KEY_FILE: Final = "development-key.json"
SWITCH_INTERVAL_S: Final = 0.0002
"""How long the event loop may keep the log's writer thread from the interpreter; docs/topics/log.md has what was measured.

Python's own 5 ms are longer than a busy turn of the loop, so the writer would get its turn only by luck, and messages would wait
for hundreds of milliseconds to be stored.
"""


@dataclass(frozen=True, slots=True)
class Development:
    """The files of what the server has made for itself, because nothing was configured."""

    secret: Path
    key: Path | None
    """None when a management key is configured."""
    tokens: DevelopmentTokens


def token_settings(config: Config) -> tuple[TokenSettings, Path | None]:
    """How tokens are verified, and the development secret's file if that is what they are verified with.

    Raises ConfigError when nothing is configured and the server would be reachable from other machines.
    """
    if config.token_secret or config.token_key or config.token_jwks:
        return _configured(config), None
    if not is_loopback(config.host):
        raise ConfigError(
            f"refusing to listen on {config.host} with a development secret: set --token-secret (TALKROOM_TOKEN_SECRET),"
            " --token-key or --token-jwks, or listen on 127.0.0.1"
        )
    path = _beside_database(config, DEVELOPMENT_SECRET_FILE)
    return _configured(replace(config, token_secret=read_or_create_secret(path))), path


def with_management_key(config: Config) -> tuple[Config, Path | None]:
    """For a server with a development secret: the configuration with a development key, and its file, if it has no key itself.

    Raises InvalidSettings.
    """
    if config.management_access_key_id is not None:
        return config, None
    path = _beside_database(config, DEVELOPMENT_KEY_FILE)
    key = read_or_create_key(path)
    with_key = replace(
        config, management_access_key_id=key.access_key_id, management_secret_access_key=key.secret_access_key
    )
    return with_key, path


def _beside_database(config: Config, name: str) -> Path:
    """Beside the database; of a server without one, in its default folder."""
    database = DEFAULT_DATABASE if config.keeps_in_memory else config.database
    return database.parent / name


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def run(config: Config, echo: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raises ConfigError, and OSError when the address cannot be listened on."""
    tokens, secret = token_settings(config)
    development = None
    if secret is not None:
        config, key = with_management_key(config)
        issuer = TokenIssuer(tokens.secret, audience=config.token_audience, issuer=config.token_issuer)
        development = Development(secret, key, DevelopmentTokens(issuer, wall_clock_ms))
    _raise_file_limit()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(config, tokens, development, echo))


async def _serve(
    config: Config, tokens: TokenSettings, development: Development | None, echo: Callable[[str], None]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    status = Status()
    page = page_routes(config, development)
    application = await build(config, tokens)
    try:
        addresses = await application.start(make_http(application, status, page))
        _spare_the_garbage_collector()
        status.ready = True
        echo(greeting(config, addresses[0][1], development))
        await stop.wait()
        status.ready = False
        log.info("draining", extra={"connections": len(application.registry.open)})
    finally:
        await _stop(application)


def page_routes(config: Config, development: Development | None) -> list[web.RouteDef]:
    """Of the page and of what only the page needs; none when it is turned off. Raises ConfigError when its files are missing."""
    if config.page == "off":
        return []
    settings = PageSettings(config.stage, development is not None, config.text_characters_max, __version__)
    routes = Page(read_web_files(find_web_folder()), settings).routes()
    return routes if development is None else [*routes, *development.tokens.routes()]


def _raise_file_limit() -> None:
    """Every connection is an open file, and the usual soft limit of 1,024 is for programs that use select()."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError) as error:  # some systems name a hard limit that they do not grant
        log.warning("cannot raise the limit of open files: %s", error)


def _spare_the_garbage_collector() -> None:
    """Look for cycles seldom: connections are freed by their reference counts, and a full collection, which walks over all of
    them, was measured as a pause of 57 ms with 5,000.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


async def _stop(application: Application) -> None:
    await application.stop()
    log.info("stopped")


def greeting(config: Config, port: int, development: Development | None) -> str:
    """What a person needs next. A token is shown only when it is signed with the development secret, and so is the key."""
    host = "localhost" if is_loopback(config.host) else config.host
    secure = "s" if config.tls_certificate else ""
    url = f"ws{secure}://{host}:{port}/{config.stage}"
    lines = [
        f"Talkroom {__version__} is listening on http{secure}://{host}:{port}",
        f"  WebSocket  {url}",
        f"  Messages   {'in memory, gone when the server stops' if config.keeps_in_memory else config.database}",
    ]
    if development is None:
        lines.append("  Tokens     yours; `talkroom token` makes one with the same settings")
        return "\n".join(lines)
    token = development.tokens.issue("alice")
    lines.append(f"  Secret     {development.secret} (for development: this machine only)")
    if config.page == "on":
        lines += ["", f"Open http{secure}://{host}:{port} and chat."]
    lines += [
        "",
        "A token for alice, for every room and 12 hours:",
        f"  {token}",
        "",
        "Talk to yourself in two terminals:",
        f"  npx wscat -c {url} -s {token} -s lobby",
        '  > {"action":"sendmessage","data":{"message":"こんにちは","roomId":"lobby"}}',
        "",
        f"Another person: {_program()} token --user bob --room lobby{_database_option(config)}",
    ]
    if development.key is not None:
        lines += _greet_key(config, development.key, url)
    return "\n".join(lines)


def _greet_key(config: Config, file: Path, url: str) -> list[str]:
    """How to call the management API. The AWS CLI reads `fileb://` as it is, whatever its version."""
    endpoint = url.replace("ws", "http", 1)
    post = f"aws apigatewaymanagementapi post-to-connection --endpoint-url {endpoint} --data fileb:///dev/stdin"
    return [
        "",
        f"A key for @connections at {endpoint} ({file}, for development too):",
        f"  export AWS_ACCESS_KEY_ID={config.management_access_key_id}",
        f"  export AWS_SECRET_ACCESS_KEY={config.management_secret_access_key}",
        "",
        "Post to a connection, whose id is in the log, as a back end would:",
        f"  echo hello | {post} --region us-east-1 --connection-id ID",
    ]


def _database_option(config: Config) -> str:
    """What `talkroom token` needs to find the same development secret."""
    if config.keeps_in_memory or config.database == DEFAULT_DATABASE:
        return ""
    return f" --database {shlex.quote(str(config.database))}"


def _program() -> str:
    """The command that this process was started with, as a person may type it again."""
    started_as = sys.argv[0]
    return started_as if started_as.endswith("talkroom") and Path(started_as).exists() else "talkroom"


def _configured(config: Config) -> TokenSettings:
    default = ("HS256",) if config.token_secret else ("RS256",)
    return TokenSettings(
        algorithms=config.token_algorithms or default,
        secret=config.token_secret or "",
        previous_secret=config.token_previous_secret or "",
        public_key_file=config.token_key,
        jwks=config.token_jwks or "",
        audience=config.token_audience,
        issuer=config.token_issuer or "",
        leeway_s=config.token_leeway_s,
    )
