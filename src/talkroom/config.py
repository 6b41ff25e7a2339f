"""Configuration: one frozen value, read once at the edge of the process.

Every setting is one field: its name gives the option (`--idle-timeout-s`) and the variable (`TALKROOM_IDLE_TIMEOUT_S`), its
metadata the help. The command line, `--help` and docs/configuration.md are all made from this table, and a test compares them.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from talkroom.chat.model.limits import Limits
from talkroom.gateway.api import GatewayLimits
from talkroom.gateway.frames import CONTROL_BYTES_MAX

PREFIX: Final = "TALKROOM_"
PORT_MAX: Final = 65535

DEFAULT_DATABASE: Final = Path("talkroom-data/talkroom.db")

LISTENING = "Listening"
STORAGE = "Storage"
TOKENS = "Tokens"
MANAGEMENT = "Management API"
GATEWAY_LIMITS = "Limits of the gateway (AWS's quotas are the defaults)"
CHAT_LIMITS = "Limits of the chat"
OPERATIONS = "Operations"


class ConfigError(Exception):
    """A setting is missing or cannot be used; the message names it and says what to do."""


def _setting(section: str, help_text: str, default: object = None, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"section": section, "help": help_text})


_gateway = GatewayLimits()
_chat = Limits()


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting of the server."""

    host: str = _setting(
        LISTENING,
        "Address to listen on. Anything but a loopback address needs a configured token secret, key or JWKS.",
        "127.0.0.1",
    )
    port: int = _setting(LISTENING, "TCP port to listen on; 0 lets the system choose.", 8080)
    stage: str = _setting(LISTENING, "Stage name: the path of the WebSocket URL.", "prod")
    tls_certificate: Path | None = _setting(
        LISTENING, "PEM file with the certificate chain; with it the server speaks TLS (wss). Needs --tls-key."
    )
    tls_key: Path | None = _setting(LISTENING, "PEM file with the private key of --tls-certificate.")

    database: Path = _setting(
        STORAGE,
        "SQLite file with the message logs; its folder is made when missing. `:memory:` keeps them in memory, until the end.",
        DEFAULT_DATABASE,
    )
    durability: str = _setting(
        STORAGE,
        "When a message counts as stored: `full` survives power loss (one disk flush a group of messages), `os` survives the end"
        " of the process but not of the machine.",
        "full",
    )
    retention_s: int | None = _setting(STORAGE, "Seconds that messages are kept. Empty: for ever.")
    retention_messages: int | None = _setting(STORAGE, "Messages that are kept of each room. Empty: all.")

    token_secret: str | None = _setting(
        TOKENS,
        "Secret of at least 32 bytes that your back end signs chat tokens with (HS256). Without it, and without a key or JWKS, a"
        " development secret is made beside the database, and only loopback is served.",
        secret=True,
    )
    token_previous_secret: str | None = _setting(
        TOKENS, "The secret before the current one, still accepted while a change of secrets is under way.", secret=True
    )
    token_key: Path | None = _setting(TOKENS, "PEM file with the public key that verifies chat tokens.")
    token_jwks: str | None = _setting(TOKENS, "URL or file of a JWKS with the public keys that verify chat tokens.")
    token_algorithms: tuple[str, ...] = _setting(
        TOKENS,
        "Accepted algorithms, separated by commas: HS256, RS256, ES256, EdDSA. Empty: HS256 for a secret, RS256 for a key or JWKS.",
        (),
    )
    token_audience: str = _setting(TOKENS, "The `aud` that a chat token must carry.", "talkroom")
    token_issuer: str | None = _setting(TOKENS, "The `iss` that a chat token must carry. Empty: any.")
    token_leeway_s: int = _setting(TOKENS, "Seconds by which clocks may differ when a token's times are checked.", 30)
    origins: tuple[str, ...] = _setting(
        TOKENS,
        "Origins that browsers may connect from, separated by commas, such as https://example.com or https://*.example.com."
        " Empty: any.",
        (),
    )

    management_access_key_id: str | None = _setting(
        MANAGEMENT,
        "Access key id of the only key that may call @connections over HTTP. Empty: nobody may, but for a server with a development"
        " secret, which makes a development key beside it.",
    )
    management_secret_access_key: str | None = _setting(
        MANAGEMENT, "Secret access key that belongs to it.", secret=True
    )

    idle_timeout_s: float = _setting(
        GATEWAY_LIMITS, "Seconds without traffic after which a connection is closed (1001).", _gateway.idle_timeout_s
    )
    idle_close: str = _setting(
        GATEWAY_LIMITS,
        "How an idle connection is closed: `frame` sends 1001, `abrupt` drops it without a word. On AWS both has been seen.",
        _gateway.idle_close,
    )
    connection_duration_s: float = _setting(
        GATEWAY_LIMITS,
        "Seconds after which a connection is closed however busy (1001).",
        _gateway.connection_duration_s,
    )
    integration_timeout_s: float = _setting(
        GATEWAY_LIMITS,
        "Seconds that handling a handshake (504) or a message (an error frame) may take.",
        _gateway.integration_timeout_s,
    )
    frame_bytes_max: int = _setting(
        GATEWAY_LIMITS, "Bytes of one frame from a client; a larger one closes with 1009.", _gateway.frame_bytes_max
    )
    message_bytes_max: int = _setting(
        GATEWAY_LIMITS,
        "Bytes of one message; a larger one closes with 1009, or is refused with 413.",
        _gateway.message_bytes_max,
    )
    head_bytes_max: int = _setting(
        GATEWAY_LIMITS, "Bytes of a request's line and headers; a larger head is answered 431.", _gateway.head_bytes_max
    )
    head_timeout_s: float = _setting(
        GATEWAY_LIMITS,
        "Seconds that a client has for its first request head; then it is dropped.",
        _gateway.head_timeout_s,
    )
    close_timeout_s: float = _setting(
        GATEWAY_LIMITS,
        "Seconds that a client has to answer a close frame; then it is dropped.",
        _gateway.close_timeout_s,
    )
    outbox_bytes_max: int = _setting(
        GATEWAY_LIMITS,
        "Bytes that may wait for a client that does not read; beyond it the client is disconnected and catches up later.",
        _gateway.outbox_bytes_max,
    )
    connections_max: int = _setting(
        GATEWAY_LIMITS, "WebSocket connections at once; a further one is answered 503.", _gateway.connections_max
    )
    invocations_per_connection_max: int = _setting(
        GATEWAY_LIMITS,
        "Messages of one connection in hand at once; beyond it the server reads no more from that client until one is done.",
        _gateway.invocations_per_connection_max,
    )

    text_characters_max: int = _setting(
        CHAT_LIMITS, "Characters of one message; a longer one is refused (textTooLong).", _chat.text_characters_max
    )
    room_id_bytes_max: int = _setting(
        CHAT_LIMITS, "UTF-8 bytes of a room id; a longer one is refused (invalidRoomId).", _chat.room_id_bytes_max
    )
    rooms_per_connection_max: int = _setting(
        CHAT_LIMITS,
        "Rooms that one connection may join; one more is refused (tooManyRooms).",
        _chat.rooms_per_connection_max,
    )
    commands_per_s: float = _setting(
        CHAT_LIMITS,
        "Commands a second that one connection may send for long; more are refused (rateLimited).",
        _chat.commands_per_s,
    )
    commands_burst: int = _setting(
        CHAT_LIMITS, "Commands that one connection may send at once, refilled at that rate.", _chat.commands_burst
    )
    refused_commands_max: int = _setting(
        CHAT_LIMITS, "Commands refused in one go after which the connection is closed.", _chat.refused_commands_max
    )
    page_messages_max: int = _setting(CHAT_LIMITS, "Messages of one page of history.", _chat.page_messages_max)
    page_bytes_max: int = _setting(
        CHAT_LIMITS, "Bytes of one page of history; it ends earlier and gives a cursor.", _chat.page_bytes_max
    )
    page_members_max: int = _setting(CHAT_LIMITS, "Members of one page of a room's members.", _chat.page_members_max)

    log_level: str = _setting(OPERATIONS, "Lowest level that is logged: debug, info, warning or error.", "info")
    log_format: str = _setting(OPERATIONS, "`text` for people, `json` for machines: one object a line.", "text")
    drain_timeout_s: float = _setting(
        OPERATIONS, "Seconds that SIGTERM gives the work in hand before connections are cut.", 20.0
    )

    def __post_init__(self) -> None:
        _check(self)

    @property
    def gateway_limits(self) -> GatewayLimits:
        """The gateway's share."""
        return GatewayLimits(**{name: getattr(self, name) for name in GatewayLimits.__struct_fields__})

    @property
    def chat_limits(self) -> Limits:
        """The chat's share."""
        return Limits(**{name: getattr(self, name) for name in Limits.__struct_fields__})

    @property
    def keeps_in_memory(self) -> bool:
        """Whether there is no file at all."""
        return str(self.database) == ":memory:"

    @staticmethod
    def read(environment: Mapping[str, str]) -> "Config":
        """From `TALKROOM_*` variables; an empty variable is an absent one.

        Raises ConfigError for a variable that is unknown or cannot be read.
        """
        settings = {setting.variable: setting for setting in SETTINGS}
        unknown = [name for name in environment if name.startswith(PREFIX) and name not in settings]
        if unknown:
            raise ConfigError(f"{unknown[0]} is not a setting; `talkroom serve --help` lists them")
        return Config(
            **{
                settings[name].name: settings[name].parse(text, f"{settings[name].option} ({name})")
                for name, text in environment.items()
                if name in settings and text
            }
        )


@dataclass(frozen=True)
class Setting:
    """One row of the table of settings."""

    name: str
    section: str
    help: str
    default: Any
    kind: Any
    """int, float, str, Path or tuple (of str)."""
    optional: bool

    @property
    def option(self) -> str:
        """As on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """As in the environment."""
        return PREFIX + self.name.upper()

    @property
    def shown_default(self) -> str:
        """As in the help: empty when there is none."""
        return "" if self.default in (None, ()) else str(self.default).removesuffix(".0")

    def parse(self, text: str, given_as: str) -> Any:
        """The value of a text. Raises ConfigError that names how it was given."""
        if self.kind is tuple:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        try:
            return self.kind(text)
        except ValueError:
            wanted = {int: "a whole number", float: "a number"}[self.kind]
            raise ConfigError(f"{given_as} must be {wanted}, not {text!r}") from None


def _settings() -> tuple[Setting, ...]:
    hints = get_type_hints(Config)
    rows = []
    for one in fields(Config):
        hint = hints[one.name]
        options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
        kind = get_origin(options[0]) or options[0]
        default = None if one.default is MISSING else one.default
        rows.append(
            Setting(one.name, one.metadata["section"], one.metadata["help"], default, kind, type(None) in options)
        )
    return tuple(rows)


SETTINGS: Final = _settings()


def _check(config: Config) -> None:
    """Raises ConfigError for a value that no server could work with."""
    for setting in SETTINGS:
        value = getattr(config, setting.name)
        if setting.kind in (int, float) and value is not None:
            least = 0 if setting.name in ("port", "token_leeway_s") else 1 if setting.kind is int else 0.001
            if not least <= value <= 2**53:
                raise ConfigError(f"{setting.option} ({setting.variable}) must be at least {least}, not {value}")
    if config.port > PORT_MAX:
        raise ConfigError(f"--port (TALKROOM_PORT) must be at most {PORT_MAX}, not {config.port}")
    if min(config.frame_bytes_max, config.message_bytes_max) < CONTROL_BYTES_MAX:
        raise ConfigError(
            f"--frame-bytes-max and --message-bytes-max must be at least {CONTROL_BYTES_MAX}, which a control frame may have"
        )
    _check_choice("durability", config.durability, ("full", "os"))
    _check_choice("idle_close", config.idle_close, ("frame", "abrupt"))
    _check_choice("log_level", config.log_level, ("debug", "info", "warning", "error"))
    _check_choice("log_format", config.log_format, ("text", "json"))
    if not all(character.isalnum() or character in "-_" for character in config.stage) or not config.stage.isascii():
        raise ConfigError("--stage (TALKROOM_STAGE) may hold letters, digits, `-` and `_` only")
    for one, other in (("tls_certificate", "tls_key"), ("management_access_key_id", "management_secret_access_key")):
        if (getattr(config, one) is None) != (getattr(config, other) is None):
            raise ConfigError(f"--{one.replace('_', '-')} and --{other.replace('_', '-')} need each other")
    if config.outbox_bytes_max < config.message_bytes_max + 1024:
        raise ConfigError(
            "--outbox-bytes-max must be larger than --message-bytes-max by 1024, or no client could get a full message"
        )
    if config.text_characters_max * 6 > config.page_bytes_max:
        raise ConfigError(
            "--page-bytes-max must be at least six times --text-characters-max, or a page might hold no message"
        )


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(
            f"--{name.replace('_', '-')} ({PREFIX}{name.upper()}) must be {' or '.join(choices)}, not {value!r}"
        )
