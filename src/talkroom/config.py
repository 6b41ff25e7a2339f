"""Configuration: one frozen value, read once at the edge of the process.

Every setting is one field: its name gives the option (`--idle-timeout-s`) and the variable (`TALKROOM_IDLE_TIMEOUT_S`), its
metadata the help. The command line, `--help` and docs/configuration.md are all made from this table, and a test compares them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkroom.chat.model.limits import Limits
from talkroom.gateway.api import GatewayLimits
from talkroom.gateway.frames import CONTROL_BYTES_MAX
from talkroom.settings import (
    LOG_LEVELS,
    OPERATIONS,
    STORAGE,
    TOKENS,
    ConfigError,
    check_choice,
    check_numbers,
    common,
    read_settings,
    setting,
    settings_of,
)

PORT_MAX: Final = 65535

RESERVED_STAGES: Final = frozenset({"healthz", "readyz", "metrics"})
"""Paths of one segment that the server has for itself; the others have a dot, which a stage cannot have."""

DEFAULT_DATABASE: Final = Path("talkroom-data/talkroom.db")

LISTENING = "Listening"
MANAGEMENT = "Management API"
GATEWAY_LIMITS = "Limits of the gateway (AWS's quotas are the defaults)"


_gateway = GatewayLimits()


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting of the server."""

    host: str = setting(
        LISTENING,
        "Address to listen on. Anything but a loopback address needs a configured token secret, key or JWKS.",
        "127.0.0.1",
    )
    port: int = setting(LISTENING, "TCP port to listen on; 0 lets the system choose.", 8080)
    stage: str = setting(LISTENING, "Stage name: the path of the WebSocket URL.", "prod")
    tls_certificate: Path | None = setting(
        LISTENING, "PEM file with the certificate chain; with it the server speaks TLS (wss). Needs --tls-key."
    )
    tls_key: Path | None = setting(LISTENING, "PEM file with the private key of --tls-certificate.")
    page: str = setting(
        LISTENING,
        "Whether the chat page (`/`), the element `<talk-room>` (`/talk-room.js`) and the client (`/client.js`) are served: `on` or"
        " `off`.",
        "on",
    )

    database: Path = setting(
        STORAGE,
        "SQLite file with the message logs; its folder is made when missing. `:memory:` keeps them in memory, until the end.",
        DEFAULT_DATABASE,
    )
    durability: str = setting(
        STORAGE,
        "When a message counts as stored: `full` survives power loss (one disk flush a group of messages), `os` survives the end"
        " of the process but not of the machine.",
        "full",
    )
    retention_s: int | None = common("retention_s")
    retention_messages: int | None = common("retention_messages")

    token_secret: str | None = setting(
        TOKENS,
        "Secret of at least 32 bytes that your back end signs chat tokens with (HS256). Without it, and without a key or JWKS, a"
        " development secret is made beside the database, and only loopback is served.",
        secret=True,
    )
    token_previous_secret: str | None = setting(
        TOKENS, "The secret before the current one, still accepted while a change of secrets is under way.", secret=True
    )
    token_key: Path | None = setting(TOKENS, "PEM file with the public key that verifies chat tokens.")
    token_jwks: str | None = common("token_jwks")
    token_algorithms: tuple[str, ...] = common("token_algorithms")
    token_audience: str = common("token_audience")
    token_issuer: str | None = common("token_issuer")
    token_leeway_s: int = common("token_leeway_s")
    origins: tuple[str, ...] = common("origins")

    management_access_key_id: str | None = setting(
        MANAGEMENT,
        "Access key id of the only key that may call @connections over HTTP. Empty: nobody may, but for a server with a development"
        " secret, which makes a development key beside it.",
    )
    management_secret_access_key: str | None = setting(MANAGEMENT, "Secret access key that belongs to it.", secret=True)

    idle_timeout_s: float = setting(
        GATEWAY_LIMITS, "Seconds without traffic after which a connection is closed (1001).", _gateway.idle_timeout_s
    )
    idle_close: str = setting(
        GATEWAY_LIMITS,
        "How an idle connection is closed: `frame` sends 1001, `abrupt` drops it without a word. On AWS both has been seen.",
        _gateway.idle_close,
    )
    connection_duration_s: float = setting(
        GATEWAY_LIMITS,
        "Seconds after which a connection is closed however busy (1001).",
        _gateway.connection_duration_s,
    )
    integration_timeout_s: float = setting(
        GATEWAY_LIMITS,
        "Seconds that handling a handshake (504) or a message (an error frame) may take.",
        _gateway.integration_timeout_s,
    )
    frame_bytes_max: int = setting(
        GATEWAY_LIMITS, "Bytes of one frame from a client; a larger one closes with 1009.", _gateway.frame_bytes_max
    )
    message_bytes_max: int = setting(
        GATEWAY_LIMITS,
        "Bytes of one message; a larger one closes with 1009, or is refused with 413.",
        _gateway.message_bytes_max,
    )
    head_bytes_max: int = setting(
        GATEWAY_LIMITS, "Bytes of a request's line and headers; a larger head is answered 431.", _gateway.head_bytes_max
    )
    head_timeout_s: float = setting(
        GATEWAY_LIMITS,
        "Seconds that a client has for its first request head; then it is dropped.",
        _gateway.head_timeout_s,
    )
    close_timeout_s: float = setting(
        GATEWAY_LIMITS,
        "Seconds that a client has to answer a close frame; then it is dropped.",
        _gateway.close_timeout_s,
    )
    outbox_bytes_max: int = setting(
        GATEWAY_LIMITS,
        "Bytes that may wait for a client that does not read; beyond it the client is disconnected and catches up later.",
        _gateway.outbox_bytes_max,
    )
    connections_max: int = setting(
        GATEWAY_LIMITS, "WebSocket connections at once; a further one is answered 503.", _gateway.connections_max
    )
    invocations_per_connection_max: int = setting(
        GATEWAY_LIMITS,
        "Messages of one connection in hand at once; beyond it the server reads no more from that client until one is done.",
        _gateway.invocations_per_connection_max,
    )

    text_characters_max: int = common("text_characters_max")
    room_id_bytes_max: int = common("room_id_bytes_max")
    rooms_per_connection_max: int = common("rooms_per_connection_max")
    commands_per_s: float = common("commands_per_s")
    commands_burst: int = common("commands_burst")
    refused_commands_max: int = common("refused_commands_max")
    page_messages_max: int = common("page_messages_max")
    page_bytes_max: int = common("page_bytes_max")
    page_members_max: int = common("page_members_max")

    log_level: str = common("log_level")
    log_format: str = setting(OPERATIONS, "`text` for people, `json` for machines: one object a line.", "text")
    drain_timeout_s: float = setting(
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
        return read_settings(Config, SETTINGS, environment, "`talkroom serve --help`")


SETTINGS: Final = settings_of(Config)


def _check(config: Config) -> None:
    """Raises ConfigError for a value that no server could work with."""
    check_numbers(config, SETTINGS, frozenset({"port", "token_leeway_s"}))
    if config.port > PORT_MAX:
        raise ConfigError(f"--port (TALKROOM_PORT) must be at most {PORT_MAX}, not {config.port}")
    if min(config.frame_bytes_max, config.message_bytes_max) < CONTROL_BYTES_MAX:
        raise ConfigError(
            f"--frame-bytes-max and --message-bytes-max must be at least {CONTROL_BYTES_MAX}, which a control frame may have"
        )
    check_choice("durability", config.durability, ("full", "os"))
    check_choice("page", config.page, ("on", "off"))
    check_choice("idle_close", config.idle_close, ("frame", "abrupt"))
    check_choice("log_level", config.log_level, LOG_LEVELS)
    check_choice("log_format", config.log_format, ("text", "json"))
    if not all(character.isalnum() or character in "-_" for character in config.stage) or not config.stage.isascii():
        raise ConfigError("--stage (TALKROOM_STAGE) may hold letters, digits, `-` and `_` only")
    if config.stage in RESERVED_STAGES:
        raise ConfigError(
            f"--stage (TALKROOM_STAGE) cannot be {config.stage}: the server answers something else at /{config.stage}"
        )
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
