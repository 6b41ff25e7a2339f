"""The configuration of the functions on AWS: one frozen value, read once when an execution environment begins.

The variables are those that infra/aws/template.yaml gives its functions; docs/configuration-aws.md is made from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkroom.auth.settings import TokenSettings
from talkroom.chat.model.limits import Limits
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
from talkroom.storage.retention import Retention

DELIVERY = "Delivery"


@dataclass(frozen=True, kw_only=True)
class AwsConfig:
    """Every setting of the functions. A function is given those that it needs."""

    connections_table: str | None = setting(STORAGE, "DynamoDB table of connections, with the index roomId-index.")
    messages_table: str | None = setting(STORAGE, "DynamoDB table of the message logs.")
    retention_s: int | None = common("retention_s")
    retention_messages: int | None = common("retention_messages")
    log_incarnation: str = setting(
        STORAGE,
        "Any text, added to every epoch. Change it when the messages table was restored from a backup: sequences were taken back"
        " then, and a new epoch makes every client start afresh.",
        "",
    )

    token_secret_arn: str | None = setting(
        TOKENS,
        "ARN of the Secrets Manager secret or SSM parameter that holds the secret of chat tokens (HS256): the secret itself, or"
        ' JSON `{"current": …, "previous": …}` while a change of secrets is under way.',
    )
    token_jwks: str | None = common("token_jwks")
    token_algorithms: tuple[str, ...] = common("token_algorithms")
    token_audience: str = common("token_audience")
    token_issuer: str | None = common("token_issuer")
    token_leeway_s: int = common("token_leeway_s")
    origins: tuple[str, ...] = common("origins")

    management_endpoint: str | None = setting(
        DELIVERY,
        "Where connections are posted to: https://{api}.execute-api.{region}.amazonaws.com/{stage}. Never derived from an event,"
        " because behind a custom domain the event names another host.",
    )
    delivery_concurrency: int = setting(DELIVERY, "Posts under way at once.", 64)
    delivery_deadline_s: float = setting(
        DELIVERY,
        "Seconds that one push may take, retries included; what is not delivered by then is counted as failed.",
        10.0,
    )
    fan_out_function: str | None = setting(
        DELIVERY,
        "Name or ARN of the function that pages of a push to a large room are handed to. Empty: one invocation posts to all.",
    )
    fan_out_inline_max: int = setting(DELIVERY, "Recipients that the sending function posts to by itself.", 500)
    fan_out_page: int = setting(DELIVERY, "Recipients of one page of a larger room.", 500)

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
    metrics_namespace: str = setting(OPERATIONS, "CloudWatch namespace of the metrics that functions log.", "Talkroom")

    def __post_init__(self) -> None:
        _check(self)

    @property
    def chat_limits(self) -> Limits:
        """The chat's share."""
        return Limits(**{name: getattr(self, name) for name in Limits.__struct_fields__})

    @property
    def retention(self) -> Retention:
        """The message log's share."""
        return Retention(max_age_s=self.retention_s, max_messages=self.retention_messages)

    def token_settings(self, secret: str = "", previous_secret: str = "") -> TokenSettings:
        """How tokens are verified: by a JWKS if one is named, else by these secrets. Raises InvalidSettings."""
        default = ("RS256",) if self.token_jwks else ("HS256",)
        return TokenSettings(
            algorithms=self.token_algorithms or default,
            secret=secret,
            previous_secret=previous_secret,
            jwks=self.token_jwks or "",
            audience=self.token_audience,
            issuer=self.token_issuer or "",
            leeway_s=self.token_leeway_s,
        )

    @staticmethod
    def read(environment: Mapping[str, str]) -> "AwsConfig":
        """From `TALKROOM_*` variables; an empty variable is an absent one.

        Raises ConfigError for a variable that is unknown or cannot be read.
        """
        return read_settings(AwsConfig, AWS_SETTINGS, environment, "docs/configuration-aws.md")


AWS_SETTINGS: Final = settings_of(AwsConfig)

ROOM_ID_BYTES_MAX: Final = 1024
"""What fits DynamoDB's sort key of the connections table ("Quotas in Amazon DynamoDB")."""
PAGE_BYTES_MAX: Final = 120 * 1024
"""With what stands around it, such a page still fits a message of API Gateway, 128 KiB; so every text fits that, and an item."""


def _check(config: AwsConfig) -> None:
    """Raises ConfigError for a value that no function could work with."""
    check_numbers(config, AWS_SETTINGS, frozenset({"token_leeway_s"}))
    check_choice("log_level", config.log_level, LOG_LEVELS)
    if config.token_secret_arn and config.token_jwks:
        raise ConfigError("TALKROOM_TOKEN_SECRET_ARN and TALKROOM_TOKEN_JWKS are both set: leave one of the two out")
    if config.token_jwks and "://" not in config.token_jwks and not Path(config.token_jwks).is_absolute():
        raise ConfigError(f"TALKROOM_TOKEN_JWKS must be an https URL or an absolute path, not {config.token_jwks!r}")
    if config.room_id_bytes_max > ROOM_ID_BYTES_MAX:
        raise ConfigError(
            f"TALKROOM_ROOM_ID_BYTES_MAX must be at most {ROOM_ID_BYTES_MAX}, which a key of DynamoDB may have"
        )
    if config.page_bytes_max > PAGE_BYTES_MAX:
        raise ConfigError(
            f"TALKROOM_PAGE_BYTES_MAX must be at most {PAGE_BYTES_MAX}: API Gateway sends 128 KiB at once"
        )
    if config.text_characters_max * 6 > config.page_bytes_max:
        raise ConfigError(
            "TALKROOM_PAGE_BYTES_MAX must be at least six times TALKROOM_TEXT_CHARACTERS_MAX, or a page might hold no message"
        )
