"""A chat you can talk to: the real application with working fakes around it."""

from collections.abc import Iterable
from itertools import count
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import msgspec

from talkroom.chat.app import Chat
from talkroom.chat.fan_out import Splitting
from talkroom.chat.model.errors import ClientError
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.policy import Grant
from talkroom.chat.ports import MessageLog, Subscriptions
from talkroom.chat.protocol.commands import COMMANDS
from talkroom.chat.protocol.context import encode_context
from talkroom.chat.protocol.offer import Offer, parse_offer
from talkroom.contract.authorizer import allow, context_for_events
from talkroom.contract.close_codes import CLOSED_BY_CLIENT_WITHOUT_CODE, DELETED, Closure
from talkroom.contract.events import Event, decode_event, encode_event
from talkroom.contract.ids import ENTROPY_BYTES, encode_id
from talkroom.contract.integration import IntegrationResult
from talkroom.contract.routes import DEFAULT, compile_selector
from talkroom.storage.memory import MemoryGrants, MemoryMessageLog, MemorySubscriptions
from talkroom.storage.retention import UNLIMITED, Retention
from talkroom.testing.clients import Client, PlainClient, V1Client
from talkroom.testing.clock import FakeClock
from talkroom.testing.events import API_ID, STAGE, a_connect_event, a_disconnect_event, a_message_event
from talkroom.testing.ids import SequentialIds
from talkroom.testing.management import RecordingManagement
from talkroom.testing.tokens import EVERYTHING, HOUR_MS, FakeTokens

_METHOD_ARN: Final = f"arn:aws:execute-api:eu-west-1:123456789012:{API_ID}/{STAGE}/$connect"
_select = compile_selector("$request.body.action")


class HandshakeRefused(Exception):
    """The authorizer or `$connect` did not admit a connection."""

    def __init__(self, status: int) -> None:
        self.status = status
        """The HTTP status that the client gets."""
        super().__init__(f"the handshake was refused with {status}")


class _Connection(msgspec.Struct, frozen=True):
    connection_id: str
    connected_at_ms: int
    context: dict[str, str]


class ChatForTests:
    """A chat in memory. Make one with `a_chat`.

    Clients connect, speak and vanish; every event goes to the application as the JSON that a Lambda function receives, and
    when a verb returns, all that it causes has happened. What is the application's own fault is raised.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        clock: FakeClock,
        log: MessageLog,
        subscriptions: Subscriptions,
        splitting: Splitting | None = None,
    ) -> None:
        self.clock = clock
        self.log = log
        self.subscriptions = subscriptions
        self.grants = MemoryGrants()
        self.tokens = FakeTokens(clock)
        self.management = RecordingManagement(clock)
        self.app = Chat(
            log=log,
            subscriptions=subscriptions,
            grants=self.grants,
            verifier=self.tokens,
            management=self.management,
            limits=limits,
            clock=clock,
            splitting=splitting,
        )
        self._connections: dict[str, _Connection] = {}
        self._numbers = count(1)
        self._new_message_id = SequentialIds("m")
        self._deletions_told = 0

    async def connect(
        self,
        principal_id: str,
        *,
        room: str | None = None,
        name: str | None = None,
        rooms: Iterable[str] = ("*",),
        can: Iterable[str] = EVERYTHING,
        expires_in_ms: int = HOUR_MS,
    ) -> V1Client:
        """A `talkroom.v1` connection, in a room if one is given; the token allows `rooms` and `can`.

        Raises HandshakeRefused.
        """
        token = self.tokens.issue(principal_id, name=name, rooms=rooms, can=can, expires_in_ms=expires_in_ms)
        connection = await self._handshake(", ".join(["talkroom.v1", token, *_encoded(room)]))
        return V1Client(connection.connection_id, principal_id, self.management, self._sender(connection))

    async def connect_plain(
        self,
        principal_id: str,
        *,
        room: str,
        name: str | None = None,
        rooms: Iterable[str] = ("*",),
        can: Iterable[str] = EVERYTHING,
        expires_in_ms: int = HOUR_MS,
    ) -> PlainClient:
        """A plain connection in a room. Raises HandshakeRefused."""
        token = self.tokens.issue(principal_id, name=name, rooms=rooms, can=can, expires_in_ms=expires_in_ms)
        connection = await self._handshake(", ".join([token, *_encoded(room)]))
        return PlainClient(connection.connection_id, principal_id, self.management, self._sender(connection))

    async def disconnect(self, client: Client, closure: Closure = CLOSED_BY_CLIENT_WITHOUT_CODE) -> None:
        """The client closes its connection and `$disconnect` is told."""
        self.management.close(client.connection_id)
        await self._tell_disconnected(client.connection_id, closure)

    async def kill(self, client: Client) -> None:
        """The connection vanishes and `$disconnect` is never told: it is best effort."""
        self.management.close(client.connection_id)

    def make_slow(self, client: Client) -> None:
        """The client stops reading."""
        self.management.make_slow(client.connection_id)

    async def close(self) -> None:
        """Release the log."""
        await self.log.close()

    async def __aenter__(self) -> Self:
        """So that `async with await a_chat() as chat` closes it."""
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _handshake(self, offered: str) -> _Connection:
        now_ms = self.clock()
        connection_id = encode_id(now_ms, next(self._numbers).to_bytes(ENTROPY_BYTES, "big"))
        offer, grant = await self._authorize(offered)
        context = context_for_events(allow(grant.principal_id, _METHOD_ARN, encode_context(grant, offer.kind)))
        event = a_connect_event(
            offered=offered,
            authorizer={**context, "integrationLatency": 1},
            connection_id=connection_id,
            at_ms=now_ms,
        )
        result = await self._invoke(event)
        if not 200 <= result.status_code < 300:
            raise HandshakeRefused(result.status_code)
        assert {"Sec-WebSocket-Protocol": offer.selected} == result.headers
        self.management.open(connection_id)
        connection = _Connection(connection_id, now_ms, context)
        self._connections[connection_id] = connection
        return connection

    async def _authorize(self, offered: str) -> tuple[Offer, Grant]:
        offer = parse_offer(offered)
        try:
            return offer, await self.tokens.verify(offer.token)
        except ClientError:
            raise HandshakeRefused(401) from None

    def _sender(self, connection: _Connection) -> Any:
        async def send_text(text: str) -> None:
            await self._receive(connection, text)

        return send_text

    async def _receive(self, connection: _Connection, text: str) -> None:
        connection_id = connection.connection_id
        assert self.management.is_open(connection_id), f"connection {connection_id} is closed: it cannot send"
        self.management.receive(connection_id)
        action = _select(text)
        event = a_message_event(
            text,
            route_key=action if action in COMMANDS else DEFAULT,
            authorizer=connection.context,
            connection_id=connection_id,
            connected_at_ms=connection.connected_at_ms,
            at_ms=self.clock(),
            message_id=self._new_message_id(),
        )
        result = await self._invoke(event)
        if result.body:
            self.management.respond(connection_id, result.body)
        await self._tell_deletions()

    async def _tell_deletions(self) -> None:
        while self._deletions_told < len(self.management.deleted):
            connection_id = self.management.deleted[self._deletions_told]
            self._deletions_told += 1
            await self._tell_disconnected(connection_id, DELETED)

    async def _tell_disconnected(self, connection_id: str, closure: Closure) -> None:
        connection = self._connections[connection_id]
        event = a_disconnect_event(
            closure=closure,
            authorizer=connection.context,
            connection_id=connection_id,
            connected_at_ms=connection.connected_at_ms,
            at_ms=self.clock(),
        )
        await self._invoke(event)

    async def _invoke(self, event: Event) -> IntegrationResult:
        return await self.app.invoke(decode_event(msgspec.json.decode(encode_event(event))))


async def a_chat(
    *,
    limits: Limits | None = None,
    clock: FakeClock | None = None,
    retention: Retention = UNLIMITED,
    log: MessageLog | None = None,
    subscriptions: Subscriptions | None = None,
    splitting: Splitting | None = None,
) -> ChatForTests:
    """A chat you can talk to, around a clock, limits and stores of your own where you give them; else in memory.

    `retention` is of the log in memory. Whichever log it is, `close` closes it.
    """
    clock = clock or FakeClock()
    return ChatForTests(
        limits=limits or Limits(),
        clock=clock,
        log=log or MemoryMessageLog(clock, SequentialIds("e"), retention),
        subscriptions=subscriptions or MemorySubscriptions(),
        splitting=splitting,
    )


def _encoded(room: str | None) -> list[str]:
    return [] if room is None else [quote(room, safe="")]
