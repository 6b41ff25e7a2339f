"""The table of settings: what the server and the functions on AWS have in common of their configuration.

A configuration is a frozen dataclass whose every field is made by `setting` or `common`. The field's name gives the variable
(`TALKROOM_IDLE_TIMEOUT_S`) and, where there is a command line, the option (`--idle-timeout-s`); its metadata the help.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from talkroom.chat.model.limits import Limits

PREFIX: Final = "TALKROOM_"

STORAGE = "Storage"
TOKENS = "Tokens"
CHAT_LIMITS = "Limits of the chat"
OPERATIONS = "Operations"

_chat = Limits()
_T = TypeVar("_T")


class ConfigError(Exception):
    """A setting is missing or cannot be used; the message names it and says what to do."""


def setting(section: str, help_text: str, default: object = None, secret: bool = False) -> Any:
    """A field of a configuration."""
    return field(default=default, repr=not secret, metadata={"section": section, "help": help_text})


def common(name: str) -> Any:
    """A field that every configuration of the chat has, described once."""
    return setting(*_COMMON[name])


_COMMON: Final[Mapping[str, tuple[Any, ...]]] = {
    "retention_s": (STORAGE, "Seconds that messages are kept. Empty: for ever."),
    "retention_messages": (STORAGE, "Messages that are kept of each room. Empty: all."),
    "token_jwks": (TOKENS, "URL or file of a JWKS with the public keys that verify chat tokens."),
    "token_algorithms": (
        TOKENS,
        "Accepted algorithms, separated by commas: HS256, RS256, ES256, EdDSA. Empty: HS256 for a secret, RS256 for a key or JWKS.",
        (),
    ),
    "token_audience": (TOKENS, "The `aud` that a chat token must carry.", "talkroom"),
    "token_issuer": (TOKENS, "The `iss` that a chat token must carry. Empty: any."),
    "token_leeway_s": (TOKENS, "Seconds by which clocks may differ when a token's times are checked.", 30),
    "origins": (
        TOKENS,
        (
            "Origins that browsers may connect from, separated by commas, such as https://example.com or"
            " https://*.example.com. Empty: any."
        ),
        (),
    ),
    "text_characters_max": (
        CHAT_LIMITS,
        "Characters of one message; a longer one is refused (textTooLong).",
        _chat.text_characters_max,
    ),
    "room_id_bytes_max": (
        CHAT_LIMITS,
        "UTF-8 bytes of a room id; a longer one is refused (invalidRoomId).",
        _chat.room_id_bytes_max,
    ),
    "rooms_per_connection_max": (
        CHAT_LIMITS,
        "Rooms that one connection may join; one more is refused (tooManyRooms).",
        _chat.rooms_per_connection_max,
    ),
    "commands_per_s": (
        CHAT_LIMITS,
        "Commands a second that one connection may send for long; more are refused (rateLimited).",
        _chat.commands_per_s,
    ),
    "commands_burst": (
        CHAT_LIMITS,
        "Commands that one connection may send at once, refilled at that rate.",
        _chat.commands_burst,
    ),
    "refused_commands_max": (
        CHAT_LIMITS,
        "Commands refused in one go after which the connection is closed.",
        _chat.refused_commands_max,
    ),
    "page_messages_max": (CHAT_LIMITS, "Messages of one page of history.", _chat.page_messages_max),
    "page_bytes_max": (
        CHAT_LIMITS,
        "Bytes of one page of history; it ends earlier and gives a cursor.",
        _chat.page_bytes_max,
    ),
    "page_members_max": (CHAT_LIMITS, "Members of one page of a room's members.", _chat.page_members_max),
    "log_level": (OPERATIONS, "Lowest level that is logged: debug, info, warning or error.", "info"),
}


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


def settings_of(config: type) -> tuple[Setting, ...]:
    """Its fields as rows, in their order."""
    hints = get_type_hints(config)
    rows = []
    for one in fields(config):
        hint = hints[one.name]
        options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
        kind = get_origin(options[0]) or options[0]
        default = None if one.default is MISSING else one.default
        rows.append(
            Setting(one.name, one.metadata["section"], one.metadata["help"], default, kind, type(None) in options)
        )
    return tuple(rows)


def read_settings(config: type[_T], settings: tuple[Setting, ...], environment: Mapping[str, str], known_by: str) -> _T:
    """A configuration from `TALKROOM_*` variables; an empty variable is an absent one.

    Raises ConfigError for a variable that is unknown, saying where to look (`known_by`), or cannot be read.
    """
    by_variable = {one.variable: one for one in settings}
    unknown = [name for name in environment if name.startswith(PREFIX) and name not in by_variable]
    if unknown:
        raise ConfigError(f"{unknown[0]} is not a setting; {known_by} lists them")
    return config(
        **{
            by_variable[name].name: by_variable[name].parse(text, f"{by_variable[name].option} ({name})")
            for name, text in environment.items()
            if name in by_variable and text
        }
    )


def check_numbers(config: object, settings: tuple[Setting, ...], may_be_zero: frozenset[str]) -> None:
    """Raises ConfigError for a number that is too small or too large for anything."""
    for one in settings:
        value = getattr(config, one.name)
        if one.kind in (int, float) and value is not None:
            least = 0 if one.name in may_be_zero else 1 if one.kind is int else 0.001
            if not least <= value <= 2**53:
                raise ConfigError(f"{one.option} ({one.variable}) must be at least {least}, not {value}")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raises ConfigError for a value that is none of these."""
    if value not in choices:
        raise ConfigError(
            f"--{name.replace('_', '-')} ({PREFIX}{name.upper()}) must be {' or '.join(choices)}, not {value!r}"
        )


LOG_LEVELS: Final = ("debug", "info", "warning", "error")
