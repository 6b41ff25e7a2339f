"""The composition root: the only module that knows every other. Adapters are made here, by plain calls, and closed here."""

import ssl
from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Final, cast

import aiohttp.web

from talkroom.auth.authorizer import ChatAuthorizer, Explanation
from talkroom.auth.settings import TokenSettings, make_verifier
from talkroom.auth.verify import JwtVerifier
from talkroom.chat.app import SUBPROTOCOL_HEADER, Chat
from talkroom.chat.model.errors import ErrorCode, Unavailable
from talkroom.chat.ports import Clock, MessageLog
from talkroom.config import Config
from talkroom.contract.routes import CONNECT, DEFAULT, DISCONNECT
from talkroom.gateway.api import Api, AuthorizerConfig, Route
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.management import InProcessManagement
from talkroom.gateway.management_http import ManagementHttp
from talkroom.gateway.permissions import connect_arn, stage_arn
from talkroom.gateway.registry import Registry, wall_clock_ms
from talkroom.gateway.server import Server
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signing_keys import ManagementKey
from talkroom.settings import ConfigError
from talkroom.storage.memory import MemoryGrants, MemoryMessageLog, MemorySubscriptions
from talkroom.storage.retention import Retention
from talkroom.storage.sqlite import Durability, SqliteMessageLog

IDENTITY_SOURCE: Final = f"route.request.header.{SUBPROTOCOL_HEADER}"
"""What a handshake must carry before the authorizer is asked; on AWS the template says the same."""
UNAVAILABLE: Final = ErrorCode.UNAVAILABLE.wire_name


class Application:
    """Everything that one server process runs, made and not yet started."""

    def __init__(
        self,
        *,
        config: Config,
        registry: Registry,
        gateway: Gateway,
        management: ManagementHttp,
        chat: Chat,
        log: MessageLog,
        authorizer: ChatAuthorizer,
        verifier: JwtVerifier,
    ) -> None:
        self.config = config
        self.registry = registry
        self.chat = chat
        self.log = log
        self._gateway = gateway
        self._management = management
        self._authorizer = authorizer
        self._verifier = verifier
        self._server = Server(gateway)
        self._http: aiohttp.web.AppRunner | None = None

    async def start(self, web: aiohttp.web.Application) -> Sequence[tuple[str, int]]:
        """Listen for WebSocket handshakes and, for all other requests, with `web`; returns the addresses.

        Raises OSError when an address cannot be listened on.
        """
        self._management.add_to(web)
        # A signature covers a body as it was sent, so nothing may be decompressed before it is checked.
        self._http = aiohttp.web.AppRunner(web, handle_signals=False, access_log=None, auto_decompress=False)
        await self._http.setup()
        assert self._http.server is not None
        self._gateway.start()
        tls = make_tls(self.config)
        return await self._server.listen(self.config.host, self.config.port, self._http.server, tls=tls)

    async def explain(self, token: str, origins: Sequence[str]) -> Explanation | None:
        """Why a handshake with this token, from a page of one of these origins, would be refused now; None when it would not."""
        if self._gateway.draining:
            return Explanation(503, UNAVAILABLE, "The server is stopping.")
        if len(self.registry.sockets) >= self.config.connections_max:
            return Explanation(503, UNAVAILABLE, "The server has as many connections as it may (--connections-max).")
        api = self._gateway.api
        of_stage = stage_arn(region=api.region, account_id=api.account_id, api_id=api.api_id, stage=api.stage)
        try:
            return await self._authorizer.explain(token, origins, connect_arn(of_stage))
        except Unavailable:
            return Explanation(503, UNAVAILABLE, "The keys that verify tokens cannot be fetched at the moment.")

    async def stop(self) -> None:
        """Drain and release everything, in the order in which nothing is lost: no new work, the work in hand, the log."""
        self._server.stop_accepting()
        await self._gateway.drain(self.config.drain_timeout_s)
        if self._http is not None:
            await self._http.cleanup()
        await self._verifier.close()
        await self.log.close()


async def build(config: Config, tokens: TokenSettings, *, clock: Clock = wall_clock_ms) -> Application:
    """Make the server's parts and join them. Raises ConfigError, InvalidSettings, or what is wrong with the log's file."""
    verifier = make_verifier(tokens, clock)
    log = await open_log(config, clock)
    registry = Registry(config.gateway_limits, clock=clock)
    management = InProcessManagement(registry)
    chat = Chat(
        log=log,
        subscriptions=MemorySubscriptions(),
        grants=MemoryGrants(),
        verifier=verifier,
        management=management,
        limits=config.chat_limits,
        clock=clock,
    )
    authorizer = ChatAuthorizer(verifier, config.chat_limits, config.origins)
    gateway = Gateway(make_api(chat, authorizer, config.stage), registry)
    return Application(
        config=config,
        registry=registry,
        gateway=gateway,
        management=ManagementHttp(
            management,
            _make_signature_verifier(config, clock),
            lambda: gateway.api,
            config.message_bytes_max,
            throttle=gateway.take_request,
        ),
        chat=chat,
        log=log,
        authorizer=authorizer,
        verifier=verifier,
    )


def make_api(chat: Chat, authorizer: ChatAuthorizer, stage: str) -> Api:
    """The chat's routes, as the template on AWS has them: replies travel as route responses."""
    silent, answering = Route(chat), Route(chat, route_response=True)
    return Api(
        routes={CONNECT: silent, DISCONNECT: silent, "sendmessage": answering, DEFAULT: answering},
        authorizer=AuthorizerConfig(authorizer, (IDENTITY_SOURCE,)),
        stage=stage,
    )


async def open_log(config: Config, clock: Clock) -> MessageLog:
    """The message log that the configuration names."""
    retention = Retention(max_age_s=config.retention_s, max_messages=config.retention_messages)
    if config.keeps_in_memory:
        return MemoryMessageLog(clock, new_epoch, retention)
    try:
        config.database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--database: the folder of {config.database} cannot be made: {error.strerror}") from error
    return await SqliteMessageLog.open(
        config.database,
        durability=cast(Durability, config.durability),  # checked by Config
        retention=retention,
        clock=clock,
        new_epoch=new_epoch,
    )


def make_tls(config: Config) -> ssl.SSLContext | None:
    """The server's side of TLS, when a certificate is configured. Raises ConfigError."""
    if config.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(config.tls_certificate, config.tls_key)
    except OSError as error:  # an SSLError is one
        raise ConfigError(
            f"--tls-certificate {config.tls_certificate} and --tls-key {config.tls_key} cannot be used: {error.strerror or error}"
        ) from error
    return context


def new_epoch() -> str:
    """72 random bits: two incarnations of a log never share an epoch by chance."""
    return token_urlsafe(9)


def _make_signature_verifier(config: Config, clock: Clock) -> SignatureVerifier | None:
    if config.management_access_key_id is None or config.management_secret_access_key is None:
        return None
    return SignatureVerifier(
        [ManagementKey(config.management_access_key_id, config.management_secret_access_key)], clock
    )
