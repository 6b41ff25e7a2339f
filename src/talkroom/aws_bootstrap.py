"""The composition root of the functions on AWS, as `bootstrap.py` is of the server on one machine.

Every function is made of the same parts; which of them it may use is its role's business. Parts ask nobody for anything until they
are used, so a function that never reads messages needs no right to. Connections to AWS are made once and live as long as the
execution environment.
"""

import time
from collections.abc import Mapping
from functools import cached_property
from secrets import token_urlsafe
from typing import Final

import msgspec

from talkroom.auth.authorizer import ChatAuthorizer
from talkroom.auth.errors import InvalidSettings
from talkroom.auth.rotating import RotatingVerifier
from talkroom.auth.settings import make_verifier
from talkroom.auth.verify import JwtVerifier
from talkroom.aws.credentials import read_credentials
from talkroom.aws.endpoints import ServiceEndpoints
from talkroom.aws.secrets import read_secret
from talkroom.aws.signed_http import SignedHttp, open_session
from talkroom.aws_config import AwsConfig
from talkroom.chat.app import Chat
from talkroom.chat.fan_out import Splitting
from talkroom.chat.ports import Clock
from talkroom.delivery.page_handover import LambdaPageHandover
from talkroom.delivery.remote_management import RemoteManagement
from talkroom.settings import PREFIX, ConfigError
from talkroom.storage.dynamodb.client import DynamoDbClient, dynamodb_client
from talkroom.storage.dynamodb.grants import DynamoDbGrants
from talkroom.storage.dynamodb.message_log import DynamoDbMessageLog
from talkroom.storage.dynamodb.subscriptions import DynamoDbSubscriptions

REGION: Final = "AWS_REGION"

OTHER_CALLS_MAX: Final = 64
"""Connections beside those that posts have: a look-up must not wait behind a room of thousands."""


class AwsApplication:
    """What one execution environment runs. Its parts are made when they are first asked for, each from the variables it needs."""

    def __init__(self, config: AwsConfig, environment: Mapping[str, str], *, clock: Clock | None = None) -> None:
        """To be made on the event loop that it is used on; without a clock it goes by the machine's.

        Raises ConfigError, CredentialsMissing.
        """
        region = environment.get(REGION)
        if not region:
            raise ConfigError(f"{REGION} is not set; Lambda sets it in every function")
        self._config = config
        self._clock = clock or wall_clock_ms
        self._endpoints = ServiceEndpoints(environment)
        self._region = region
        self._credentials = read_credentials(environment)
        self._session = open_session(config.delivery_concurrency + OTHER_CALLS_MAX)
        self._http = SignedHttp(self._session, self._credentials, region)

    @cached_property
    def authorizer(self) -> ChatAuthorizer:
        """Of `$connect`. Raises InvalidSettings."""
        return ChatAuthorizer(self._verifier, self._config.chat_limits, self._config.origins)

    @cached_property
    def chat(self) -> Chat:
        """Of every route. Raises ConfigError."""
        table = self._required("connections_table")
        return Chat(
            log=self.log,
            subscriptions=DynamoDbSubscriptions(self._dynamodb, table, clock=self._clock),
            grants=DynamoDbGrants(self._dynamodb, table, clock=self._clock),
            verifier=self._verifier,
            management=self.management,
            limits=self._config.chat_limits,
            clock=self._clock,
            splitting=self._splitting,
        )

    @cached_property
    def log(self) -> DynamoDbMessageLog:
        """The message log. Raises ConfigError."""
        return DynamoDbMessageLog(
            self._dynamodb,
            self._required("messages_table"),
            clock=self._clock,
            new_epoch=new_epoch,
            retention=self._config.retention,
            incarnation=self._config.log_incarnation,
        )

    @cached_property
    def management(self) -> RemoteManagement:
        """The management API. Raises ConfigError."""
        return RemoteManagement(
            self._http,
            self._required("management_endpoint"),
            concurrency=self._config.delivery_concurrency,
            deadline_s=self._config.delivery_deadline_s,
        )

    async def close(self) -> None:
        """Release everything."""
        await self._verifier.close()
        await self._session.close()

    @cached_property
    def _dynamodb(self) -> DynamoDbClient:
        return dynamodb_client(
            self._session, self._credentials, self._region, endpoint=self._endpoints.url_of("dynamodb", self._region)
        )

    @cached_property
    def _splitting(self) -> Splitting | None:
        function = self._config.fan_out_function
        if function is None:
            return None
        return Splitting(
            handover=LambdaPageHandover(self._http, function, self._endpoints.url_of("lambda", self._region)),
            inline_max=self._config.fan_out_inline_max,
            page_max=self._config.fan_out_page,
        )

    @cached_property
    def _verifier(self) -> RotatingVerifier:
        return RotatingVerifier(self._load_verifier, self._clock)

    @cached_property
    def _jwks_verifier(self) -> JwtVerifier:
        """One for good: it fetches new keys by itself."""
        return make_verifier(self._config.token_settings(), self._clock)

    async def _load_verifier(self) -> JwtVerifier:
        arn = self._config.token_secret_arn
        if arn is None:
            return self._jwks_verifier
        secret, previous = split_secret(await read_secret(self._http, arn, self._endpoints))
        return make_verifier(self._config.token_settings(secret, previous), self._clock)

    def _required(self, name: str) -> str:
        value: str | None = getattr(self._config, name)
        if value is None:
            raise ConfigError(f"{PREFIX}{name.upper()} is not set, and this function needs it")
        return value


def split_secret(text: str) -> tuple[str, str]:
    """The current and the previous secret of what the secret store holds; the previous one may be empty.

    Raises InvalidSettings for JSON of another shape.
    """
    if not text.startswith("{"):
        return text, ""
    try:
        pair = msgspec.json.decode(text, type=_SecretPair)
    except msgspec.DecodeError:
        raise InvalidSettings(
            'The secret of chat tokens begins with a brace and is not `{"current": "…", "previous": "…"}`.'
        ) from None
    return pair.current, pair.previous


class _SecretPair(msgspec.Struct, frozen=True):
    current: str
    previous: str = ""


def wall_clock_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def new_epoch() -> str:
    """72 random bits: two incarnations of a log never share an epoch by chance."""
    return token_urlsafe(9)
